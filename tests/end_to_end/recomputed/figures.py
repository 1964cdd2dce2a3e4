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
    changed_count_p,
    count_against_p,
    count_limits,
    mean_of_limits,
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
UNKNOWNS = ["known", "unknown", "lowest_possible", "highest_possible"]
ENDS = ["highest_numerator", "lowest_denominator", "highest_denominator"]
BENCHMARK = "reference/recorded_crime_benchmark"


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
    kinds = np.array([kind for kind, _ in world.areas])
    focus = world.places.parts[world.places.partnership]
    years = {year: [i for i, month in enumerate(world.months) if year_of(month) == year]
             for year in world.years()}  # fmt: skip
    for row in world.register:
        if row["kind"] == "proportion" or row["numerator_measure"] not in world.measures:
            continue
        measure = row["numerator_measure"]
        received, numbers = world.received_of(measure), world.numerators[measure]
        has_rows = received.any(axis=1) | numbers.any(axis=1)
        whole = [
            own
            for year, own in years.items()
            if len(own) == 12
            and world.measures[measure]["finest_period"] == "month"
            and not any(
                f"{year}-04-01" < d < f"{year + 1}-04-01" for d in breaks[row["indicator_id"]]
            )
        ]
        for area_type in sorted(set(kinds[has_rows])):
            # A partnership of one district is that district.
            alone = area_type == "partnership" and len(focus) == 1
            own_areas = kinds == ("district" if alone else area_type)
            parts = [numbers[own_areas & received[:, own].all(axis=1)][:, own] for own in whole]
            table = np.concatenate([np.zeros((0, 12)), *parts])
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


def is_sampled(world: World) -> npt.NDArray[np.bool_]:
    """The areas whose months are looked at: of those made of LSOAs every seventh."""
    number = {area: i for i, area in enumerate(a for a in world.areas if a[0] in
              world.places.below_district)}  # fmt: skip
    return np.array([number.get(area, 0) % 7 == 0 for area in world.areas])


def indicator_value(world: World, dispersions: pd.DataFrame) -> pd.DataFrame:
    """Numerator, denominator, value and limits of every indicator, area and period."""
    wide = {
        (row.indicator_id, row.indicator_version, row.area_type): row.dispersion
        for row in rows_of(dispersions)
    }
    periods = world.periods()
    holds = np.zeros((len(world.months), len(periods)))
    for number, period in enumerate(periods):
        holds[period.months, number] = 1
    full = np.array([1 if p.kind == "month" else 12 for p in periods])
    is_month, is_rolling, is_year = (
        np.array([p.kind == kind for p in periods])
        for kind in ("month", "rolling_12m", "financial_year")
    )
    below = world.below[:, None]
    kept = ~(is_rolling & below) & (~is_month | ~below | is_sampled(world)[:, None])

    def sums(measure: str) -> npt.NDArray[np.float64]:
        own = world.numerators.get(measure)
        return np.zeros(kept.shape) if own is None else own @ holds

    kinds, codes = (np.array(each, dtype=object) for each in zip(*world.areas, strict=True))
    unknowns = {row["indicator_id"]: row for row in seed("indicator_unknown")}
    residents = {name: _residents(world, periods, name) for name in ("residents", "people_10_17")}
    parts = []
    for row in world.register:
        measure, below_line = row["numerator_measure"], row["denominator_measure"]
        if measure not in world.measures:
            continue
        received, events = world.received_of(measure), sums(measure)
        months = received @ holds
        present = kept & ((received | (world.numerators[measure] > 0)) @ holds > 0)
        present &= ~is_rolling | (months == 12)
        if world.measures[measure]["finest_period"] != "month":
            present &= is_year
        area, at = np.nonzero(present)
        if below_line in world.measures:
            known = world.received_of(below_line) | (world.numerators[below_line] > 0)
            trials = np.where(known @ holds > 0, sums(below_line), np.nan)[area, at]
            used = np.full(len(at), np.nan)
        else:
            trials, used = (each[area, at] for each in residents.get(below_line, [
                np.full(kept.shape, np.nan)] * 2))  # fmt: skip
        key = row["indicator_id"], int(row["indicator_version"])
        table = pd.DataFrame(
            {
                "indicator_id": key[0],
                "indicator_version": key[1],
                "area_type": kinds[area],
                "area_code": codes[area],
                "kind": row["kind"],
                "multiplier": float(row["multiplier"]),
                "unit": row["unit"],
                "period": at,
                "numerator": events[area, at].astype(np.int64),
                "denominator": trials,
                "population_year": used,
                "months_received": months[area, at].astype(np.int64),
                "dispersion": [wide.get((*key, kind), np.nan) for kind in kinds[area]],
            }
        )
        if key[0] in unknowns:
            _with_unknowns(table, unknowns[key[0]], lambda name: sums(name)[area, at])  # noqa: B023
        parts.append(table)
    table = pd.concat(parts, ignore_index=True)
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
    return as_objects(table)


def _with_unknowns(
    table: pd.DataFrame,
    about: dict[str, str],
    count: Callable[[str], npt.NDArray[np.float64]],
) -> None:
    """What is known, and how low and high the numbers can be."""
    yes = table["numerator"].to_numpy(float)
    may_be = count(about["inside_unknown_measure"])
    base = sum(count(name) for name in about["base_measures"].split(";"))
    if about["outside_measure"]:
        no = count(about["outside_measure"])
        may_be_out = count(about["outside_unknown_measure"])
    else:
        no, may_be_out = base - yes - may_be, may_be
    table["known"], table["unknown"] = yes + no, base - yes - no
    table["highest_numerator"] = yes + may_be
    scale = table["multiplier"].to_numpy(float)
    received = table["months_received"].to_numpy() > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        if (table["kind"] == "proportion").all():
            table["denominator"] = yes + no
            table["lowest_denominator"] = yes + no + may_be_out
            table["highest_denominator"] = yes + no + may_be
            lowest, highest = yes / (yes + no + may_be_out), (yes + may_be) / (yes + may_be + no)
            lowest = np.where(np.isnan(lowest) & (may_be > 0), 1.0, lowest)
            highest = np.where(np.isnan(highest) & (may_be_out > 0), 0.0, highest)
        else:
            trials = table["denominator"].to_numpy(float)
            table["lowest_denominator"] = table["highest_denominator"] = trials
            per = np.where(trials > 0, trials, np.nan)
            lowest, highest = yes / per, (yes + may_be) / per
    table["lowest_possible"] = np.where(received, scale * lowest, np.nan)
    table["highest_possible"] = np.where(received, scale * highest, np.nan)


def _residents(world: World, periods: list[Period], measure: str) -> list[npt.NDArray[np.float64]]:
    """Residents of each area and period, and the mid-year they are of."""
    places = world.places
    years = sorted({period.year for period in periods})
    at = [years.index(period.year) for period in periods]
    groups = sorted({group for _, group in places.youths})
    found = np.full((2, len(world.areas), len(years)), np.nan)
    for i, area in enumerate(world.areas):
        for j, year in enumerate(years):
            if measure == "residents":
                one = places.population(area, year)
            else:
                each = [nearest(places.youths.get((area, group), {}), year) for group in groups]
                known = [pair for pair in each if pair is not None]
                one = (known[0][0], sum(number for _, number in known)) if known else None
            if one is not None:
                found[:, i, j] = one[1], one[0]
    return list(found[:, :, at])


def _with_limits(table: pd.DataFrame) -> None:
    """Value and limits of each row: Wilson's of a share, of a rate those of its count, widened."""
    events = table["numerator"].to_numpy(float)
    trials = table["denominator"].to_numpy(float)
    scale = table["multiplier"].to_numpy(float)
    is_share = (table["kind"] == "proportion").to_numpy()
    known = table["months_received"].to_numpy() > 0
    # A count is its own value.
    per = np.where(table["kind"] == "count", 1.0, np.where(trials > 0, trials, np.nan))
    table["value"] = np.where(known, scale * events / per, np.nan)
    dispersion = np.where(is_share, 1.0, table["dispersion"].to_numpy(float))
    # Limits hang on few distinct counts, shares and dispersions.
    for kind, of in ((True, [events, per]), (False, [events, dispersion])):
        own = np.flatnonzero(is_share == kind)
        pairs = np.ascontiguousarray(np.stack(of, axis=1)[own]).view(np.complex128).ravel()
        distinct, back = np.unique(pairs, return_inverse=True)
        first, second = distinct.real.copy(), distinct.imag.copy()
        for name, confidence in (("95", 0.95), ("998", 0.998)):
            if kind:
                found = wilson(np.minimum(first, second), second, confidence)
            else:
                found = tuple(widened(limit, first, second)
                              for limit in count_limits(first, confidence))  # fmt: skip
            for bound, limit in zip(("lower", "upper"), found, strict=True):
                column = f"{bound}_{name}"
                if column not in table:
                    table[column] = np.nan
                values = limit[back] if kind else limit[back] / per[own]
                table.iloc[own, table.columns.get_loc(column)] = np.where(
                    known[own], scale[own] * values, np.nan
                )


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


def open_data(world: World) -> dict[tuple[str, int], bool]:
    """Whether an indicator is of open data alone: its tests are corrected among those alone."""
    return {
        (row["indicator_id"], int(row["indicator_version"])): all(
            feed == "police/street_crime" or feed.startswith("reference/")
            for feed in row["feeds"].split(";")
        )
        for row in world.register
    }


def corrected(table: pd.DataFrame, family: list[str]) -> None:
    """q-values within each family, and how many tests it has."""
    table["q_value"], table["tests_in_family"] = np.nan, np.nan
    tested = table[table["p_value"].notna()]
    for _, own in tested.groupby(family, sort=False):
        table.loc[own.index, "q_value"] = benjamini_hochberg(own["p_value"].to_numpy(float))
        table.loc[own.index, "tests_in_family"] = float(len(own))


def _is_significant(
    world: World, table: pd.DataFrame, family: list[str], p: Any, own: bool
) -> npt.NDArray[np.bool_]:
    """By p at district and above; below by q, or at an end by the largest p that was."""
    by_p = np.asarray(p) < 0.05
    is_below = table["area_type"].isin(world.places.below_district).to_numpy()
    if own:
        return np.where(is_below, table["q_value"] < 0.05, by_p)
    sure = table["p_value"].where(table["q_value"] < 0.05)
    largest = sure.groupby([table[each] for each in family]).transform("max")
    return np.where(is_below, np.asarray(p) <= largest.to_numpy(), by_p)


def as_objects(table: pd.DataFrame) -> pd.DataFrame:
    """Words as plain objects: those of Arrow are slow to go through one by one."""
    return table.astype(dict.fromkeys(table.select_dtypes("str").columns, object))


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
    of_both = ["numerator", "denominator", "value", *UNKNOWNS]
    before = years[[*SERIES, "year", *of_both, *ENDS, "is_complete"]].copy()
    before["year"] += 1
    before = before.rename(
        columns={name: f"previous_{name}" for name in [*of_both, *ENDS]}
        | {"is_complete": "previous_complete"}
    )
    table = years.merge(before, on=[*SERIES, "year"], how="left")
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

    def p_of(a: Any, n: Any, b: Any, m: Any) -> tuple[Any, Any]:
        """p-values of the comparable rows, as of independent events and widened."""
        numbers = [np.asarray(each, dtype=float) for each in (a, n, b, m)]
        plain, p = np.full((2, len(table)), np.nan)
        own = comparable & ~is_share
        plain[own], p[own] = changed_count_p(*(each[own] for each in numbers), dispersion[own])
        own = comparable & is_share & (np.fmin(numbers[1], numbers[3]) > 0)
        p[own] = shares_p(*(each[own] for each in numbers))
        return plain, p

    plain, p_value = p_of(old, old_of, new, new_of)
    table["dispersion"], table["p_value_poisson"], table["p_value"] = dispersion, plain, p_value
    families = open_data(world)
    table["is_open"] = [
        families[key] for key in zip(table["indicator_id"], table["indicator_version"], strict=True)
    ]
    corrected(table, ["is_open", "is_current", "area_type", "year"])
    has_rate = table["previous_value"].notna().to_numpy()
    open_rows = comparable & (table[["unknown", "previous_unknown"]].fillna(0).sum(axis=1) > 0)
    family = ["is_open", "area_type", "year"]

    def said(p: Any, moved: Any, own: bool = False) -> npt.NDArray[Any]:
        sure = _is_significant(world, table, family, p, own)
        turned = np.where(moved > 0, "increase", "decrease")
        return np.where(sure & (moved != 0), turned, "no significant change")

    known = said(p_value, np.where(has_rate, table["value"] - table["previous_value"], new - old),
                 own=True)  # fmt: skip
    ends = []
    for end, numerator in (("lowest", "numerator"), ("highest", "highest_numerator")):
        a, b = table[f"previous_{numerator}"], table[numerator]
        n, m = table[f"previous_{end}_denominator"], table[f"{end}_denominator"]
        _, p = p_of(a, n, b, m)
        moved = table[f"{end}_possible"] - table[f"previous_{end}_possible"]
        ends.append(said(p, np.where(has_rate, moved, b - a)))
    differ = open_rows & ((known != ends[0]) | (known != ends[1]))
    table["verdict"] = np.where(
        ~comparable, "not comparable", np.where(differ, "not certain", known)
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
    for each in of_both:
        table[f"previous_{each}"] = table[f"previous_{each}"].where(whole_before)
    return as_objects(table)[
        [*SERIES, "period_type", "period_start", "period_end", "period_label",
         "previous_numerator", "numerator", "previous_denominator", "denominator",
         "previous_value", "value", *UNKNOWNS, *(f"previous_{each}" for each in UNKNOWNS),
         "change", "change_percent", "change_points",
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
    at_ends = []
    for end, points in _at_ends(table).items():
        rates_too = end == "highest"
        _, _, turned = _directions(points, five[fitted])
        certain = ~((table["kind"] == "proportion").to_numpy()[fitted] | rates_too)
        at_ends.append(np.where(certain, direction, turned))
    unknown = table["unknown"].fillna(0).to_numpy(float)[five[fitted]].sum(axis=1) > 0
    known = np.array(direction, dtype=object)
    differ = unknown & (known != "cannot be calculated")
    differ &= (known != at_ends[0]) | (known != at_ends[1])
    found.loc[fitted, "direction"] = np.where(differ, "not certain", known)
    return as_objects(found)


def _at_ends(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The values if all that does not say were so as to make them least, and most."""
    is_share = table["kind"] == "proportion"
    lowest = table.assign(
        denominator=table["lowest_denominator"].fillna(table["denominator"]),
        value=table["lowest_possible"].fillna(table["value"]),
    )
    highest = table.assign(
        numerator=table["highest_numerator"].fillna(table["numerator"]),
        denominator=table["highest_denominator"].fillna(table["denominator"]),
        value=table["highest_possible"].fillna(table["value"]),
    )
    moved = ~is_share & (highest["numerator"] != table["numerator"])
    own = highest[moved]
    events, wide = own["numerator"].to_numpy(float), own["dispersion"].to_numpy(float)
    scale = own["multiplier"] / own["denominator"]
    for name, limit in zip(("lower_95", "upper_95"), count_limits(events, 0.95), strict=True):
        highest.loc[moved, name] = widened(limit, events, wide) * scale
    return {"lowest": lowest, "highest": highest}


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


def unbroken(world: World, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Periods of which all months were counted in one way."""
    breaks = broken_on(world)
    keys = list(zip(table["indicator_id"], table["period_start"], table["period_end"], strict=True))
    known = {
        key: not any(str(key[1].date()) < date <= str(key[2].date()) for date in breaks[key[0]])
        for key in set(keys)
    }
    return np.array([known[key] for key in keys], dtype=bool)


def benchmark_values(
    world: World, published: pd.DataFrame, dispersions: pd.DataFrame
) -> pd.DataFrame:
    """The indicators of districts that the published table of recorded crime counts too."""
    own = published[published["source_table"] == "partnership_year"]
    about = pd.DataFrame(seed("benchmark_indicator"))
    table = own.merge(about, on="offence")
    table = table[table["period_start"] >= pd.to_datetime(table["valid_from"])]
    table["area_code"] = table["benchmark_area_code"].map(world.places.sole_district)
    table = table[table["area_code"].notna()]
    newest = {row["indicator_id"]: row for row in sorted(
        world.register, key=lambda row: int(row["indicator_version"]))}  # fmt: skip
    wide = {(row.indicator_id, row.indicator_version): row.dispersion
            for row in rows_of(dispersions[dispersions["area_type"] == "district"])}  # fmt: skip
    found = []
    for row in rows_of(table):
        register = newest[row.indicator_id]
        version = int(register["indicator_version"])
        residents = world.places.population(
            ("district", row.area_code), year_of(f"{row.period_end:%Y-%m}")
        )
        found.append(
            {
                "indicator_id": row.indicator_id,
                "indicator_version": version,
                "area_type": "district",
                "area_code": row.area_code,
                "kind": register["kind"],
                "multiplier": float(register["multiplier"]),
                "unit": register["unit"],
                "numerator": row.offences,
                "denominator": residents[1] if residents else np.nan,
                "population_year": residents[0] if residents else np.nan,
                "months_received": 12,
                "is_complete": True,
                "dispersion": wide.get(
                    (row.indicator_id, version), wide.get((row.street_indicator_id, 1), np.nan)
                ),
                "period_type": "financial_year" if row.period_end.month == 3 else "year_to",
                "period_start": row.period_start,
                "period_end": row.period_end,
                "period_label": year_label(row.period_start.year)
                if row.period_end.month == 3
                else f"year to {row.period_end:%Y-%m}",
            }
        )
    values = pd.DataFrame(found)
    _with_limits(values)
    return values.assign(source=BENCHMARK)


FIGURES = ["numerator", "denominator", "population_year", "value", "lower_95", "upper_95",
           "dispersion", *UNKNOWNS]  # fmt: skip


def most_similar_member(
    world: World, values: pd.DataFrame, published: pd.DataFrame, dispersions: pd.DataFrame
) -> pd.DataFrame:
    """Each member's figure of every indicator and source that the focus area has a figure of."""
    settings = world.places.settings
    own = values[
        (values["area_type"] == "district")
        # Weighted estimates of a survey are never averaged again.
        & ~values["indicator_id"].str.startswith("perceived")
    ]
    own = own.assign(source=own["indicator_id"].map(_feed_of(world)))
    table = pd.concat([own, benchmark_values(world, published, dispersions)], ignore_index=True)
    key = [*INDICATOR, "period_type", "period_start", "source"]
    parts = []
    for focus in settings.focus:
        members = sorted({focus, *settings.similar}) if settings.similar else []
        compared = table[
            (table["area_code"] == focus)
            & table["is_complete"].astype(bool)
            & table["value"].notna()
            & unbroken(world, table)
        ]
        listed = compared[[*key, "period_end", "period_label", "unit", "multiplier", "kind"]].merge(
            pd.DataFrame({"area_code": members}), how="cross"
        )
        found = listed.merge(
            table[[*key, "area_code", "is_complete", *FIGURES, *ENDS]],
            on=[*key, "area_code"],
            how="left",
        )
        has = (found["is_complete"] == True) & found["value"].notna()  # noqa: E712
        found[[*FIGURES, *ENDS]] = found[[*FIGURES, *ENDS]].where(has)
        groups = found.groupby(key)
        parts.append(
            found.assign(
                focus_area_code=focus,
                focus_area_name=world.places.district_names[focus],
                area_type="district",
                area_name=found["area_code"].map(world.places.district_names),
                is_focus_area=found["area_code"] == focus,
                has_reason=~has,
                rank=groups["value"].rank(method="min", ascending=False),
                rank_of=groups["value"].transform("count"),
                members=len(members),
            )
        )
    return pd.concat(parts, ignore_index=True)


def _feed_of(world: World) -> dict[str, str]:
    """The feed that each indicator's numerator is counted from; of a survey's the first named."""
    return {
        row["indicator_id"]: world.measures.get(row["numerator_measure"], {}).get("feed")
        or row["feeds"].split(";")[0]
        for row in world.register
    }


def _against_group(members: pd.DataFrame) -> pd.DataFrame:
    """The focus areas' figures with the members' mean, of the source that has most members."""
    key = ["focus_area_code", *INDICATOR, "period_type", "period_start"]
    chosen = members[members["value"].notna() & (members["rank_of"] > 2)]
    best = chosen.groupby(key)["rank_of"].transform("max") == chosen["rank_of"]
    chosen = chosen[best].assign(later=chosen["source"] == BENCHMARK)
    chosen = chosen[chosen["later"] == chosen.groupby(key)["later"].transform("min")]
    lowest = chosen["lowest_possible"].fillna(chosen["value"])
    highest = chosen["highest_possible"].fillna(chosen["value"])
    chosen = chosen.assign(lowest_benchmark=lowest, highest_benchmark=highest)
    means = []
    for each, rows in chosen.groupby(key, sort=False):
        mean, lower, upper = mean_of_limits(
            *(rows[name].to_numpy(float) for name in ("value", "lower_95", "upper_95"))
        )
        means.append((*each, mean, lower, upper))
    ends = chosen.groupby(key)[["lowest_benchmark", "highest_benchmark"]].mean().reset_index()
    names = ["comparator_value", "comparator_lower_95", "comparator_upper_95"]
    own = chosen[chosen["is_focus_area"]].drop(
        columns=["area_name", "lowest_benchmark", "highest_benchmark"]
    )
    table = own.merge(pd.DataFrame(means, columns=[*key, *names]), on=key).merge(ends, on=key)
    return table.assign(
        comparator_type="most_similar_group",
        comparator_code=table["focus_area_code"],
        members_with_figures=table["rank_of"],
    )


def indicator_comparison(world: World, values: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Each area's value against its county's, its district's and its most similar group's."""
    places, period = world.places, ["period_type", "period_start"]
    is_below = values["area_type"].isin(places.below_district)
    table = values[
        values["is_complete"].astype(bool)
        & values["value"].notna()
        & ~values["area_type"].isin(["force", "not_located"])
        & (~is_below | (values["period_type"] == "financial_year"))
    ]
    table = table[unbroken(world, table)]
    table = table.assign(source=table["indicator_id"].map(_feed_of(world)))
    names = {
        "value": "comparator_value",
        "lower_95": "comparator_lower_95",
        "upper_95": "comparator_upper_95",
        "area_code": "comparator_code",
    }
    benchmark = table[[*INDICATOR, *period, "area_type", *names]].rename(columns=names)
    benchmark["lowest_benchmark"] = table["lowest_possible"].fillna(table["value"])
    benchmark["highest_benchmark"] = table["highest_possible"].fillna(table["value"])
    of_county = benchmark[benchmark["area_type"] == "county"].drop(columns="area_type")
    of_district = benchmark[benchmark["area_type"] == "district"].drop(columns="area_type")
    areas = pd.MultiIndex.from_frame(table[AREA])
    inside = {area: places.in_county(area) for area in areas.unique()}
    within = {area: places.district_containing(area) for area in areas.unique()}
    county = table[areas.map(inside).to_numpy(bool) & (table["area_type"] != "county").to_numpy()]
    small = table.assign(comparator_code=areas.map(within))[
        table["area_type"].isin(places.below_district)
    ]
    found = pd.concat(
        [
            county.merge(of_county, on=[*INDICATOR, *period]).assign(comparator_type="county"),
            small.merge(of_district, on=[*INDICATOR, *period, "comparator_code"]).assign(
                comparator_type="district"
            ),
            _against_group(members),
        ],
        ignore_index=True,
    )
    is_share = (found["kind"] == "proportion").to_numpy()
    found["dispersion"] = np.where(is_share, np.nan, found["dispersion"].fillna(1.0))

    def p_of(end: dict[str, str]) -> npt.NDArray[np.float64]:
        """p-values, of the known values or of those at an end."""
        events, trials, value = (
            found[end[name]].fillna(found[name]).to_numpy(float) if name in end
            else found[name].to_numpy(float)
            for name in ("numerator", "denominator", "value")
        )  # fmt: skip
        mean = found[end.get("benchmark", "comparator_value")].to_numpy(float)
        scale = found["multiplier"].to_numpy(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(mean * (scale - mean) / trials)
            of_shares = np.where(error > 0, normal_p((value - mean) / error), np.nan)
            expected = mean * trials / scale
            wide = np.where(is_share, 1.0, found["dispersion"])
            of_counts = count_against_p(events, narrowed(expected, events, wide))
        return np.asarray(np.where(is_share, of_shares, of_counts))

    found["p_value"] = p_of({})
    families = open_data(world)
    found["is_open"] = [
        families[key] for key in zip(found["indicator_id"], found["indicator_version"], strict=True)
    ]
    newest = values[[*SERIES, *period, "is_current"]]
    found = found.drop(columns="is_current", errors="ignore").merge(
        newest, on=[*SERIES, *period], how="left"
    )
    found["is_current"] = found["is_current"].fillna(True).astype(bool)
    family = ["is_open", "area_type", *period, "comparator_type"]
    corrected(found, [*family, "is_current"])
    value, mean = found["value"].to_numpy(float), found["comparator_value"].to_numpy(float)
    by_limits = np.where(
        mean < found["lower_95"], "higher", np.where(mean > found["upper_95"], "lower", "similar")
    )
    by_q = np.where(found["q_value"] < 0.05, np.where(value > mean, "higher", "lower"), "similar")
    known = np.where(found["area_type"].isin(places.below_district), by_q, by_limits)
    ends = []
    for end, other in (("lowest", {}), ("highest", {"numerator": "highest_numerator"})):
        named = {"denominator": f"{end}_denominator", "value": f"{end}_possible",
                 "benchmark": f"{end}_benchmark", **other}  # fmt: skip
        sure = _is_significant(world, found, family, p_of(named), own=False)
        above = found[named["value"]].fillna(found["value"]) > found[named["benchmark"]]
        ends.append(np.where(sure, np.where(above, "higher", "lower"), "similar"))
    doubted = (found["unknown"].fillna(0) > 0) | (
        found["lowest_benchmark"] < found["highest_benchmark"]
    )
    differ = doubted & ((known != ends[0]) | (known != ends[1]))
    found["verdict"] = np.where(differ, "not certain", known)
    better = {row["indicator_id"]: row["polarity_between_areas"] for row in world.register}
    good = {"lower_is_better": "lower", "higher_is_better": "higher"}
    found["judgement"] = [
        "none"
        if better[indicator] == "neutral" or verdict == "not certain"
        else verdict
        if verdict == "similar"
        else "better"
        if verdict == good[better[indicator]]
        else "worse"
        for indicator, verdict in zip(found["indicator_id"], found["verdict"], strict=True)
    ]
    of_group = found["comparator_type"] == "most_similar_group"
    peers = found.groupby([*INDICATOR, "area_type", *period, "comparator_type", "comparator_code"])
    found["rank"] = found["rank"].where(of_group, peers["value"].rank("min", ascending=False))
    found["rank_of"] = found["rank_of"].where(of_group, peers["value"].transform("size"))
    for end in ("lowest", "highest"):
        told = found[f"{end}_benchmark"].where(found["known"].notna())
        found[f"comparator_{end}_possible"] = told
    return as_objects(found.assign(comparator_includes_area=True))


def indicator_summary(
    world: World,
    values: pd.DataFrame,
    changes: pd.DataFrame,
    trends: pd.DataFrame,
    comparisons: pd.DataFrame,
    targets: pd.DataFrame,
) -> pd.DataFrame:
    """What people ask first of an indicator, area and year."""
    key = [*SERIES, "period_type", "period_start"]
    table = values[values["period_type"] == "financial_year"]
    table = table.merge(
        changes[[*key, "previous_value", "change", "change_percent", "change_points",
                 "change_percent_of_events", "p_value", "q_value", "verdict"]],
        on=key, how="left",
    ).merge(
        trends[[*key, "direction"]].rename(columns={"direction": "trend_direction"}),
        on=key, how="left",
    )  # fmt: skip
    county = comparisons[comparisons["comparator_type"] == "county"]
    table = table.merge(
        county[[*key, "comparator_value", "verdict", "judgement", "rank", "rank_of"]].rename(
            columns={
                "comparator_value": "county_value",
                "verdict": "county_verdict",
                "judgement": "county_judgement",
            }
        ),
        on=key,
        how="left",
    )
    group = comparisons[comparisons["comparator_type"] == "most_similar_group"]
    table = table.merge(
        group[[*key, "verdict"]].rename(columns={"verdict": "msg_verdict"}), on=key, how="left"
    )
    statuses = defaultdict(set)
    for row in rows_of(targets):
        statuses[row.indicator_id, row.area_type, row.area_code, row.period_start].add(row.status)
    order = ("not met", "not yet known", "met")
    families = open_data(world)
    targeted = zip(table["indicator_id"], table["area_type"], table["area_code"],
                   table["period_start"], table["indicator_version"], strict=True)  # fmt: skip
    # The public file has the rows of open data, and must not say what partners aim at.
    table["target_status"] = [
        None
        if families[each[0], each[4]]
        else next((status for status in order if status in statuses[each[:4]]), "no target")
        for each in targeted
    ]
    about = pd.DataFrame(world.register)[[*INDICATOR, "name", "topic", "polarity"]]
    table = table.merge(about.astype({"indicator_version": int}), on=INDICATOR)
    areas = pd.MultiIndex.from_frame(table[AREA])
    within = {
        area: world.places.district_containing(area)
        if area[0] not in ("force", "not_located")
        else None
        for area in areas.unique()
    }
    table["district_code"] = areas.map(within)
    return table


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
        ~values["area_type"].isin([*world.places.below_district, "not_located"])
        & values["is_complete"].astype(bool)
        & (values["kind"] != "proportion")
    ]
    years = own[own["period_type"] == "financial_year"]
    newest = years.groupby(SERIES)["period_end"].transform("max")
    since = [
        max((d for d in breaks[indicator] if d <= str(end.date())), default="0001-01-01")
        for indicator, end in zip(years["indicator_id"], newest, strict=True)
    ]
    starts = years["period_start"]
    kept = [str(start.date()) >= date for start, date in zip(starts, since, strict=True)]
    years = years[np.array(kept)]
    spans = years.groupby(SERIES)["period_start"].agg(["min", "max"])
    spans["first_year_label"] = [year_label(start.year) for start in spans["min"]]
    spans["last_year_label"] = [year_label(start.year) for start in spans["max"]]
    months = own[own["period_type"] == "month"].copy()
    starts = months["period_start"]
    months["calendar_month"], months["days"] = starts.dt.month, months["period_end"].dt.day
    months["year"] = starts.dt.year - (starts.dt.month < 4)
    whole = years[SERIES].assign(year=years["period_start"].dt.year)
    table = months.merge(whole, on=[*SERIES, "year"]).groupby(
        [*SERIES, "dispersion", "calendar_month"]
    ).agg(events=("numerator", "sum"), days=("days", "sum"), years=("year", "size"))  # fmt: skip
    table = table.reset_index().merge(spans.reset_index(), on=SERIES)
    series = table.groupby(SERIES)
    total, all_days = series["events"].transform("sum"), series["days"].transform("sum")
    part = all_days / table["days"]
    share = (table["events"] / total.where(total > 0)).to_numpy(float)
    for name, confidence in (("95", 0.95), ("998", 0.998)):
        limits = wilson(table["events"], total, confidence)
        for bound, limit in zip(("lower", "upper"), limits, strict=True):
            wide = widened(limit, share, table["dispersion"].to_numpy(float))
            table[f"{bound}_{name}"] = np.minimum(wide, 1) * part
    return table.assign(
        events_per_day=table["events"] / table["days"],
        mean_per_day=total / all_days,
        index=share * part,
    )
