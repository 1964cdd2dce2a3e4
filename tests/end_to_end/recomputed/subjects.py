"""The tables of one subject each: conferences, hate, youth, offenders, surveys, harm, times."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from tests.end_to_end.recomputed.events import World, offence_code, seed, year_label, year_of
from tests.end_to_end.recomputed.extracts import (
    INVALID,
    MISSING,
    NEEDS,
    NOT_STATED,
    VALID,
    lines,
    rows_of,
)
from tests.end_to_end.recomputed.figures import AREA, SERIES
from tests.end_to_end.recomputed.methods import Z, count_limits, widened, wilson
from tests.end_to_end.recomputed.places import Area, Places, nearest
from tests.end_to_end.recomputed.small_areas import communities, tiles

Row = dict[str, Any]
PERIOD = ["period_type", "period_start", "period_end", "period_label"]


def against(benchmark: float, lower: float, upper: float) -> str:
    """A value whose limits leave the benchmark out is higher or lower."""
    return "higher" if benchmark < lower else "lower" if benchmark > upper else "similar"


def percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else np.nan


def limits(part: float, whole: float) -> tuple[float, float]:
    """Wilson's 95 % limits in percent."""
    lower, upper = wilson(part, whole, 0.95)
    return 100 * float(lower), 100 * float(upper)


def year_columns(year: int) -> Row:
    return {
        "period_type": "financial_year",
        "period_start": pd.Timestamp(year, 4, 1),
        "period_end": pd.Timestamp(year + 1, 3, 31),
        "period_label": year_label(year),
    }


def received_years(world: World, feed: str) -> dict[tuple[Area, int], bool]:
    """The financial years of which a feed covers a month of an area, and whether all twelve."""
    found = {}
    for area, months in zip(world.areas, world.received[feed], strict=True):
        if area[0] in ("lsoa", "not_located"):
            continue
        for year in world.years():
            own = [i for i, month in enumerate(world.months) if year_of(month) == year]
            if months[own].any():
                found[area, year] = int(months[own].sum()) == 12
    return found


def by_area_year(world: World, feed: str) -> Iterator[tuple[Row, bool, pd.DataFrame]]:
    """The rows of a feed of each area from the wards up, by financial year."""
    rows = world.extracts[feed].rows
    rows = rows.assign(year=[year_of(month) for month in rows["month"]])
    years = received_years(world, feed)
    for area in world.places.parts:
        inside = rows[rows["unit"].isin(world.places.areas[area])]
        for year, own in inside.groupby("year"):
            if (area, year) in years:
                base = {"area_type": area[0], "area_code": area[1], **year_columns(int(str(year)))}
                yield base, years[area, int(str(year))], own


def marac_repeats(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """Cases, repeats, and what the conferences declared, over rolling twelve months."""
    rates = values[
        (values["indicator_id"] == "marac_repeat_rate")
        & (values["period_type"] == "rolling_12m")
        & values["is_complete"].astype(bool)
        & (values["area_type"] != "not_located")
    ]
    found = []
    at = {area: i for i, area in enumerate(world.areas)}
    numbers = {month: i for i, month in enumerate(world.months)}
    for row in rows_of(rates):
        last = numbers[row.period_label.removeprefix("12m to ")]
        span = slice(last - 11, last + 1)
        area = row.area_type, row.area_code
        other = "_since_first" if row.indicator_version == 1 else ""

        def total(measure: str, area: Area = area, span: slice = span) -> int:
            return int(world.numerators[measure][at[area], span].sum())

        found.append(
            {
                "area_type": row.area_type,
                "area_code": row.area_code,
                "period_type": row.period_type,
                "period_start": row.period_start,
                "period_end": row.period_end,
                "period_label": row.period_label,
                "definition_version": row.indicator_version,
                "cases": row.denominator,
                "repeats": row.numerator,
                "repeat_percent": row.value,
                "lower_95": row.lower_95,
                "upper_95": row.upper_95,
                "declared_repeats": total("marac_declared_repeats"),
                "disagreements": total(f"marac_disagreements{other}"),
            }
        )
    return pd.DataFrame(found)


def marac_referrals(world: World) -> pd.DataFrame:
    """Who referred the cases."""
    found = []
    for base, complete, rows in by_area_year(world, "marac/hearing"):
        agencies = Counter(rows["referring_agency"].fillna("Not recorded"))
        for agency, cases in agencies.items():
            found.append(
                {
                    **base,
                    "is_complete": complete,
                    "referring_agency": agency,
                    "cases": cases,
                    "percent": percent(cases, len(rows)),
                }
            )
    return pd.DataFrame(found)


HATE_FIELDS = {
    "gender": "victim_gender",
    "age": "victim_age",
    "ethnicity": "victim_ethnicity",
    "strand": "strands",
}


def hate_completeness(world: World) -> pd.DataFrame:
    """Of each source and of all: how many reports say something that can be used."""
    found = []
    for base, complete, rows in by_area_year(world, "hate/report"):
        for source in ("all", *rows["source"].unique()):
            own = rows if source == "all" else rows[rows["source"] == source]
            for field, column in HATE_FIELDS.items():
                said = Counter(own[f"{column}|status"])
                unrecorded = len(own) - said[VALID]
                lower, upper = limits(unrecorded, len(own))
                found.append(
                    {
                        **base,
                        "is_complete": complete,
                        "source": source,
                        "field": field,
                        "records": len(own),
                        "recorded": said[VALID],
                        "missing": said[MISSING],
                        "not_stated": said[NOT_STATED],
                        "invalid": said[INVALID],
                        "percent_missing": percent(unrecorded, len(own)),
                        "lower_95": lower,
                        "upper_95": upper,
                    }
                )
    return pd.DataFrame(found)


def hate_reports(world: World) -> pd.DataFrame:
    """Reports by source, those of all against the baseline of the area's target."""
    targets: dict[str, Any] = {}
    rows = world.extracts["partnership/target"].rows
    for target in rows_of(rows[rows["indicator_id"] == "hate_reports"]):
        known = targets.get(target.area_code)
        if known is None or target.period_end > known.period_end:
            targets[target.area_code] = target
    counts: dict[tuple[Area, int], Counter[str]] = defaultdict(Counter)
    for base, _, own in by_area_year(world, "hate/report"):
        key = (base["area_type"], base["area_code"]), base["period_start"].year
        counts[key] = Counter(own["source"]) + Counter({"all": len(own)})
    found = []
    years = received_years(world, "hate/report")
    for (area, year), complete in years.items():
        if area[0] == "force":
            continue
        for source in ("police", "school", "himp", "all"):
            reports = counts[area, year][source]
            row: Row = {
                "area_type": area[0],
                "area_code": area[1],
                **year_columns(year),
                "is_complete": complete,
                "source": source,
                "reports": reports,
            }
            target = targets.get(area[1])
            if (
                source == "all"
                and target is not None
                and year_label(year) > target.baseline_label
                and row["period_start"] <= target.period_end
            ):
                base_year = int(target.baseline_label[:4])
                baseline = target.baseline_value
                if baseline is None and years.get((area, base_year)):
                    baseline = counts[area, base_year]["all"]
                change = percent(reports - baseline, baseline) if baseline else np.nan
                wanted = float(target.target_percent)
                ended = complete and row["period_end"] >= target.period_end
                reached = change <= wanted if wanted < 0 else change >= wanted
                row |= {
                    "baseline_reports": baseline,
                    "change_percent": change,
                    "target_percent": wanted,
                    "status": "not yet known"
                    if not ended or np.isnan(change)
                    else "met"
                    if reached
                    else "not met",
                }
            found.append(row)
    return pd.DataFrame(found)


def age_band(age: int, starts: tuple[int, ...]) -> str:
    """`18-24`; of the youngest `under 18`, of the oldest `65+`."""
    if age < starts[0]:
        return f"under {starts[0]}"
    band = max(i for i, start in enumerate(starts) if start <= age)
    last = band == len(starts) - 1
    return f"{starts[band]}+" if last else f"{starts[band]}-{starts[band + 1] - 1}"


VICTIM_AGES = (18, 25, 35, 45, 55, 65)
OFFENDER_AGES = (18, 25, 35, 45, 55)
STRANDS = ("racial", "religious", "homophobic", "transphobic", "disability", "age", "gender")
GENDERS = ("Male", "Female", "Other")
GROUPS = (
    "White",
    "Mixed",
    "Asian or Asian British",
    "Black or Black British",
    "Chinese or Other Ethnic",
)


def hate_victims(world: World) -> pd.DataFrame:
    """Each category's share of what is known, and the lowest and highest it can be."""
    bands = ["under 18", *(age_band(start, VICTIM_AGES) for start in VICTIM_AGES)]
    domains = {"gender": GENDERS, "ethnicity": GROUPS, "strand": STRANDS, "age": bands}
    found = []
    for base, complete, rows in by_area_year(world, "hate/report"):
        said: dict[str, list[set[str]]] = {
            "gender": [{each} for each in rows["victim_gender"].dropna()],
            "ethnicity": [{each} for each in rows["victim_ethnicity"].dropna()],
            "age": [{age_band(age, VICTIM_AGES)} for age in rows["victim_age"].dropna()],
            "strand": [set(each.split(";")) for each in rows["strands"].dropna()],
        }
        records = len(rows)
        for field, categories in domains.items():
            known = len(said[field])
            for category in categories:
                n = sum(category in each for each in said[field])
                lowest, highest = percent(n, records), percent(n + records - known, records)
                found.append(
                    {
                        **base,
                        "is_complete": complete,
                        "field": field,
                        "category": category,
                        "records": records,
                        "known": known,
                        "n": n,
                        "percent_of_known": percent(n, known),
                        "lowest_possible_percent": lowest,
                        "highest_possible_percent": highest,
                        "majority": "majority"
                        if lowest > 50
                        else "no majority"
                        if highest <= 50
                        else "cannot be said",
                    }
                )
    return pd.DataFrame(found)


def _years_of(values: pd.DataFrame, indicator: str) -> pd.DataFrame:
    return values[
        (values["indicator_id"] == indicator)
        & (values["period_type"] == "financial_year")
        & ~values["area_type"].isin(["lsoa", "force", "not_located"])
    ]


def first_time_entrants(values: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Entrants, their change and rate."""
    own = _years_of(values, "first_time_entrants")
    change = changes[[*SERIES, "period_start", "previous_numerator", "change_percent_of_events",
                      "p_value", "verdict"]]  # fmt: skip
    table = own.merge(change, on=[*SERIES, "period_start"], how="left")
    return table[[*AREA, *PERIOD, "is_complete", "population_year", "lower_95", "upper_95",
                  "p_value", "verdict"]].assign(
        entrants=table["numerator"],
        previous_entrants=table["previous_numerator"],
        change_percent=table["change_percent_of_events"],
        population_10_17=table["denominator"],
        rate_per_100k=table["value"],
    )  # fmt: skip


def youth_custody(values: pd.DataFrame) -> pd.DataFrame:
    """Convictions in court that ended in custody (NI 43)."""
    own = _years_of(values, "youth_custody_rate")
    return own[[*AREA, *PERIOD, "is_complete", "lower_95", "upper_95"]].assign(
        custodial_sentences=own["numerator"],
        court_convictions=own["denominator"],
        percent=own["value"],
    )


def reoffending(places: Places, values: pd.DataFrame) -> pd.DataFrame:
    """Who of the caseload offended again, against the county."""
    own = _years_of(values, "adult_reoffending_rate")
    county = own[(own["area_type"] == "county") & own["is_complete"].astype(bool)]
    whole = own["period_start"].map(dict(zip(county["period_start"], county["value"], strict=True)))
    verdicts: list[Any] = [
        against(benchmark, lower, upper)
        if area[0] != "county" and places.in_county(area) and complete
        else None
        for benchmark, lower, upper, area, complete in zip(
            whole,
            own["lower_95"],
            own["upper_95"],
            pd.MultiIndex.from_frame(own[AREA]),
            own["is_complete"],
            strict=True,
        )
    ]
    return own[[*AREA, *PERIOD, "is_complete", "lower_95", "upper_95"]].assign(
        offenders=own["denominator"],
        reoffenders=own["numerator"],
        percent=own["value"],
        county_percent=whole,
        verdict=verdicts,
    )


def youth_ethnicity(world: World) -> pd.DataFrame:
    """Each group's share of disposals less its share of residents aged 10 to 17 (NI 44)."""
    counts: dict[tuple[Area, int], Counter[str]] = defaultdict(Counter)
    for base, _, rows in by_area_year(world, "youth/disposal"):
        key = (base["area_type"], base["area_code"]), base["period_start"].year
        counts[key] = Counter(rows["ethnicity"].fillna("Not known"))
    found = []
    for (area, year), complete in received_years(world, "youth/disposal").items():
        if area[0] == "force":
            continue
        residents = {
            group: nearest(world.places.youths.get((area, group), {}), year) for group in GROUPS
        }
        people = sum(known[1] for known in residents.values() if known)
        disposals = counts[area, year]
        for group in (*GROUPS, "Not known"):
            share = percent(disposals[group], disposals.total())
            own = residents.get(group)
            of_people = percent(own[1], people) if own else np.nan
            found.append(
                {
                    "area_type": area[0],
                    "area_code": area[1],
                    **year_columns(year),
                    "is_complete": complete,
                    "ethnic_group": group,
                    "disposals": disposals[group],
                    "disposal_percent": share,
                    "population_10_17": own[1] if own else np.nan,
                    "population_year": own[0] if own else np.nan,
                    "population_percent": of_people,
                    "difference": share - of_people,
                }
            )
    return pd.DataFrame(found)


def offender_profile(world: World) -> pd.DataFrame:
    """Shares of those with the field recorded, against the county's."""
    classes = communities(world.places)
    editions = sorted(int(edition) for edition in world.places.deprivation)
    found: list[Row] = []
    for base, complete, rows in by_area_year(world, "probation/caseload"):
        year = base["period_start"].year
        edition = max((e for e in editions if e <= year + 1), default=editions[0])
        own = classes[classes["classification"] == f"IMD {edition} quintile, county"]
        fifth = dict(zip(own["area_code"], own["class_name"], strict=True))
        homes = [unit if unit in world.places.district_of else None for unit in rows["unit"]]
        said: dict[str, list[Any]] = {
            "tier": list(rows["tier"].dropna()),
            "gender": list(rows["gender"].dropna()),
            "age_band": [age_band(age, OFFENDER_AGES) for age in rows["age"].dropna()],
            "residence": [home for home in homes if home],
            "residence_deprivation": [fifth[home] for home in homes if home in fifth],
        }
        counted = [
            (dimension, category, len(values), n)
            for dimension, values in said.items()
            for category, n in Counter(values).items()
        ]
        for need in NEEDS:
            flags = rows[f"need_{need}"].dropna()
            if len(flags):
                counted.append(("need", need, len(flags), int((flags == "Y").sum())))
        for dimension, category, known, n in counted:
            unknown, caseload = len(rows) - known, len(rows)
            ends = (n, known), (n, caseload), (n + unknown, caseload)
            lower, upper = limits(n, known)
            found.append(
                {
                    **base,
                    "is_complete": complete,
                    "unknown": unknown,
                    "lowest_possible_percent": percent(*ends[1]),
                    "highest_possible_percent": percent(*ends[2]),
                    "ends": [(percent(*each), *limits(*each)) for each in ends],
                    "dimension": dimension,
                    "category": category,
                    "category_name": world.places.local_names.get(category),
                    "known": known,
                    "offenders": n,
                    "percent": percent(n, known),
                    "lower_95": lower,
                    "upper_95": upper,
                }
            )
    county = {
        (row["period_start"], row["dimension"], row["category"]): row["ends"]
        for row in found
        if row["area_type"] == "county"
    }
    for row in found:
        whole = county.get((row["period_start"], row["dimension"], row["category"]))
        row["county_percent"] = whole[0][0] if whole else np.nan
        judged = row["area_type"] != "county" and row["is_complete"] and whole is not None
        judged = judged and world.places.in_county((row["area_type"], row["area_code"]))
        if judged and row["dimension"] != "residence":
            verdicts = [
                against(benchmark, lower, upper)
                for (benchmark, *_), (_, lower, upper) in zip(whole, row["ends"], strict=True)
            ]
            row["verdict"] = verdicts[0] if len(set(verdicts)) == 1 else "not certain"
    return pd.DataFrame(found)


def ratio_with_limits(hits: int, of: int, others: int, of_others: int) -> Row:
    """Risk ratio with log limits (Katz)."""
    if not of or not others or not of_others:
        return {}
    ratio = (hits / of) / (others / of_others)
    if not hits:
        return {"ratio": ratio}
    spread = Z[0.95] * (1 / hits - 1 / of + 1 / others - 1 / of_others) ** 0.5
    return {
        "ratio": ratio,
        "lower": float(np.exp(np.log(ratio) - spread)),
        "upper": float(np.exp(np.log(ratio) + spread)),
    }


def need_combination(world: World) -> pd.DataFrame:
    """Every set of one to three needs that ten or more offenders have, against the rest."""
    sets = [each for size in (1, 2, 3) for each in combinations(sorted(NEEDS), size)]
    found = []
    for base, complete, rows in by_area_year(world, "probation/caseload"):
        has, lacks = (
            {need: (rows[f"need_{need}"] == flag).to_numpy() for need in NEEDS} for flag in "YN"
        )
        again = (rows["reoffended"] == "Y").to_numpy()
        for needs in sets:
            inside = np.logical_and.reduce([has[need] for need in needs])
            if inside.sum() < 10:
                continue
            outside = np.logical_or.reduce([lacks[need] for need in needs])
            neither = ~inside & ~outside
            numbers = [
                int(each.sum()) for each in (again & inside, inside, again & outside, outside)
            ]
            a, n, b, m = numbers
            unknown, u = int(neither.sum()), int((neither & again).sum())
            ratio = ratio_with_limits(*numbers)
            lowest = ratio_with_limits(a, n + unknown - u, b + u, m + u)
            highest = ratio_with_limits(a + u, n + u, b, m + unknown - u)
            found.append(
                {
                    **base,
                    "is_complete": complete,
                    "needs": "+".join(needs),
                    "offenders": numbers[1],
                    "reoffenders": numbers[0],
                    "others": numbers[3],
                    "other_reoffenders": numbers[2],
                    "unknown": unknown,
                    "unknown_reoffenders": u,
                    "lowest_possible": lowest.get("ratio"),
                    "highest_possible": highest.get("ratio"),
                    "risk_ratio": ratio.get("ratio"),
                    "lower_95": ratio.get("lower"),
                    "upper_95": ratio.get("upper"),
                    "sets_tested": len(sets),
                }
            )
    return pd.DataFrame(found)


RATE_FIFTHS = ("Highest", "Second highest", "Middle", "Second lowest", "Lowest")


def offender_residence(world: World, years: pd.DataFrame) -> pd.DataFrame:
    """Residents and offenders of the fifths of LSOAs by their rates of crime and disorder."""
    places = world.places
    caseload = world.extracts["probation/caseload"].rows
    caseload = caseload.assign(year=[year_of(month) for month in caseload["month"]])
    covered = received_years(world, "probation/caseload")
    own = years[
        years["indicator_id"].isin(["all_crime", "asb_incidents", "street_all_crime"])
        & years["rate"].notna()
    ]
    found: list[Row] = []
    for (indicator, version, start), rows in own.groupby(
        ["indicator_id", "indicator_version", "period_start"], sort=False
    ):
        year = pd.Timestamp(str(start)).year
        offenders = caseload[caseload["year"] == year]
        at_home = Counter(offenders["unit"])
        ordered = rows.sort_values(["rate", "area_code"], ascending=[False, True])
        complete = bool(rows["county_complete"].all())
        fifths: dict[str, dict[str, int]] = {"district": {}}
        for _, part in ordered.groupby("district_code"):
            fifths["district"] |= tiles(part["area_code"].tolist(), 5)
        if complete:
            fifths["county"] = tiles(ordered["area_code"].tolist(), 5)
        areas: dict[Area, list[str]] = {
            ("district", code): [code] for code in ordered["district_code"].unique()
        }
        if complete:
            areas[places.county] = places.settings.districts
        areas[places.partnership] = places.settings.focus
        for area, districts in areas.items():
            if (area, year) not in covered:
                continue
            inside = ordered[ordered["district_code"].isin(districts)]
            held = int(offenders["district"].isin(districts).sum())
            homes = inside["area_code"].map(at_home).fillna(0)
            known, people = int(homes.sum()), int(inside["population"].sum())
            for scope, of in fifths.items():
                which = inside["area_code"].map(of)
                for fifth in sorted(which.unique()):
                    part = inside[which == fifth]
                    n, residents = int(homes[which == fifth].sum()), int(part["population"].sum())
                    ratio = ratio_with_limits(n, residents, known - n, people - residents)
                    lower, upper = (float(each) for each in count_limits(n, 0.95))
                    low, high = limits(n, known)
                    found.append(
                        {
                            "area_type": area[0],
                            "area_code": area[1],
                            **year_columns(year),
                            "is_complete": covered[area, year],
                            "indicator_id": indicator,
                            "indicator_version": version,
                            "scope": scope,
                            "fifth": fifth,
                            "fifth_name": f"{RATE_FIFTHS[fifth - 1]} fifth",
                            "lsoas": len(part),
                            "events": part["numerator"].sum(),
                            "population": residents,
                            "caseload": held,
                            "known": known,
                            "offenders": n,
                            "rate": 1000 * n / residents,
                            "lower_95": 1000 * lower / residents,
                            "upper_95": 1000 * upper / residents,
                            "rate_ratio": ratio.get("ratio"),
                            "ratio_lower_95": ratio.get("lower"),
                            "ratio_upper_95": ratio.get("upper"),
                            "percent": percent(n, known),
                            "percent_lower_95": low,
                            "percent_upper_95": high,
                        }
                    )
    same = ["indicator_id", "indicator_version", "period_start", "scope", "fifth"]
    county = {
        tuple(row[each] for each in same): row["percent"]
        for row in found
        if row["area_type"] == "county"
    }
    for row in found:
        whole = county.get(tuple(row[each] for each in same), np.nan)
        row["county_percent"] = whole
        if row["area_type"] != "county" and row["is_complete"] and not np.isnan(whole):
            row["verdict"] = against(whole, row["percent_lower_95"], row["percent_upper_95"])
    return pd.DataFrame(found)


KINDS = {
    "district": ("E06", "E07", "E08", "E09", "W06"),
    "county": ("E10", "E11"),
    "region": ("E12",),
    "country": ("E92", "W92"),
    "force": ("E23", "W15"),
}


def perception(world: World) -> pd.DataFrame:
    """Survey estimates as published, with ranks, and against the county's or England's."""
    rows = world.extracts["survey/perception"].rows
    about = {(row["survey"], row["question_id"]): row["indicator_id"]
             for row in seed("survey_indicator")}  # fmt: skip
    better = {row["indicator_id"]: row["polarity_between_areas"] for row in world.register}
    means = {"lower_is_better": "worse", "higher_is_better": "better"}
    found: list[Row] = []
    for row in rows_of(rows):
        kind = next((k for k, heads in KINDS.items() if row.area_code[:3] in heads), "other")
        indicator = about.get((row.survey, row.question_id))
        share, base = float(row.percent), int(row.base)
        lower, upper = limits(base * share / 100, base)
        found.append(
            {
                "survey": row.survey,
                "wave": row.wave,
                "fieldwork_end": row.fieldwork_end,
                "period_label": year_label(year_of(row.fieldwork_end.strftime("%Y-%m"))),
                "question_id": row.question_id,
                "question": row.question,
                "indicator_id": indicator,
                "area_type": kind,
                "area_code": row.area_code,
                "area_name": row.area_name,
                "base": base,
                "percent": share,
                "lower_95": lower,
                "upper_95": upper,
                "higher_is": means.get(better.get(str(indicator), ""), "neither"),
            }
        )
    table = pd.DataFrame(found)
    wave = ["survey", "wave", "question_id"]
    peers = table.groupby([*wave, "area_type"])["percent"]
    table["rank"] = peers.rank(method="min", ascending=False)
    table["rank_of"] = peers.transform("size")
    benchmark = {
        (row.survey, row.wave, row.question_id, row.area_code): row.percent
        for row in rows_of(table)
    }
    verdicts = []
    for row in rows_of(table):
        code = world.places.settings.county if row.area_type == "district" else "E92000001"
        mean = benchmark.get((row.survey, row.wave, row.question_id, code))
        judged = mean is not None and row.area_type != "country"
        verdicts.append(against(mean, row.lower_95, row.upper_95) if judged and mean else None)
    table["verdict"] = verdicts
    return table


def weights_of_harm(world: World) -> tuple[str, str, dict[str, float]]:
    """Source, version and weights of the set that landed."""
    [path] = sorted((world.home / "archive/reference/harm_weight").iterdir())
    rows = list(lines(path.read_bytes()))[1:]
    [(version, source)] = {(row[2], row[3]) for row in rows if row}
    return source, version, {offence_code(row[0]): float(row[1]) for row in rows if row}


def crimes_by_code(
    world: World, measure: str, areas: Iterable[Area]
) -> dict[tuple[Area, int], Counter[str]]:
    """Crimes of a measure, by offence code, of each of the areas by year."""
    rows = world.extracts["police/recorded_crime"].rows
    stands = rows[world.counted[measure]]
    unit_areas = defaultdict(list)
    for area in areas:
        for unit in world.places.areas[area]:
            unit_areas[unit].append(area)
    found: dict[tuple[Area, int], Counter[str]] = defaultdict(Counter)
    years = stands["month"].map({month: year_of(month) for month in world.months})
    grouped = stands.groupby(["unit", years, "code"]).size()
    for (unit, year, code), n in grouped.to_dict().items():
        for area in unit_areas.get(unit, ()):
            found[area, year][code] += n
    return found


def harm_of(codes: Counter[str], weights: dict[str, float], dispersion: float) -> Row:
    """The sum of the weights, with Dobson's limits, and what has no weight."""
    without = {code: n for code, n in codes.items() if code not in weights}
    weighed = {code: n for code, n in codes.items() if weights.get(code, 0) > 0}
    total, number = sum(n * weights[code] for code, n in weighed.items()), sum(weighed.values())
    row: Row = {
        "harm": total,
        "unweighted_events": sum(without.values()),
        "unweighted_codes": ", ".join(sorted(without, key=lambda c: (-without[c], c))) or None,
        "lower": np.nan,
        "upper": np.nan,
    }
    if number:
        spread = (sum(n * weights[code] ** 2 for code, n in weighed.items()) / number) ** 0.5
        lower, upper = (
            float(widened(each, np.array(number), np.array(dispersion)))
            for each in count_limits(number, 0.95)
        )
        row["lower"] = max(0.0, total + spread * (lower - number))
        row["upper"] = max(0.0, total + spread * (upper - number))
    return row


Crimes = dict[tuple[Area, int], Counter[str]]


def harm_score(world: World, values: pd.DataFrame, codes: Crimes) -> pd.DataFrame:
    """Crimes times the weight of their code, per 1,000 residents."""
    source, version, weights = weights_of_harm(world)
    found = []
    own = values[
        (values["indicator_id"] == "all_crime")
        & (values["period_type"] == "financial_year")
        & ~values["area_type"].isin(["force", "not_located"])
    ]
    for row in rows_of(own):
        area = row.area_type, row.area_code
        codes_of = codes.get((area, row.period_start.year), Counter())
        harm = harm_of(codes_of, weights, row.dispersion)
        rated = row.is_complete and row.denominator > 0
        rated = rated and not (row.numerator > 0 and harm["unweighted_events"] == row.numerator)
        scale = 1000 / row.denominator if rated else np.nan
        district = world.places.district_containing(area)
        found.append(
            {
                "weight_source": source,
                "weight_version": version,
                "is_current": True,
                "area_type": area[0],
                "area_code": area[1],
                "district_code": district,
                "period_type": row.period_type,
                "period_start": row.period_start,
                "period_end": row.period_end,
                "period_label": row.period_label,
                "events": row.numerator,
                "unweighted_events": harm["unweighted_events"],
                "unweighted_codes": harm["unweighted_codes"],
                "harm": harm["harm"],
                "population": row.denominator,
                "population_year": row.population_year,
                "harm_rate": harm["harm"] * scale,
                "lower_95": harm["lower"] * scale,
                "upper_95": harm["upper"] * scale,
                "is_complete": row.is_complete,
            }
        )
    return pd.DataFrame(found)


def harm_by_offence(world: World, scores: pd.DataFrame, codes: Crimes) -> pd.DataFrame:
    """What the harm of districts and the county is made of."""
    _, _, weights = weights_of_harm(world)
    names = {}
    for row in sorted(seed("offence_class"), key=lambda row: row["valid_from"]):
        names[row["offence_code"]] = row["description"]
    found = []
    for score in scores[~scores["area_type"].isin(world.places.below_district)].to_dict("records"):
        area = score["area_type"], score["area_code"]
        own = codes.get((area, score["period_start"].year), Counter())
        harms = {code: n * weights[code] for code, n in own.items() if code in weights}
        for code, n in own.items():
            harm = harms.get(code, np.nan)
            found.append(
                {
                    **{name: score[name] for name in (
                        "weight_source", "weight_version", "is_current", *AREA, *PERIOD,
                        "is_complete")},
                    "offence_code": code,
                    "offence": names.get(code),
                    "events": n,
                    "weight": weights.get(code, np.nan),
                    "harm": harm,
                    "harm_percent": percent(harm, score["harm"]),
                    "harm_rank": 1 + sum(other > harm for other in harms.values())
                    if code in harms
                    else np.nan,
                }
            )  # fmt: skip
    return pd.DataFrame(found)


def time_profile(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """When the events of a year happened: in proportion over the hours between two times."""
    times = {
        "police/recorded_crime": ("committed_from", "committed_to"),
        "police/incident": ("created_at", "created_at"),
        "fire/incident": ("call_at", "call_at"),
    }
    by_measure: dict[str, str] = {
        measure: feed
        for measure, about in world.measures.items()
        for feed in times
        if about["feed"] == feed
    }
    weeks = {feed: _weeks(world, feed, *columns) for feed, columns in times.items()}
    areas = [area for area in world.places.parts if area[0] != "ward"]
    hours: dict[tuple[str, Area, int], Any] = {}
    for feed in times:
        weight, group, keys = weeks[feed]
        years = sorted({year for _, year in keys})
        lines = [(area, year) for area in areas for year in years]
        inside = np.array(
            [
                [own == year and unit in world.places.areas[area] for unit, own in keys]
                for area, year in lines
            ],
            dtype=float,
        )
        for measure in (each for each, of in by_measure.items() if of == feed):
            at = np.flatnonzero(world.counted[measure] & (group >= 0))
            members = sparse.csr_array((np.ones(len(at)), (group[at], at)), (len(keys), len(group)))
            weeks_of = inside @ (members @ weight).toarray()
            hours |= {(measure, *line): week for line, week in zip(lines, weeks_of, strict=True)}
    about = {(row["indicator_id"], int(row["indicator_version"])): row["numerator_measure"]
             for row in world.register}  # fmt: skip
    rows = values[
        (values["period_type"] == "financial_year")
        & ~values["area_type"].isin(["lsoa", "ward", "force", "not_located"])
        & (values["kind"] != "proportion")
        & (values["months_received"] > 0)
    ]
    parts = []
    for row in rows_of(rows):
        measure = about[row.indicator_id, row.indicator_version]
        if measure not in by_measure:
            continue
        week = hours[measure, (row.area_type, row.area_code), row.period_start.year]
        unknown, long = week[168], week[169]
        timed = row.numerator - unknown - long
        base = {
            "indicator_id": row.indicator_id,
            "indicator_version": row.indicator_version,
            "area_type": row.area_type,
            "area_code": row.area_code,
            "period_type": row.period_type,
            "period_start": row.period_start,
            "period_end": row.period_end,
            "period_label": row.period_label,
            "is_complete": row.is_complete,
            "all_events": row.numerator,
            "timed_events": timed,
            "unknown_percent": percent(unknown + long, row.numerator),
            "share_unknown_time": percent(unknown, row.numerator),
            "share_long_interval": percent(long, row.numerator),
        }
        events = week[:168]
        parts.append(
            pd.DataFrame(
                {
                    **base,
                    "weekday": np.repeat(np.arange(1, 8), 24),
                    "hour": np.tile(np.arange(24), 7),
                    "events": events,
                    "percent": 100 * events / timed if timed else np.nan,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _weeks(world: World, feed: str, earliest: str, latest: str) -> tuple[Any, Any, Any]:
    """Per record its weight on the 168 hours of the week, on unknown times and on long intervals;
    and the number of its district and financial year, which are named third.
    """
    rows = world.extracts[feed].rows
    begin = pd.to_datetime(pd.Series(rows[earliest].tolist())).to_numpy("datetime64[s]")
    end = pd.to_datetime(pd.Series(rows[latest].tolist())).to_numpy("datetime64[s]")
    # A blank latest time says that the earliest is the time.
    end = np.where((rows[f"{latest}|status"] == MISSING).to_numpy(), begin, end)
    known = ~(np.isnat(begin) | np.isnat(end))
    known &= np.where(known, end >= begin, False)
    seconds = np.where(known, (end - begin).astype(np.int64), 0)
    long = known & (seconds > 24 * 3600)
    first = begin.astype("datetime64[h]").astype(np.int64)
    at: list[Any] = [np.flatnonzero(~known), np.flatnonzero(long)]
    column: list[Any] = [np.full(len(at[0]), 168), np.full(len(at[1]), 169)]
    share: list[Any] = [np.ones(len(at[0])), np.ones(len(at[1]))]
    timed = known & ~long
    start, stop = begin.astype(np.int64), end.astype(np.int64)
    for ahead in range(25):
        hour = first + ahead
        inside = np.minimum(stop, (hour + 1) * 3600) - np.maximum(start, hour * 3600)
        part = np.where(seconds > 0, inside / np.maximum(seconds, 1), float(ahead == 0))
        some = np.flatnonzero(timed & (part > 0))
        at.append(some)
        column.append((hour[some] + 72) % 168)  # the epoch began on a Thursday
        share.append(part[some])
    weight = sparse.csr_array(
        (np.concatenate(share), (np.concatenate(at), np.concatenate(column))), (len(rows), 170)
    )
    pairs = [
        None if code is None else (code, year_of(month))
        for code, month in zip(rows["unit"], rows["month"], strict=True)
    ]
    group, keys = pd.factorize(pd.Series(pairs, dtype=object))
    return weight, group, list(keys)
