"""The demo's recorded crimes: what each was, when and where, and which flags it carries.

How it is calibrated: totals by district, year and class are those of `crime_totals`; within a
district places are drawn by weight, but the counts that an assessment names are fixed (fixed.csv of
the county: in the first, shoplifting at a retail park, five areas with much theft from vehicles).
Flags are exact counts too: in the lead district in 2010/11, 300 of 900 crimes of violence are
domestic, 234 alcohol-related and 9 drug-related. Beside these, some crimes have no usable place,
some were cancelled and a few happened over the border: none of them is among the totals. Times are
drawn last and apart, so that nothing else depends on them.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from demo import offences as o
from demo.allocation import pick, spread, weights
from demo.calendar_days import (
    FINANCIAL_YEARS,
    days_before,
    repeated,
    times_of_day,
)
from demo.county import County
from demo.crime_times import crime_times
from demo.crime_totals import crime_totals
from demo.places import SmallArea, by_district, fixed
from demo.seasons import event_days


@dataclass(slots=True)
class Crime:
    """One recorded crime as it stands at the end; `lsoa` is what the force wrote for the place."""

    year: int
    recorded: str
    committed_from: str
    committed_to: str
    offence_class: str
    code: str
    description: str
    district: str
    lsoa: str
    outcome: str
    cancelled: str = ""
    alcohol: bool = False
    drug: bool = False
    domestic: bool = False
    hate: bool = False
    ref: str = ""


OUTCOMES = repeated(
    ("No suspect identified", 62),
    ("Charged or summonsed", 14),
    ("Cautioned", 7),
    ("Victim declined to prosecute", 9),
    ("Penalty notice", 3),
    ("", 3),
    ("N/K", 2),
)
LAGS = repeated((0, 60), (1, 28), (2, 9), (9, 3))
"""Days from the crime to its recording."""


def recorded_crimes(county: County, areas: Sequence[SmallArea]) -> list[Crime]:
    """Every crime, by day of recording; placed ones first of all with the totals' exact counts."""
    rng = random.Random(county.seed + 10)
    crimes = _placed(rng, county, areas)
    _flag(rng, county, crimes, areas)
    crimes += _without_a_place(rng, county, crimes)
    crimes += _cancelled(rng, crimes)
    crimes += _over_the_border(rng, county, areas)
    _at_their_times(county, crimes)
    crimes.sort(key=lambda crime: crime.recorded)
    for number, crime in enumerate(crimes, start=1):
        crime.ref = f"CR/{number:06d}/{crime.recorded[2:4]}"
    return crimes


def _at_their_times(county: County, crimes: Sequence[Crime]) -> None:
    """Write when each happened; domestic crimes keep their time, which their incidents share."""
    rng = random.Random(county.seed + 12)
    for crime in crimes:
        if not crime.domestic:
            crime.committed_from, crime.committed_to = crime_times(
                rng,
                crime.offence_class,
                crime.committed_from[:10],
                crime.recorded,
                (crime.committed_from, crime.committed_to),
            )


def _placed(rng: random.Random, county: County, areas: Sequence[SmallArea]) -> list[Crime]:
    districts = by_district(areas)
    crimes = []
    for (district, year, name), total in crime_totals(county).items():
        pinned, most = fixed(county, areas, district, "crime", name, year)
        places = spread(
            rng, total, weights(o.CLASSES[name].pull, districts[district]), pinned, most
        )
        crimes += drawn_crimes(rng, year, name, district, places)
    return crimes


def drawn_crimes(
    rng: random.Random, year: int, name: str, district: str, places: Sequence[str]
) -> list[Crime]:
    """A crime of the class at each of the places, on days and at times drawn for it."""
    kind = o.CLASSES[name]
    count = len(places)
    choices = repeated(*((offence, offence[2]) for offence in kind.offences))
    offences = rng.choices(choices, k=count)
    outcomes = rng.choices(OUTCOMES, k=count)
    recorded = event_days(rng, year, places, kind.season)
    times = times_of_day(rng, count)
    lags = rng.choices(LAGS, k=count)
    crimes = []
    for place, (code, description, _), outcome, day, time, lag in zip(
        places, offences, outcomes, recorded, times, lags, strict=True
    ):
        committed = day if lag == 0 else days_before(day, lag)
        crimes.append(
            Crime(
                year=year,
                recorded=day,
                committed_from=f"{committed} {time}:00",
                committed_to=f"{committed} {time}:00" if lag < 2 else f"{day} 00:00:00",
                offence_class=name,
                code=o.spelt(rng, code),
                description=description,
                district=district,
                lsoa=place,
                outcome=outcome,
            )
        )
    return crimes


@dataclass(frozen=True)
class FlagCounts:
    """How many crimes of a district's year carry a flag, by violence and the rest."""

    domestic_violence: int
    domestic_rest: int
    alcohol_domestic_violence: int
    alcohol_domestic_rest: int
    alcohol_violence: int
    alcohol_rest: int
    drug_violence: int
    drug_rest: int


LEAD_FLAGS = {
    2006: FlagCounts(284, 98, 94, 16, 216, 104, 11, 94),
    2007: FlagCounts(288, 100, 95, 17, 212, 102, 10, 92),
    2008: FlagCounts(292, 102, 96, 17, 208, 98, 10, 90),
    2009: FlagCounts(298, 105, 98, 18, 205, 94, 9, 88),
    2010: FlagCounts(300, 111, 111, 22, 234, 116, 9, 92),
}
"""The lead district's flags; the `alcohol_` totals include the domestic ones."""
FLAGS_OF_PLACES = ("alcohol_violence", "alcohol_rest", "drug_rest")
"""The flags whose counts of areas may be fixed."""
# Shares elsewhere: of violence domestic, alcohol, drugs; of the rest domestic, alcohol, drugs.
VIOLENCE_SHARES = (0.33, 0.249, 0.011)
REST_SHARES = (0.026, 0.027, 0.021)
DOMESTIC_REST = {o.DAMAGE, o.OTHER_THEFT, o.PUBLIC_ORDER, o.DOMESTIC_BURGLARY, o.OTHER, o.SEXUAL}
ALCOHOL_REST = {o.DAMAGE, o.PUBLIC_ORDER, o.SHOPLIFTING, o.ROBBERY, o.SEXUAL, o.OTHER, o.ARSON}
DRUG_REST = {o.SHOPLIFTING, o.OTHER_THEFT, o.PUBLIC_ORDER, o.OTHER, o.THEFT_OF_VEHICLE}
AT_HOME = {"retail park": 0.1, "town centre": 0.3}
WHERE_PEOPLE_DRINK = {"retail park": 2.0, "town centre": 3.0, "inner": 1.4}


def _flag(
    rng: random.Random, county: County, crimes: Sequence[Crime], areas: Sequence[SmallArea]
) -> None:
    character = {area.code: area.character for area in areas}
    groups: dict[tuple[str, int], list[Crime]] = {}
    for crime in crimes:
        groups.setdefault((crime.district, crime.year), []).append(crime)
    for (district, year), group in groups.items():
        counts = LEAD_FLAGS[year] if district == county.lead else _flag_counts(group)
        there = {
            part: fixed(county, areas, district, "flag", part, year)[0] for part in FLAGS_OF_PLACES
        }
        _flag_group(rng, group, counts, character, there)


def _flag_counts(group: Sequence[Crime]) -> FlagCounts:
    violence = sum(crime.offence_class in o.VIOLENCE for crime in group)
    rest = len(group) - violence
    domestic_violence = round(violence * VIOLENCE_SHARES[0])
    domestic_rest = round(rest * REST_SHARES[0])
    return FlagCounts(
        domestic_violence=domestic_violence,
        domestic_rest=domestic_rest,
        alcohol_domestic_violence=round(0.36 * domestic_violence),
        alcohol_domestic_rest=round(0.2 * domestic_rest),
        alcohol_violence=round(violence * VIOLENCE_SHARES[1]),
        alcohol_rest=round(rest * REST_SHARES[1]),
        drug_violence=round(violence * VIOLENCE_SHARES[2]),
        drug_rest=round(rest * REST_SHARES[2]),
    )


def _flag_group(
    rng: random.Random,
    group: Sequence[Crime],
    counts: FlagCounts,
    character: Mapping[str, str],
    there: Mapping[str, Mapping[str, int]],
) -> None:
    def at_home(crime: Crime) -> float:
        return AT_HOME.get(character[crime.lsoa], 1.0)

    def drinking(crime: Crime) -> float:
        return WHERE_PEOPLE_DRINK.get(character[crime.lsoa], 1.0)

    violence = [crime for crime in group if crime.offence_class in o.VIOLENCE]
    rest = [crime for crime in group if crime.offence_class not in o.VIOLENCE]
    for crimes, wanted in (
        (violence, counts.domestic_violence),
        ([c for c in rest if c.offence_class in DOMESTIC_REST], counts.domestic_rest),
    ):
        for crime in pick(rng, crimes, wanted, at_home):
            crime.domestic = True
    for crimes, of_domestic, of_all, part in (
        (violence, counts.alcohol_domestic_violence, counts.alcohol_violence, "alcohol_violence"),
        (
            [c for c in rest if c.domestic or c.offence_class in ALCOHOL_REST],
            counts.alcohol_domestic_rest,
            counts.alcohol_rest,
            "alcohol_rest",
        ),
    ):
        drunk = pick(rng, [c for c in crimes if c.domestic], of_domestic)
        others = [c for c in crimes if not c.domestic]
        drunk += _some_there(rng, others, of_all - of_domestic, drinking, there[part])
        for crime in drunk:
            crime.alcohol = True
    drugged = pick(rng, violence, counts.drug_violence)
    drugged += _some_there(
        rng,
        [c for c in rest if c.offence_class in DRUG_REST],
        counts.drug_rest,
        drinking,
        there["drug_rest"],
    )
    for crime in [*drugged, *(c for c in rest if c.offence_class == o.DRUGS)]:
        crime.drug = True


def _some_there(
    rng: random.Random,
    crimes: Sequence[Crime],
    count: int,
    weight: Callable[[Crime], float],
    there: Mapping[str, int],
) -> list[Crime]:
    """`count` of the crimes; where counts of areas are fixed, so many in each of these."""
    if not there:
        return pick(rng, crimes, count, weight)
    chosen = []
    for place, fixed_count in there.items():
        chosen += pick(rng, [crime for crime in crimes if crime.lsoa == place], fixed_count)
    elsewhere = [crime for crime in crimes if crime.lsoa not in there]
    return chosen + pick(rng, elsewhere, count - len(chosen), weight)


def unusable_places(county: County) -> tuple[str, ...]:
    """What stands for the place where the force did not know it, or mistyped it."""
    mistyped = f"{county.facts.lsoa_prefix}03"
    return ("", "", "", "", "", "N/K", "Unknown", "E01000000", mistyped,
            county.by_code[county.focus].name)  # fmt: skip


def _without_a_place(rng: random.Random, county: County, placed: Sequence[Crime]) -> list[Crime]:
    """Three for every 200 placed crimes, of every class and year."""
    unusable = unusable_places(county)
    return [
        replace(like, district="", lsoa=rng.choice(unusable), domestic=False)
        for like in rng.sample(placed, len(placed) * 3 // 200)
    ]


def _cancelled(rng: random.Random, crimes: Sequence[Crime]) -> list[Crime]:
    """One for every 70 crimes; most are cancelled within weeks of being recorded."""
    return [
        replace(
            like,
            cancelled=min(days_before(like.recorded, -rng.randrange(2, 40)), "2011-03-31"),
            outcome="Cancelled",
            alcohol=False,
            domestic=False,
        )
        for like in rng.sample(crimes, len(crimes) // 70)
    ]


def _over_the_border(rng: random.Random, county: County, areas: Sequence[SmallArea]) -> list[Crime]:
    """A dozen a year that the force recorded in the county's neighbours."""
    places = [area.code for area in areas if area.district_code in county.outside]
    crimes = []
    for year in FINANCIAL_YEARS:
        for place in rng.choices(places, k=12):
            crimes += drawn_crimes(rng, year, o.OTHER_THEFT, county.outside[0], [place])
    return crimes
