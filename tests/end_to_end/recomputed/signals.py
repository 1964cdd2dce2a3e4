"""Control charts of monthly series, and which of them signal."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from tests.end_to_end.recomputed.events import World
from tests.end_to_end.recomputed.figures import INDICATOR, SERIES, broken_on, corrected, open_data
from tests.end_to_end.recomputed.methods import binomial_p

Row = dict[str, Any]
JUDGED, BASELINE = 7, 36
SPANS = (1, 3, 7)


def monthly_signal(world: World, values: pd.DataFrame, dispersions: pd.DataFrame) -> pd.DataFrame:
    """The newest months of each series against the three years before them."""
    months = _months(world, values)
    newest_of_all = months["newest"].max()
    own = months[months["is_baseline"]]
    size = own.groupby(SERIES)["numerator"].size()
    seasonal = own[own.set_index(SERIES).index.map(size).to_numpy() >= 24]
    calendar = seasonal.groupby([*INDICATOR, "area_type", "month"])[["numerator", "days"]].sum()
    seasons: dict[Any, tuple[dict[int, float], int]] = {}
    for pool, part in calendar.groupby([*INDICATOR, "area_type"]):
        if len(part) == 12 and part["numerator"].min() >= 10:
            per_day = part["numerator"] / part["days"]
            factors = per_day / per_day.mean()
            seasons[pool] = dict(zip(range(1, 13), factors, strict=True)), part["numerator"].sum()
    wide = {
        (row.indicator_id, row.indicator_version, row.area_type): row.dispersion
        for row in dispersions.itertuples()
    }
    found = [
        _charted(dict(zip(SERIES, key, strict=True)), rows, seasons.get(key[:3]), wide.get(key[:3]),
                 newest_of_all)
        for key, rows in months.groupby(SERIES, sort=False)
    ]  # fmt: skip
    table = pd.DataFrame([row for rows in found for row in rows])
    families = open_data(world)
    table["is_open"] = [
        families[key] for key in zip(table["indicator_id"], table["indicator_version"], strict=True)
    ]
    corrected(table, ["is_open"])
    side = np.where(table["signal_events"] > table["signal_expected"], "high", "low")
    table["signal"] = np.select(
        [~table["is_newest"], table["method"].isna(), table["q_value"] < 0.05],
        [None, "not judged", side],
        "none",
    )
    return table


def _months(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """The months of each series that are judged or judged against, in order."""
    own = values[
        (values["period_type"] == "month")
        & values["area_type"].isin(["district", "partnership", "county"])
        & values["is_complete"].astype(bool)
        & (values["kind"] != "proportion")
    ].sort_values("period_start")
    area = ["indicator_id", "area_type", "area_code"]
    # The version that is current in the newest month, back through all its months.
    current = own[own["is_current"]].drop_duplicates(area, keep="last")
    newest = current[SERIES].assign(newest=current["period_start"])
    table = own.merge(newest, on=SERIES)
    breaks = broken_on(world)
    since = [
        max((d for d in breaks[indicator] if d <= str(end.date())), default="0001-01-01")
        for indicator, end in zip(table["indicator_id"], table["newest"], strict=True)
    ]
    starts, ends = table["period_start"], table["newest"]
    table["position"] = 12 * (starts.dt.year - ends.dt.year) + starts.dt.month - ends.dt.month
    table["month"], table["days"] = starts.dt.month, table["period_end"].dt.day
    table["is_baseline"] = table["position"] <= -JUDGED
    kept = [str(start.date()) >= date for start, date in zip(starts, since, strict=True)]
    return table[np.array(kept) & (table["position"] > -BASELINE - JUDGED)]


def _mean_variance(months: float, baseline: float, share: float) -> float:
    """Of the mean of so many months about what is expected, in variances of one month."""
    season = share * max(0.0, 12 / (baseline * months) - 1 / baseline)
    return 1 / months + 1 / baseline + season


def _charted(
    series: Row,
    table: pd.DataFrame,
    season: tuple[dict[int, float], int] | None,
    dispersion: float | None,
    newest_of_all: pd.Timestamp,
) -> list[Row]:
    """The rows of one series."""
    rows = {name: column.to_numpy() for name, column in table.items()}
    newest, wide = table["newest"].iloc[0], dispersion or 1.0
    base = rows["is_baseline"].astype(bool)
    n, total = int(base.sum()), int(rows["numerator"][base].sum())
    season = season if n >= 24 else None
    factors = np.array([season[0][month] if season else 1.0 for month in rows["month"]])
    weights = rows["days"] * 12 / 365.25 * factors
    events, position = rows["numerator"].astype(float), rows["position"].astype(int)
    share = total / season[1] if season else 0.0
    behind = 12 * (newest_of_all.year - newest.year) + newest_of_all.month - newest.month
    judged = behind <= 6 and n >= 12
    adjusted = (events / weights)[base]
    ranges = np.abs(np.diff(adjusted))[np.diff(position[base]) == 1]
    is_xmr = total >= 10 * n and len(ranges) >= 2
    first, last = (
        (rows["period_start"][base][0], rows["period_end"][base][-1]) if n else (pd.NaT, pd.NaT)
    )
    found: list[Row] = []
    for i, row in enumerate(table.itertuples()):
        found.append(
            {
                **series,
                "period_type": "month",
                "period_start": row.period_start,
                "period_end": row.period_end,
                "period_label": row.period_label,
                "is_newest": row.position == 0,
                "is_baseline": row.is_baseline,
                "value": row.numerator,
                "seasonal_factor": factors[i],
                "dispersion": np.nan if is_xmr or not n else wide,
                "baseline_months": n,
                "baseline_start": first,
                "baseline_end": last,
                "method": None,
                "has_reason": row.position == 0 and not judged,
                "p_value": np.nan,
            }
        )
    if not judged:
        return found
    level = adjusted.mean() if is_xmr else total / weights[base].sum()
    fitted = 1 - share * 12 / n
    deviation = max(ranges.mean() * 2.66 / 3 / fitted**0.5, level**0.5) if is_xmr else np.nan
    expected = level * weights
    doubt = _mean_variance(1, n, share) ** 0.5
    spread = (deviation * weights if is_xmr else np.sqrt(wide * expected)) * doubt
    skew = 0.0 if is_xmr else 2 * wide - 1
    limits = {}
    for name, sign, far in (("lower", -1, 3), ("lower_warning", -1, 2),
                            ("upper_warning", 1, 2), ("upper", 1, 3)):  # fmt: skip
        limit = np.maximum(0, expected + sign * far * spread + skew * (far**2 - 1) / 6)
        limits[name] = np.where((sign < 0) & (3 * spread < far * skew), 0.0, limit)
    beyond = np.select(
        [events > limits["upper"], events > limits["upper_warning"], events > expected,
         events < limits["lower"], events < limits["lower_warning"], events < expected],
        [3, 2, 0.5, -3, -2, -0.5],
        0.0,
    )  # fmt: skip
    for i, row in enumerate(found):
        row |= {
            "expected": expected[i],
            **{name: limit[i] for name, limit in limits.items()},
            "method": ("XmR" if is_xmr else "Poisson") + ("" if season else " without seasons"),
            **_rule(beyond, position, i),
        }
    spans = []
    for span in SPANS:
        own = position > -span
        months, seen = int(own.sum()), float(events[own].sum())
        around = _mean_variance(months, n, share)
        if is_xmr:
            t = ((events / weights)[own].mean() - level) / (deviation * around**0.5)
            p = 2 * stats.t.sf(abs(t), 0.62 * len(ranges) * fitted)
        else:
            of, w, before = total + seen, weights[own].sum(), weights[base].sum()
            p = _rare_p(seen, of, w / (w + before), wide * around / (1 / months + 1 / n))
        if not np.isnan(p):
            spans.append((float(p), span, seen, level * weights[own].sum()))
    if spans:
        p, span, seen, level_of = min(spans)
        found[int(np.flatnonzero(position == 0)[0])] |= {
            "p_value": min(1.0, len(SPANS) * p),
            "signal_months": span,
            "signal_events": seen,
            "signal_expected": level_of,
        }
    return found


def _rare_p(seen: float, total: float, share: float, dispersion: float) -> float:
    """Given the total a rare count is beta-binomial: twice the lesser tail; else binomial."""
    if not total:
        return np.nan
    if dispersion <= 1:
        return float(binomial_p(seen, total, share))
    size, outcomes = total / (dispersion - 1), np.arange(total + 1)
    a, b = share * size, (1 - share) * size
    ways = -special.betaln(outcomes + 1, total - outcomes + 1) - np.log(total + 1)
    placed = special.betaln(outcomes + a, total - outcomes + b) - special.betaln(a, b)
    chances = np.exp(ways + placed)
    as_few, as_many = chances[outcomes <= seen].sum(), chances[outcomes >= seen].sum()
    return float(min(1.0, 2 * min(as_few, as_many)))


RULES = (
    ("one beyond three deviations", 1, 1, 3.0),
    ("two of three beyond two deviations", 3, 2, 2.0),
    ("seven on one side", 7, 7, 0.5),
)


def _rule(beyond: Sequence[float], position: Any, i: int) -> Row:
    """The first run rule that a month meets with the months before it."""
    for name, span, least, far in RULES:
        window = (position <= position[i]) & (position > position[i] - span)
        for sign, side in ((1, "above"), (-1, "below")):
            there = sign * np.asarray(beyond) >= far
            if there[i] and (there & window).sum() >= least:
                return {"rule": name, "rule_side": side}
    return {"rule": None, "rule_side": None}
