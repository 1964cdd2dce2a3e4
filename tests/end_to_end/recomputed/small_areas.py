"""LSOAs within their county and districts: hotspots, communities, concentration, deprivation."""

from collections import defaultdict
from functools import cache
from math import ceil

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from tests.end_to_end.recomputed.events import World
from tests.end_to_end.recomputed.figures import AREA, INDICATOR, corrected, open_data
from tests.end_to_end.recomputed.methods import (
    count_limits,
    exact_poisson_lower,
    gi_star,
    normal_p,
    rank,
    widened,
    wilson,
)
from tests.end_to_end.recomputed.places import Places

PERIOD = ["period_type", "period_start", "period_end", "period_label"]
GROUP = [*INDICATOR, *PERIOD]


def lsoa_years(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """Rates of the county's LSOAs in complete years, and whether the county is complete."""
    of_residents = [
        row["indicator_id"]
        for row in world.register
        if row["kind"] == "rate" and row["denominator_measure"] == "residents"
    ]
    years = values[
        (values["period_type"] == "financial_year")
        & values["is_complete"].astype(bool)
        & values["indicator_id"].isin(of_residents)
    ]
    whole = years[years["area_type"] == "county"][[*INDICATOR, "period_start"]]
    table = years[years["area_type"] == "lsoa"].merge(
        whole.assign(county_complete=True), on=[*INDICATOR, "period_start"], how="left"
    )
    table["county_complete"] = table["county_complete"].notna()
    table["district_code"] = table["area_code"].map(world.places.district_of)
    families = open_data(world)
    table["is_open"] = [
        families[key] for key in zip(table["indicator_id"], table["indicator_version"], strict=True)
    ]
    return table.rename(columns={"denominator": "population", "value": "rate"})


def hotspot(places: Places, years: pd.DataFrame) -> pd.DataFrame:
    """Each LSOA's count against that expected at the county's rate, ranks, and Gi*."""
    found = []

    @cache
    def adjacent(codes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        near = places.neighbours
        return np.array([[one == two or two in near[one] for two in codes] for one in codes])

    own = years[years["population"].notna() & years["county_complete"]]
    for _, rows in own.groupby(GROUP, sort=False):
        group = rows.sort_values("area_code").copy()
        events, residents = group["numerator"].to_numpy(float), group["population"].to_numpy(float)
        share = events.sum() / residents.sum()
        expected = residents * share
        group["county_rate"] = share * group["multiplier"].iloc[0]
        dispersion = group["dispersion"].to_numpy(float)
        inner, outer = (
            widened(exact_poisson_lower(events, confidence), events, dispersion)
            for confidence in (0.95, 0.998)
        )
        group["class"] = np.select(
            [events < 5, events <= expected, outer > expected, inner > expected],
            ["too few events", "not above average", "significantly high", "very high"],
            "above average",
        )
        group["rank_in_county"] = rank(group["rate"].tolist())
        for _, part in group.groupby("district_code"):
            group.loc[part.index, "rank_in_district"] = rank(part["rate"].tolist())
        codes = group["area_code"].tolist()
        near = adjacent(tuple(codes))
        z = gi_star(group["rate"].to_numpy(float), near)
        known = [bool(places.neighbours.get(code)) for code in codes]
        group["gi_star_z"] = np.where(known, z, np.nan)
        found.append(group)
    table = pd.concat(found)
    table["district_name"] = table["district_code"].map(places.district_names)
    table["local_name"] = table["area_code"].map(places.local_names)
    return table[
        [*GROUP, *AREA, "district_code", "district_name", "local_name", "numerator", "population",
         "population_year", "rate", "county_rate", "dispersion", "class", "rank_in_district",
         "rank_in_county", "gi_star_z"]
    ]  # fmt: skip


FIFTHS = (
    "Most deprived fifth",
    "Second most deprived fifth",
    "Middle fifth",
    "Second least deprived fifth",
    "Least deprived fifth",
)


def tiles(ordered: list[str], parts: int) -> dict[str, int]:
    """Equal parts of a list in order; the first are one longer where it does not divide."""
    return {
        code: number
        for number, part in enumerate(np.array_split(np.array(ordered, dtype=object), parts), 1)
        for code in part
    }


def within(places: Places, edition: str, parts: int) -> dict[str, dict[str, int]]:
    """The part of deprivation of each LSOA, in the county and in its district."""
    ranks = places.deprivation[edition]
    ordered = sorted(
        (code for code in places.lsoas if code in ranks), key=lambda c: (ranks[c][0], c)
    )
    by_district = defaultdict(list)
    for code in ordered:
        by_district[places.district_of[code]].append(code)
    own: dict[str, int] = {}
    for codes in by_district.values():
        own |= tiles(codes, parts)
    return {"county": tiles(ordered, parts), "district": own}


def communities(places: Places) -> pd.DataFrame:
    """The classes of each LSOA: fifths of deprivation by edition and scope, and the OAC's."""
    found = []
    for edition, ranks in places.deprivation.items():
        scopes = within(places, edition, 5)
        scopes["national"] = {code: ceil(ranks[code][1] / 2) for code in scopes["county"]}
        for scope, fifths in scopes.items():
            for code, fifth in fifths.items():
                name = f"IMD {edition} quintile, {scope}"
                found.append((code, name, str(fifth), FIFTHS[fifth - 1]))
    for code in places.lsoas:
        for version, class_code, class_name in places.classes.get(code, ()):
            found.append((code, f"Output Area Classification {version}", class_code, class_name))
    return pd.DataFrame(found, columns=["area_code", "classification", "class_code", "class_name"])


def of_larger_areas(places: Places, table: pd.DataFrame) -> pd.DataFrame:
    """LSOAs' rows as parts of their districts, and of county and partnership, where complete."""
    county = table[table["county_complete"]].assign(
        within_type="county", within_code=places.settings.county
    )
    focus = county[county["district_code"].isin(places.settings.focus)].assign(
        within_type="partnership", within_code=places.partnership[1]
    )
    district = table.assign(within_type="district", within_code=table["district_code"])
    return pd.concat([county, focus, district], ignore_index=True)


def community_profile(places: Places, years: pd.DataFrame) -> pd.DataFrame:
    """Rates where each class of community lives."""
    joined = years[years["population"].notna()].merge(communities(places), on="area_code")
    both = of_larger_areas(places, joined)
    other = np.where(both["within_type"] == "district", ", county", ", district")
    kept = [not name.endswith(end) for name, end in zip(both["classification"], other, strict=True)]
    keys = [*GROUP, "within_type", "within_code", "classification"]
    table = (
        both[kept]
        .groupby([*keys, "class_code", "class_name", "multiplier", "dispersion"], sort=False)
        .agg(
            numerator=("numerator", "sum"),
            population=("population", "sum"),
            population_year=("population_year", "max"),
        )
        .reset_index()
    )
    events = table["numerator"].to_numpy(float)
    lower, upper = (
        widened(limit, events, table["dispersion"].to_numpy(float))
        for limit in count_limits(events, 0.95)
    )
    scale = table["multiplier"] / table["population"]
    whole = table.groupby(keys, sort=False)
    share = whole["numerator"].transform("sum") / whole["population"].transform("sum")
    table["rate"] = table["numerator"] * scale
    table["lower_95"], table["upper_95"] = lower * scale, upper * scale
    table["relative_rate"] = table["numerator"] / table["population"] / share.replace(0, np.nan)
    return table.rename(columns={"within_type": "area_type", "within_code": "area_code"}).drop(
        columns=["multiplier", "dispersion"]
    )


def concentration(places: Places, years: pd.DataFrame) -> pd.DataFrame:
    """The share of the events in the 5 % of LSOAs that have most, beside the share by chance."""
    found = []
    both = of_larger_areas(places, years)
    keys = [*GROUP, "is_open", "is_current", "within_type", "within_code"]
    for key, rows in both.groupby(keys, sort=False):
        events = np.sort(rows["numerator"].to_numpy(np.int64))[::-1]
        lsoas, total = len(events), int(events.sum())
        top = -(-5 * lsoas // 100)
        in_top = int(events[:top].sum())
        row: dict[str, object] = {
            **dict(zip([*GROUP, "is_open", "is_current", *AREA], key, strict=True)),
            "lsoas": lsoas,
            "top_lsoas": top,
            "numerator": total,
            "top_numerator": in_top,
            "has_reason": total < 20,
        }
        if total >= 20:
            lower, upper = (100 * float(each) for each in wilson(in_top, total, 0.95))
            expected = 100 * _in_fullest(total, lsoas, top) / total
            positions = np.arange(1, lsoas + 1)
            gini = float(((lsoas + 1 - 2 * positions) * events).sum()) / (lsoas * total)
            verdict = "higher" if expected < lower else "lower" if expected > upper else "similar"
            row |= {
                "percent": 100 * in_top / total,
                "lower_95": lower,
                "upper_95": upper,
                "expected_percent": expected,
                "generalised_gini": max(lsoas / total, 1) * (gini - 1) + 1,
                "verdict": verdict,
                "p_value": float(
                    normal_p(
                        (100 * in_top / total - expected)
                        / (expected * (100 - expected) / total) ** 0.5
                    )
                ),
            }
        found.append(row)
    table = pd.DataFrame(found)
    corrected(table, ["is_open", "is_current", "area_type", "period_start"])
    return table


@cache
def _in_fullest(events: int, lsoas: int, top: int) -> float:
    """Events expected in the fullest LSOAs if each event falls on any with equal probability.

    The sum over j of the smaller of `top` and the number of LSOAs with j events or more, that
    number taken as binomial.
    """
    levels = np.arange(1, events + 1)
    shares = stats.binom.sf(levels - 1, events, 1 / lsoas)
    shares = shares[shares * lsoas > 1e-13][:, None]
    counts = np.arange(lsoas + 1)
    return float((np.minimum(counts, top) * stats.binom.pmf(counts, lsoas, shares)).sum())


def deprivation_gradient(places: Places, years: pd.DataFrame) -> pd.DataFrame:
    """Slope and relative index of inequality over tenths of the area's own LSOAs."""
    found = []
    own = years[years["population"].notna()]
    for edition in places.deprivation:
        scopes = within(places, edition, 10)
        both = of_larger_areas(places, own[own["area_code"].isin(list(scopes["county"]))])
        both = both[both["within_type"] != "partnership"]
        both["tenth"] = [
            scopes[kind][code]
            for kind, code in zip(both["within_type"], both["area_code"], strict=True)
        ]
        keys = [*GROUP, "within_type", "within_code", "multiplier", "unit", "dispersion",
                "is_open", "is_current"]  # fmt: skip
        group = both.groupby(keys, sort=False)
        number, tenth = group.ngroup().to_numpy(), both["tenth"].to_numpy() - 1
        events, residents = np.zeros((2, number.max() + 1, 10))
        np.add.at(events, (number, tenth), both["numerator"].to_numpy(float))
        np.add.at(residents, (number, tenth), both["population"].to_numpy(float))
        table = group.agg(lsoas=("area_code", "size"), population_year=("population_year", "max"))
        table = table.reset_index().rename(
            columns={"within_type": "area_type", "within_code": "area_code"}
        )
        table["classification"] = f"IMD {edition} tenth, " + table["area_type"]
        table["numerator"], table["population"] = events.sum(axis=1), residents.sum(axis=1)
        table["rate"] = table["multiplier"] * table["numerator"] / table["population"]
        lines = [
            _line(events[i], residents[i], float(scale), float(wide))
            if events[i].sum() >= 20 and (residents[i] > 0).all()
            else {}
            for i, (scale, wide) in enumerate(
                zip(table["multiplier"], table["dispersion"], strict=True)
            )
        ]
        found.append(pd.concat([table, pd.DataFrame(lines)], axis=1))
    table = pd.concat(found, ignore_index=True)
    corrected(table, ["is_open", "is_current", "area_type", "period_start", "classification"])
    return table


def _line(
    events: npt.NDArray[np.float64],
    residents: npt.NDArray[np.float64],
    scale: float,
    dispersion: float,
) -> dict[str, object]:
    """A straight line through the tenths' rates, weighted by residents, at its two ends."""
    z = stats.norm.isf(0.025)
    lower, upper = (
        widened(limit, events, np.array(dispersion)) for limit in count_limits(events, 0.95)
    )
    rates, errors = scale * events / residents, scale * (upper - lower) / (2 * z) / residents
    weights = residents / residents.sum()
    ridits = np.cumsum(weights) - weights / 2
    design = np.stack([np.ones(10), ridits], axis=1)
    # Both ends are linear in the rates.
    solved = np.linalg.solve(design.T * weights @ design, design.T * weights)
    ends = np.array([[1.0, 0.0], [1.0, 1.0]]) @ solved
    most, least = ends @ rates
    covariance = ends * errors**2 @ ends.T
    slope = most - least
    spread = z * np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    row: dict[str, object] = {
        "most_deprived_rate": most,
        "least_deprived_rate": least,
        "slope_index": slope,
        "slope_lower_95": slope - spread,
        "slope_upper_95": slope + spread,
        "p_value": float(normal_p(z * slope / spread)),
        "verdict": "higher" if slope > spread else "lower" if slope < -spread else "similar",
    }
    if most > 0 and least > 0:
        row["relative_index"] = most / least
        # Fieller: the ratios r for which most - r x least is not told from zero.
        a = least**2 - z**2 * covariance[1, 1]
        b = most * least - z**2 * covariance[0, 1]
        c = most**2 - z**2 * covariance[0, 0]
        if a > 0:
            root = np.sqrt(max(0.0, b**2 - a * c))
            row |= {
                "relative_lower_95": max(0.0, (b - root) / a),
                "relative_upper_95": (b + root) / a,
            }
    return row
