"""Values of indicators and what is inferred from them: change, trend, comparison, contribution."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.end_to_end.recomputed.events import Period, World, seed, year_label, year_of
from tests.end_to_end.recomputed.extracts import rows_of
from tests.end_to_end.recomputed.methods import (
    TREND_THRESHOLD,
    benjamini_hochberg,
    binomial_p,
    count_against_p,
    count_limits,
    narrowed,
    normal_p,
    pearson_dispersion,
    shares_p,
    slopes,
    widened,
    wilson,
)
from tests.end_to_end.recomputed.places import nearest

INDICATOR = ["indicator_id", "indicator_version"]
AREA = ["area_type", "area_code"]
SERIES = [*INDICATOR, *AREA]
BELOW_DISTRICT = {"lsoa"}
OPEN = {"police/street_crime", "recorded_crime_benchmark"}


def broken_on(world: World) -> dict[str, dict[str, set[str]]]:
    """Dates on which each indicator's series breaks, with the indicators whose definition changed.

    A series breaks with its own definition, with that of a part of it, and with that of what it is
    a share of.
    """
    changed = defaultdict(set)
    for row in seed("definition_change"):
        changed[row["indicator_id"]].add(row["break_date"])
    parts = defaultdict(set)
    for row in seed("indicator_part"):
        parts[row["whole_id"]].add(row["part_id"])
    counted_by = {row["numerator_measure"]: row["indicator_id"] for row in world.register
                  if row["kind"] != "proportion"}  # fmt: skip
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in world.register:
        own, reached = {row["indicator_id"]}, set()
        if row["kind"] == "proportion":
            own |= {
                counted_by[row[each]]
                for each in ("numerator_measure", "denominator_measure")
                if row[each] in counted_by
            }
        while own:
            reached |= own
            own = set().union(*(parts[each] for each in own)) - reached
        for each in reached:
            for date in changed[each]:
                found[row["indicator_id"]][date].add(each)
    return found


def indicator_dispersion(world: World) -> pd.DataFrame:
    """Per count or rate and type of area: how much more months vary than by chance alone."""
    found = []
    breaks = broken_on(world)
    for row in world.register:
        if row["kind"] == "proportion" or row["numerator_measure"] not in world.measures:
            continue
        measure = row["numerator_measure"]
        of_year = world.measures[measure]["finest_period"] != "month"
        tables: dict[str, list[npt.NDArray[np.int64]]] = {}
        for area in _areas_of(world, measure):
            kept = tables.setdefault(area[0], [])
            received = world.received_of(measure, area)
            numbers = _events(world, measure, area)
            for year in world.years():
                own = [i for i, month in enumerate(world.months) if year_of(month) == year]
                if of_year or len(own) < 12 or not received[own].all():
                    continue
                if any(
                    f"{year}-04-01" < d < f"{year + 1}-04-01" for d in breaks[row["indicator_id"]]
                ):
                    continue
                kept.append(numbers[own])
        for area_type, years in tables.items():
            table = np.array(years, dtype=float).reshape(-1, 12)
            dispersion, area_years, events, freedom = pearson_dispersion(table)
            found.append(
                {
                    "indicator_id": row["indicator_id"],
                    "indicator_version": int(row["indicator_version"]),
                    "area_type": area_type,
                    "dispersion": dispersion,
                    "area_years": area_years,
                    "events": events,
                    "degrees_of_freedom": freedom,
                    "has_reason": freedom is None,
                }
            )
    return pd.DataFrame(found)


def _areas_of(world: World, measure: str) -> list[tuple[str, str]]:
    """The areas that have a row: received in some month, or with an event."""
    with_events = set(world.numerators[measure])
    received = world.received[world.measures[measure]["feed"]]
    covered = {area for area in received if world.received_of(measure, area).any()}
    return sorted(covered | with_events)


def _events(world: World, measure: str, area: tuple[str, str]) -> npt.NDArray[np.int64]:
    none = np.zeros(len(world.months), dtype=np.int64)
    return world.numerators[measure].get(area, none)


def indicator_value(world: World, dispersions: pd.DataFrame) -> pd.DataFrame:
    """Numerator, denominator, value and limits of every indicator, area and period."""
    wide = {
        (row.indicator_id, row.indicator_version, row.area_type): row.dispersion
        for row in rows_of(dispersions)
    }
    periods = world.periods()
    length = len(world.months)
    holds = np.zeros((len(periods), length), dtype=np.int64)
    for number, period in enumerate(periods):
        holds[number, period.months] = 1
    full = np.array([1 if p.kind == "month" else 12 for p in periods])
    is_rolling = np.array([p.kind == "rolling_12m" for p in periods])
    is_year = np.array([p.kind == "financial_year" for p in periods])
    sums = {
        (measure, area): holds @ numbers
        for measure, areas in world.numerators.items()
        for area, numbers in areas.items()
    }
    nothing = np.zeros(len(periods), dtype=np.int64)
    residents = _denominators(world, periods)
    columns: dict[str, list[Any]] = defaultdict(list)
    for row in world.register:
        measure, below = row["numerator_measure"], row["denominator_measure"]
        if measure not in world.measures:
            continue
        key = row["indicator_id"], int(row["indicator_version"])
        of_year = world.measures[measure]["finest_period"] != "month"
        for area in _areas_of(world, measure):
            received = world.received_of(measure, area)
            events = _events(world, measure, area)
            months = holds @ received
            present = holds @ (received | (events > 0)) > 0
            present &= ~is_rolling | ((months == 12) & (area[0] != "lsoa"))
            present &= is_year | (not of_year)
            at = np.flatnonzero(present)
            if not len(at):
                continue
            if below in world.measures:
                trials = sums.get((below, area), nothing)[at].astype(float)
                known = holds @ (world.received_of(below, area) | (_events(world, below, area) > 0))
                trials[known[at] == 0] = np.nan
                used = np.full(len(at), np.nan)
            else:
                trials, used = (each[at] for each in residents(below, area))
            columns["indicator_id"].append([key[0]] * len(at))
            columns["indicator_version"].append(np.full(len(at), key[1]))
            columns["area_type"].append([area[0]] * len(at))
            columns["area_code"].append([area[1]] * len(at))
            columns["kind"].append([row["kind"]] * len(at))
            columns["multiplier"].append(np.full(len(at), float(row["multiplier"])))
            columns["unit"].append([row["unit"]] * len(at))
            columns["period"].append(at)
            columns["numerator"].append((holds @ events)[at])
            columns["denominator"].append(trials)
            columns["population_year"].append(used)
            columns["months_received"].append(months[at])
            columns["dispersion"].append(np.full(len(at), wide.get((*key, area[0]), np.nan)))
    table = pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})
    at = table.pop("period").to_numpy(int)
    table["is_complete"] = table["months_received"].to_numpy() == full[at]
    table["period_type"] = np.array([p.kind for p in periods], dtype=object)[at]
    for name, values in {
        "period_start": [p.start for p in periods],
        "period_end": [p.end for p in periods],
    }.items():
        table[name] = pd.to_datetime(np.array(values, dtype="datetime64[s]")[at])
    table["period_label"] = np.array([p.label for p in periods], dtype=object)[at]
    _with_limits(table)
    table = pd.concat([table, _survey_values(world)], ignore_index=True)
    table["is_current"] = _current(world, table)
    return table


def _denominators(
    world: World, periods: list[Period]
) -> Callable[[str, tuple[str, str]], tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Residents of each period, and the mid-year they are of."""
    places = world.places
    years = sorted({period.year for period in periods})
    at = np.array([years.index(period.year) for period in periods])
    groups = sorted({group for _, group in places.youths})

    def of(
        measure: str, area: tuple[str, str]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        found = []
        for year in years:
            if measure == "residents":
                one = places.population(area, year)
            else:
                each = [nearest(places.youths.get((area, group), {}), year) for group in groups]
                known = [pair for pair in each if pair is not None]
                one = (known[0][0], sum(number for _, number in known)) if known else None
            found.append((np.nan, np.nan) if one is None else (float(one[1]), float(one[0])))
        table = np.array(found)[at]
        return table[:, 0], table[:, 1]

    return of


def _with_limits(table: pd.DataFrame) -> None:
    """Value and limits of each row: Wilson's of a share, of a rate those of its count, widened."""
    events = table["numerator"].to_numpy(float)
    trials = table["denominator"].to_numpy(float)
    scale = table["multiplier"].to_numpy(float)
    is_share = (table["kind"] == "proportion").to_numpy()
    known = table["months_received"].to_numpy() > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        per = np.where(trials > 0, trials, np.nan)
        table["value"] = np.where(known, scale * events / per, np.nan)
        dispersion = np.where(is_share, 1.0, table["dispersion"].to_numpy(float))
        distinct, back = np.unique(events, return_inverse=True)
        for name, confidence in (("95", 0.95), ("998", 0.998)):
            shares = wilson(np.minimum(events, per), per, confidence)
            counts = count_limits(distinct, confidence)
            for bound, share, count in zip(("lower", "upper"), shares, counts, strict=True):
                limit = np.where(is_share, share, widened(count[back], events, dispersion) / per)
                table[f"{bound}_{name}"] = np.where(known, scale * limit, np.nan)


def _survey_values(world: World) -> pd.DataFrame:
    """What surveys estimate of the districts and the county: the latest wave of a year."""
    rows = world.extracts["survey/perception"].rows
    by_question = {(row["survey"], row["question_id"]): row["indicator_id"]
                   for row in seed("survey_indicator")}  # fmt: skip
    about = {row["indicator_id"]: row for row in world.register}
    latest = {}
    for row in rows_of(rows.sort_values(["fieldwork_end", "wave"])):
        indicator = by_question.get((row.survey, row.question_id))
        if row.area_code in world.places.district_names:
            kind = "district"
        elif row.area_code == world.places.settings.county:
            kind = "county"
        else:
            continue
        if indicator is None:
            continue
        year = year_of(row.fieldwork_end.strftime("%Y-%m"))
        percent, base = float(row.percent), int(row.base)
        said = base * percent / 100
        limits: dict[str, float] = {}
        for name, confidence in (("95", 0.95), ("998", 0.998)):
            lower, upper = wilson(said, base, confidence)
            limits |= {f"lower_{name}": 100 * float(lower), f"upper_{name}": 100 * float(upper)}
        latest[indicator, row.area_code, year] = {
            "indicator_id": indicator,
            "indicator_version": 1,
            "area_type": kind,
            "area_code": row.area_code,
            "kind": "proportion",
            "multiplier": 100.0,
            "unit": about[indicator]["unit"],
            "numerator": int(said + 0.5),
            "denominator": base,
            "months_received": 12,
            "is_complete": True,
            "period_type": "financial_year",
            "period_start": pd.Timestamp(year, 4, 1),
            "period_end": pd.Timestamp(year + 1, 3, 31),
            "period_label": year_label(year),
            "value": percent,
            **limits,
        }
    return pd.DataFrame(latest.values())


def _current(world: World, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Of several versions one holds: the newest valid when the period ended, else the newest."""
    versions = defaultdict(list)
    for row in world.register:
        versions[row["indicator_id"]].append(row)
    current = np.ones(len(table), dtype=bool)
    several = {indicator for indicator, rows in versions.items() if len(rows) > 1}
    some = table[table["indicator_id"].isin(several)]
    best: dict[tuple[object, ...], tuple[bool, int]] = {}
    ranks = []
    for row in rows_of(some):
        [about] = [
            each
            for each in versions[row.indicator_id]
            if int(each["indicator_version"]) == row.indicator_version
        ]
        end = str(row.period_end.date())
        valid = about["valid_from"] <= end <= (about["valid_to"] or "9999")
        key = (row.indicator_id, row.area_type, row.area_code, row.period_type, row.period_start)
        ranks.append((key, (valid, row.indicator_version)))
        best[key] = max(best.get(key, (False, 0)), (valid, row.indicator_version))
    current[some.index] = [best[key] == own for key, own in ranks]
    return current


def _open_data(world: World) -> dict[tuple[str, int], bool]:
    """Whether an indicator is of open data alone: its tests are corrected among those alone."""
    return {
        (row["indicator_id"], int(row["indicator_version"])): all(
            feed == "police/street_crime" or feed.startswith("reference/")
            for feed in row["feeds"].split(";")
        )
        for row in world.register
    }


def _corrected(table: pd.DataFrame, family: list[str]) -> None:
    """q-values within each family, and how many tests it has."""
    table["q_value"], table["tests_in_family"] = np.nan, np.nan
    tested = table[table["p_value"].notna()]
    for _, own in tested.groupby(family, sort=False):
        table.loc[own.index, "q_value"] = benjamini_hochberg(own["p_value"].to_numpy(float))
        table.loc[own.index, "tests_in_family"] = float(len(own))


def stopped_between(world: World, first: int, last: int) -> dict[str, set[tuple[str, str]]]:
    """By measure of street crime, the areas of which a force that recorded there was silent.

    It sent fewer than all months of the years, and its events are a tenth or more of the chance
    spread (the square root) of all.
    """
    span = [i for i, month in enumerate(world.months) if first <= year_of(month) <= last]
    wanted = 12 * (last - first + 1)
    silent = {force for force, months in world.sent_by.items() if months[span].sum() < wanted}
    names = {world.months[i] for i in span}
    containing = defaultdict(list)
    for area, units in world.places.areas.items():
        for unit in units:
            containing[unit].append(area)
    found: dict[str, set[tuple[str, str]]] = {}
    for measure, about in world.measures.items():
        if about["feed"] != "police/street_crime":
            continue
        by_area: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        rows = world.counts[measure]
        rows = rows[rows["month"].isin(names)]
        for source, unit, n in zip(rows["source"], rows["unit"], rows["n"], strict=True):
            for area in containing.get(unit, ()):
                by_area[area][source] += n
        found[measure] = {
            area
            for area, events in by_area.items()
            if any(
                force in silent and n >= 0.1 * sum(events.values()) ** 0.5
                for force, n in events.items()
            )
        }
    return found


def indicator_change(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """The change of every financial year on the one before, and whether it could be chance."""
    years = values[values["period_type"] == "financial_year"].copy()
    years["year"] = years["period_start"].dt.year
    before = years[[*SERIES, "year", "numerator", "denominator", "value", "is_complete"]].copy()
    before["year"] += 1
    table = years.merge(
        before.rename(
            columns={
                "numerator": "previous_numerator",
                "denominator": "previous_denominator",
                "value": "previous_value",
                "is_complete": "previous_complete",
            }
        ),
        on=[*SERIES, "year"],
        how="left",
    )
    breaks = broken_on(world)
    spans = {
        (indicator, year): any(
            f"{year - 1}-04-01" < d <= f"{year + 1}-03-31" for d in breaks[indicator]
        )
        for indicator, year in set(zip(table["indicator_id"], table["year"], strict=True))
    }
    broken = np.array(
        [spans[key] for key in zip(table["indicator_id"], table["year"], strict=True)]
    )
    stopped = _stopped(world, table, {year: (year - 1, year) for year in set(table["year"])})
    is_share = (table["kind"] == "proportion").to_numpy()
    old, new = table["previous_numerator"].to_numpy(float), table["numerator"].to_numpy(float)
    old_of, new_of = (
        table[each].to_numpy(float) for each in ("previous_denominator", "denominator")
    )
    comparable = (
        ~broken
        & ~stopped
        & table["is_complete"].to_numpy(bool)
        & (table["previous_complete"] == True).to_numpy()  # noqa: E712
    )
    comparable &= ~(is_share & ~((old_of > 0) & (new_of > 0)))
    comparable &= ~((old_of == 0) | (new_of == 0))
    dispersion = np.where(is_share, np.nan, table["dispersion"].fillna(1.0).to_numpy(float))
    plain, p_value = np.full(len(table), np.nan), np.full(len(table), np.nan)
    for i in np.flatnonzero(comparable & ~is_share):
        total = int(old[i] + new[i])
        share = 0.5 if np.isnan(old_of[i] + new_of[i]) else new_of[i] / (old_of[i] + new_of[i])
        if total == 0:
            continue
        plain[i] = p_value[i] = binomial_p(int(new[i]), total, float(share))
        if dispersion[i] > 1:
            error = (dispersion[i] * total * share * (1 - share)) ** 0.5
            p_value[i] = max(plain[i], float(normal_p((new[i] - total * share) / error)))
    for i in np.flatnonzero(comparable & is_share):
        p_value[i] = shares_p(int(old[i]), int(old_of[i]), int(new[i]), int(new_of[i]))
    table["dispersion"], table["p_value_poisson"], table["p_value"] = dispersion, plain, p_value
    families = _open_data(world)
    table["is_open"] = [
        families[key] for key in zip(table["indicator_id"], table["indicator_version"], strict=True)
    ]
    _corrected(table, ["is_open", "area_type", "year"])
    judged = np.where(
        table["area_type"].isin(BELOW_DISTRICT), table["q_value"], table["p_value"]
    ).astype(float)
    has_rate = table["previous_value"].notna().to_numpy()
    risen = np.where(has_rate, table["value"] > table["previous_value"], new > old)
    table["verdict"] = np.where(
        ~comparable,
        "not comparable",
        np.where(judged < 0.05, np.where(risen, "increase", "decrease"), "no significant change"),
    )
    points = (table["value"] - table["previous_value"]).to_numpy(float)
    whole = np.where(has_rate, table["previous_value"], old).astype(float)
    moved = np.where(has_rate, points, new - old)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["change"] = np.where(comparable & ~is_share, new - old, np.nan)
        table["change_percent"] = np.where(comparable & (whole != 0), 100 * moved / whole, np.nan)
        table["change_points"] = np.where(comparable & is_share, points, np.nan)
        table["change_percent_of_events"] = np.where(
            comparable & ~is_share & (old != 0), 100 * (new - old) / old, np.nan
        )
    # An incomplete year takes part in no change, and is not shown as one.
    whole_before = table["previous_complete"].fillna(False).astype(bool)
    for each in ("numerator", "denominator", "value"):
        table[f"previous_{each}"] = table[f"previous_{each}"].where(whole_before)
    return table[
        [*SERIES, "period_type", "period_start", "period_end", "period_label",
         "previous_numerator", "numerator", "previous_denominator", "denominator",
         "previous_value", "value", "change", "change_percent", "change_points",
         "change_percent_of_events", "dispersion", "p_value_poisson", "p_value", "q_value",
         "tests_in_family", "verdict"]
    ]  # fmt: skip


def indicator_trend(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """The direction of the five years that end with each year (Fingertips' recent trend)."""
    table = values[values["period_type"] == "financial_year"].reset_index(drop=True)
    year = table["period_start"].dt.year.to_numpy()
    series = table.groupby(SERIES, sort=False).ngroup().to_numpy()
    # The row of each series' year; four years without one before the first.
    start, width = year.min() - 4, year.max() - year.min() + 5
    row_of = np.full((series.max() + 1, width), -1)
    row_of[series, year - start] = np.arange(len(table))
    usable = np.append(
        table["is_complete"].to_numpy(bool) & table["value"].notna().to_numpy(), False
    )
    five = np.stack([row_of[series, year - start - back] for back in range(4, -1, -1)], axis=1)
    run = np.cumprod(usable[five][:, ::-1], axis=1).sum(axis=1)
    first = year - 4 + (five >= 0).argmax(axis=1)
    breaks = broken_on(world)
    known: dict[tuple[str, int, int], bool] = {}
    for indicator, begins, ends in set(zip(table["indicator_id"], first, year, strict=True)):
        known[indicator, begins, ends] = any(
            f"{begins}-04-01" < date <= f"{ends + 1}-03-31" for date in breaks[indicator]
        )
    broken = np.array([known[key] for key in zip(table["indicator_id"], first, year, strict=True)])
    fitted = np.flatnonzero(
        (run == 5) & ~broken & ~_stopped(world, table, {y: (y - 4, y) for y in set(year)})
    )
    found = table[[*SERIES, "period_type", "period_start", "period_end", "period_label"]].copy()
    found["n_points"] = run
    found["direction"] = "cannot be calculated"
    found["chi_square"] = found["slope"] = np.nan
    chi_square, slope, direction = _directions(table, five[fitted])
    found.loc[fitted, "chi_square"] = chi_square
    found.loc[fitted, "slope"] = slope
    found.loc[fitted, "direction"] = direction
    return found


def _stopped(
    world: World, table: pd.DataFrame, spans: dict[int, tuple[int, int]]
) -> npt.NDArray[np.bool_]:
    """Whether a force that recorded there was silent in part of each row's span of years."""
    counted = {row["indicator_id"]: row["numerator_measure"] for row in world.register}
    silent = {year: stopped_between(world, *span) for year, span in spans.items()}
    return np.array(
        [
            (kind, code) in silent[year].get(counted[indicator], ())
            for indicator, year, kind, code in zip(
                table["indicator_id"],
                table["period_start"].dt.year,
                table["area_type"],
                table["area_code"],
                strict=True,
            )
        ]
    )


def _directions(
    table: pd.DataFrame, five: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], list[str]]:
    """Chi-square, slope and direction of the rows' five points each."""

    def column(name: str) -> npt.NDArray[np.float64]:
        return np.asarray(table[name].to_numpy(float)[five])

    is_share = (table["kind"] == "proportion").to_numpy()[five[:, :1]]
    events, trials, value = column("numerator"), column("denominator"), column("value")
    z95 = 2 * 1.959963984540054
    weights = np.where(is_share, trials, (z95 / (column("upper_95") - column("lower_95"))) ** 2)
    y = np.where(is_share, events / np.where(trials > 0, trials, np.nan), value)
    x = np.broadcast_to(np.arange(5.0), y.shape)
    slope, squares = slopes(x, y, weights)
    pooled = events.sum(axis=1) / trials.sum(axis=1)
    variance = np.where(is_share[:, 0], pooled * (1 - pooled), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        chi_square = np.where(variance > 0, slope**2 * squares / variance, np.nan)
    few = is_share[:, 0] & (trials.min(axis=1) * np.minimum(pooled, 1 - pooled) < 5)
    steady = np.ones(len(five), dtype=bool)
    for left_out in range(5):
        others = [i for i in range(5) if i != left_out]
        part, _ = slopes(x[:, others], y[:, others], weights[:, others])
        steady &= np.sign(part) == np.sign(slope)
    beyond = ~np.isnan(chi_square) & (chi_square > TREND_THRESHOLD) & steady
    turned = np.where(slope > 0, "increasing", "decreasing")
    judged = np.where(beyond, turned, "no significant change")
    return chi_square, slope, [str(d) for d in np.where(few, "cannot be calculated", judged)]


def indicator_comparison(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """Each area's value against its county's, its district's and its most similar group's."""
    breaks = broken_on(world)
    table = values[
        values["is_complete"].astype(bool)
        & values["value"].notna()
        & values["area_type"].isin(["lsoa", "district", "county"])
        & ((values["area_type"] != "lsoa") | (values["period_type"] == "financial_year"))
    ]
    broken = {
        key: any(str(key[1].date()) < date <= str(key[2].date()) for date in breaks[key[0]])
        for key in set(
            zip(table["indicator_id"], table["period_start"], table["period_end"], strict=True)
        )
    }
    table = table[
        [
            not broken[key]
            for key in zip(
                table["indicator_id"], table["period_start"], table["period_end"], strict=True
            )
        ]
    ]
    places, period = world.places, ["period_type", "period_start"]
    districts = set(places.settings.districts)
    benchmark = table[[*INDICATOR, *period, *AREA, "value"]].rename(
        columns={"value": "comparator_value", "area_code": "comparator_code"}
    )
    of_county = benchmark[benchmark["area_type"] == "county"].drop(columns="area_type")
    of_district = benchmark[benchmark["area_type"] == "district"].drop(columns="area_type")
    own_district = np.where(
        table["area_type"] == "lsoa",
        table["area_code"].map(places.district_of),
        table["area_code"],
    )
    inside = table[
        table["area_type"].isin(["lsoa", "district"])
        & pd.Series(own_district, table.index).isin(districts)
    ]
    parts = [inside.merge(of_county, on=[*INDICATOR, *period]).assign(comparator_type="county")]
    lsoas = table[table["area_type"] == "lsoa"].copy()
    lsoas["comparator_code"] = lsoas["area_code"].map(places.district_of)
    parts.append(
        lsoas.merge(of_district, on=[*INDICATOR, *period, "comparator_code"]).assign(
            comparator_type="district"
        )
    )
    members = table[
        (table["area_type"] == "district")
        & table["area_code"].isin(places.group())
        # Weighted estimates of a survey are never averaged again.
        & ~table["indicator_id"].str.startswith("perceived")
    ]
    means = members.groupby([*INDICATOR, *period])["value"].agg(["mean", "size"])
    whole_group = means[means["size"] == len(places.group())]["mean"].rename("comparator_value")
    parts.append(
        members.merge(whole_group.reset_index(), on=[*INDICATOR, *period]).assign(
            comparator_type="most_similar_group", comparator_code="most_similar_group"
        )
    )
    found = pd.concat(parts, ignore_index=True)
    events, trials = found["numerator"].to_numpy(float), found["denominator"].to_numpy(float)
    mean, scale = found["comparator_value"].to_numpy(float), found["multiplier"].to_numpy(float)
    is_share = (found["kind"] == "proportion").to_numpy()
    found["dispersion"] = np.where(is_share, np.nan, found["dispersion"].fillna(1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(mean * (scale - mean) / trials)
        of_shares = np.where(error > 0, normal_p((found["value"] - mean) / error), np.nan)
        expected = mean * trials / scale
        of_counts = count_against_p(
            events, narrowed(expected, events, np.where(is_share, 1.0, found["dispersion"]))
        )
    found["p_value"] = np.where(is_share, of_shares, of_counts)
    families = _open_data(world)
    found["is_open"] = [
        families[key] for key in zip(found["indicator_id"], found["indicator_version"], strict=True)
    ]
    _corrected(found, ["is_open", "area_type", *period, "comparator_type"])
    by_limits = np.where(
        mean < found["lower_95"], "higher", np.where(mean > found["upper_95"], "lower", "similar")
    )
    by_q = np.where(
        found["q_value"] < 0.05, np.where(found["value"] > mean, "higher", "lower"), "similar"
    )
    found["verdict"] = np.where(found["area_type"].isin(BELOW_DISTRICT), by_q, by_limits)
    better = {row["indicator_id"]: row["polarity_between_areas"] for row in world.register}
    good = {"lower_is_better": "lower", "higher_is_better": "higher"}
    found["judgement"] = [
        "none"
        if better[indicator] == "neutral"
        else verdict
        if verdict == "similar"
        else "better"
        if verdict == good[better[indicator]]
        else "worse"
        for indicator, verdict in zip(found["indicator_id"], found["verdict"], strict=True)
    ]
    peers = found.groupby(
        [*INDICATOR, "area_type", *period, "comparator_type", "comparator_code"], sort=False
    )["value"]
    found["rank"] = peers.rank(method="min", ascending=False)
    found["rank_of"] = peers.transform("size")
    found["comparator_includes_area"] = True
    return found[
        [*SERIES, *period, "period_end", "period_label", "comparator_type", "comparator_code",
         "comparator_includes_area", "value", "comparator_value", "dispersion", "p_value",
         "q_value", "tests_in_family", "verdict", "judgement", "rank", "rank_of"]
    ]  # fmt: skip


def series_break(world: World) -> pd.DataFrame:
    """Where series break, and whose definition changed there."""
    return pd.DataFrame(
        [
            {
                "indicator_id": indicator,
                "break_date": pd.Timestamp(date),
                "changed_indicators": ", ".join(sorted(changed)),
            }
            for indicator, dates in broken_on(world).items()
            for date, changed in dates.items()
        ]
    )


def contribution_word(part: float, whole: float) -> str:
    """ "Mainly" is over one half alone."""
    if part == 0:
        return "not at all"
    if (part > 0) != (whole > 0):
        return "against it"
    return "mainly" if 2 * abs(part) > abs(whole) else "in part"


def change_contribution(changes: pd.DataFrame) -> pd.DataFrame:
    """How much of a whole's change is each part's."""
    parts = pd.DataFrame(seed("indicator_part"))
    period = ["area_type", "area_code", "period_start"]
    large = changes[changes["area_type"] != "lsoa"]
    wholes = large[
        [*INDICATOR, *period, "period_type", "period_end", "period_label", "change", "verdict"]
    ]
    table = parts.merge(wholes, left_on="whole_id", right_on="indicator_id").merge(
        large[[*INDICATOR, *period, "change", "verdict"]].rename(
            columns={
                "indicator_id": "part_id",
                "indicator_version": "part_indicator_version",
                "change": "part_change",
                "verdict": "part_verdict",
            }
        ),
        on=["part_id", *period],
    )
    refused = (
        (table["verdict"] == "not comparable")
        | (table["part_verdict"] == "not comparable")
        | (table["change"] == 0)
    ).to_numpy()
    percent = 100 * table["part_change"] / table["change"].replace(0, np.nan)
    words = [
        "cannot be said" if no else contribution_word(part, whole)
        for no, part, whole in zip(refused, table["part_change"], table["change"], strict=True)
    ]
    return table.assign(
        part_indicator_id=table["part_id"],
        change_verdict=table["verdict"],
        verdict=words,
        contribution_percent=percent.where(~refused),
    ).drop(columns=["whole_id", "part_id", "part_verdict"])


def area_change_part(world: World, changes: pd.DataFrame) -> pd.DataFrame:
    """The ten largest changes of one LSOA and finest type within a change, and all the rest."""
    places = world.places
    parts = defaultdict(set)
    for row in seed("indicator_part"):
        parts[row["whole_id"]].add(row["part_id"])

    def finest(indicator: str) -> set[str]:
        if indicator not in parts:
            return {indicator}
        return set().union(*(finest(part) for part in parts[indicator]))

    counted = {row["indicator_id"] for row in world.register if row["kind"] != "proportion"}
    names = {row["indicator_id"]: row["name"] for row in world.register}
    own = changes[changes["indicator_id"].isin(counted)]
    moved: dict[tuple[str, pd.Timestamp], list[tuple[str, int, str]]] = defaultdict(list)
    lsoas = own[(own["area_type"] == "lsoa") & (own["numerator"] != own["previous_numerator"])]
    for row in rows_of(lsoas[lsoas["previous_numerator"].notna()]):
        change = int(row.numerator - row.previous_numerator)
        moved[row.indicator_id, row.period_start].append((row.area_code, change, row.verdict))
    found = []
    wholes = own[
        own["area_type"].isin(["district", "county"])
        & (own["verdict"] != "not comparable")
        & (own["change"] != 0)
    ]
    for whole in rows_of(wholes):
        inside = places.areas[whole.area_type, whole.area_code]
        candidates = [
            (-abs(change), part, code, change, verdict)
            for part in finest(whole.indicator_id) & counted
            for code, change, verdict in moved[part, whole.period_start]
            if code in inside
        ]
        base = {
            "indicator_id": whole.indicator_id,
            "indicator_version": whole.indicator_version,
            "area_type": whole.area_type,
            "area_code": whole.area_code,
            "period_type": whole.period_type,
            "period_start": whole.period_start,
            "period_end": whole.period_end,
            "period_label": whole.period_label,
            "change": whole.change,
            "change_verdict": whole.verdict,
        }
        largest = sorted(candidates)[:10]
        for position, (_, part, code, change, verdict) in enumerate(largest, 1):
            found.append(
                {
                    **base,
                    "position": position,
                    "part_indicator_id": part,
                    "part_name": names[part],
                    "part_area_code": code,
                    "part_area_name": places.local_names.get(code, places.names["lsoa", code]),
                    "part_change": change,
                    "part_verdict": verdict,
                    "share_of_change": 100 * change / whole.change,
                    "word": contribution_word(change, whole.change),
                }
            )
        if largest:
            rest = whole.change - sum(change for *_, change, _ in largest)
            found.append(
                {
                    **base,
                    "position": len(largest) + 1,
                    "part_name": "everything else",
                    "part_change": rest,
                    "share_of_change": 100 * rest / whole.change,
                }
            )
    return pd.DataFrame(found)


def season(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """Each calendar month's share of the events over its share of the days, of complete years."""
    breaks = broken_on(world)
    own = values[
        values["area_type"].isin(["district", "county", "force"])
        & values["is_complete"].astype(bool)
        & (values["kind"] != "proportion")
    ]
    found = []
    by_series = own[own["period_type"] == "month"].groupby(SERIES, sort=False)
    months_of = dict(iter(by_series))
    for key, rows in own[own["period_type"] == "financial_year"].groupby(SERIES, sort=False):
        newest = str(rows["period_end"].max().date())
        since = max((d for d in breaks[str(key[0])] if d <= newest), default="")
        years = sorted(
            start.year
            for start in rows["period_start"]
            if since == "" or str(start.date()) >= since
        )
        months = months_of.get(key)
        if months is None or not years:
            continue
        starts = months["period_start"]
        kept = months[(starts.dt.year - (starts.dt.month < 4)).isin(years)]
        by_month = kept.groupby(kept["period_start"].dt.month)
        events = by_month["numerator"].sum()
        days = by_month["period_end"].agg(lambda ends: sum(end.day for end in ends))
        total, all_days = int(events.sum()), int(days.sum())
        for month in events.index:
            part = all_days / days[month]
            row = {
                **dict(zip(SERIES, key, strict=True)),
                "calendar_month": month,
                "events": events[month],
                "events_per_day": events[month] / days[month],
                "mean_per_day": total / all_days,
                "index": events[month] / total * part if total else np.nan,
                "years": int(by_month.size()[month]),
                "first_year_label": year_label(years[0]),
                "last_year_label": year_label(years[-1]),
            }
            for name, confidence in (("95", 0.95), ("998", 0.998)):
                lower, upper = wilson(float(events[month]), total, confidence)
                row |= {f"lower_{name}": float(lower) * part, f"upper_{name}": float(upper) * part}
            found.append(row)
    return pd.DataFrame(found)
