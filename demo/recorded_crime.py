"""The demo's recorded crimes: what each was, when and where, and which flags it carries.

How it is calibrated: totals by district, year and class are those of `crime_totals`; within a
district places are drawn by weight, but the counts that the assessment of 2010/11 names are pinned
(shoplifting at Fosse Park, five areas with much theft from vehicles, drug offences in Blaby North,
burglary in Thorpe Astley and Braunstone Town). Flags are exact counts too: in Blaby in 2010/11,
300 of 900 crimes of violence are domestic, 234 alcohol-related and 9 drug-related. Beside these,
some crimes have no usable place, some were cancelled and a few happened over the border: none of
them is among the totals. Times are drawn last and apart, so that nothing else depends on them.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from demo import offences as o
from demo.allocation import pick, spread, weights
from demo.calendar_days import (
    FINANCIAL_YEARS,
    LAST_YEAR,
    days_before,
    repeated,
    times_of_day,
)
from demo.crime_times import crime_times
from demo.crime_totals import crime_totals
from demo.places import BLABY, LEICESTER, RUGBY, SEED, SmallArea, by_district, named
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


# Blaby's places whose counts are fixed, 2006/07 to 2010/11.
PINNED = {
    o.SHOPLIFTING: {"Fosse Park": (375, 390, 370, 340, 300)},
    o.THEFT_FROM_VEHICLE: {
        "Fosse Park": (58, 56, 52, 49, 44),
        "Thorpe Astley South & Meridian Business Park": (49, 46, 44, 41, 36),
        "Leicester Forest East": (42, 40, 38, 36, 32),
        "Enderby Grove Park": (40, 38, 36, 34, 30),
        "Thorpe Astley North": (38, 36, 34, 32, 28),
    },
    o.DRUGS: {"Blaby North": (20, 20, 21, 20, 18), "Fosse Park": (9, 9, 9, 9, 8)},
    o.DOMESTIC_BURGLARY: {
        "Thorpe Astley South & Meridian Business Park": (4, 4, 3, 3, 9),
        "Thorpe Astley North": (3, 3, 3, 3, 8),
        "Braunstone Town Henley Crescent": (5, 4, 4, 4, 9),
        "Braunstone Town North": (4, 4, 4, 3, 7),
        "Braunstone Town Millfield": (4, 4, 3, 3, 7),
    },
}
# The most that any other area of Blaby has, so that the pinned ones stand out.
MOST_ELSEWHERE = {o.SHOPLIFTING: 14, o.THEFT_FROM_VEHICLE: 12, o.DRUGS: 6, o.DOMESTIC_BURGLARY: 6}
EARLIER_YEARS_MORE = 1.4
"""How much higher those bounds lie before 2010/11, when there were more crimes."""

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


def recorded_crimes(areas: Sequence[SmallArea]) -> list[Crime]:
    """Every crime, by day of recording; placed ones first of all with the totals' exact counts."""
    rng = random.Random(SEED + 10)
    crimes = _placed(rng, by_district(areas))
    _flag(rng, crimes, areas)
    crimes += _without_a_place(rng, crimes)
    crimes += _cancelled(rng, crimes)
    crimes += _over_the_border(rng, areas)
    _at_their_times(crimes)
    crimes.sort(key=lambda crime: crime.recorded)
    for number, crime in enumerate(crimes, start=1):
        crime.ref = f"CR/{number:06d}/{crime.recorded[2:4]}"
    return crimes


def _at_their_times(crimes: Sequence[Crime]) -> None:
    """Write when each happened; domestic crimes keep their time, which their incidents share."""
    rng = random.Random(SEED + 12)
    for crime in crimes:
        if not crime.domestic:
            crime.committed_from, crime.committed_to = crime_times(
                rng,
                crime.offence_class,
                crime.committed_from[:10],
                crime.recorded,
                (crime.committed_from, crime.committed_to),
            )


def _placed(rng: random.Random, districts: Mapping[str, Sequence[SmallArea]]) -> list[Crime]:
    crimes = []
    for (district, year, name), total in crime_totals().items():
        pinned, most = _fixed(district, year, name)
        places = spread(
            rng, total, weights(o.CLASSES[name].pull, districts[district]), pinned, most
        )
        crimes += drawn_crimes(rng, year, name, district, places)
    return crimes


def _fixed(district: str, year: int, name: str) -> tuple[dict[str, int], int | None]:
    if district != BLABY or name not in PINNED:
        return {}, None
    pinned = {
        named(place).code: counts[year - LAST_YEAR - 1] for place, counts in PINNED[name].items()
    }
    most = MOST_ELSEWHERE[name]
    return pinned, most if year == LAST_YEAR else round(most * EARLIER_YEARS_MORE)


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


BLABY_FLAGS = {
    2006: FlagCounts(284, 98, 94, 16, 216, 104, 11, 94),
    2007: FlagCounts(288, 100, 95, 17, 212, 102, 10, 92),
    2008: FlagCounts(292, 102, 96, 17, 208, 98, 10, 90),
    2009: FlagCounts(298, 105, 98, 18, 205, 94, 9, 88),
    2010: FlagCounts(300, 111, 111, 22, 234, 116, 9, 92),
}
"""Blaby's flags; the `alcohol_` totals include the domestic ones."""
# Fosse Park leads Blaby for alcohol and, as police find drugs on shoplifters, for drugs.
AT_FOSSE_PARK = {"alcohol_violence": 20, "alcohol_rest": 12, "drug_rest": 26}
# Shares elsewhere: of violence domestic, alcohol, drugs; of the rest domestic, alcohol, drugs.
VIOLENCE_SHARES = (0.33, 0.249, 0.011)
REST_SHARES = (0.026, 0.027, 0.021)
DOMESTIC_REST = {o.DAMAGE, o.OTHER_THEFT, o.PUBLIC_ORDER, o.DOMESTIC_BURGLARY, o.OTHER, o.SEXUAL}
ALCOHOL_REST = {o.DAMAGE, o.PUBLIC_ORDER, o.SHOPLIFTING, o.ROBBERY, o.SEXUAL, o.OTHER, o.ARSON}
DRUG_REST = {o.SHOPLIFTING, o.OTHER_THEFT, o.PUBLIC_ORDER, o.OTHER, o.THEFT_OF_VEHICLE}
AT_HOME = {"retail park": 0.1, "town centre": 0.3}
WHERE_PEOPLE_DRINK = {"retail park": 2.0, "town centre": 3.0, "inner": 1.4}


def _flag(rng: random.Random, crimes: Sequence[Crime], areas: Sequence[SmallArea]) -> None:
    character = {area.code: area.character for area in areas}
    groups: dict[tuple[str, int], list[Crime]] = {}
    for crime in crimes:
        groups.setdefault((crime.district, crime.year), []).append(crime)
    for (district, year), group in groups.items():
        counts = _flag_counts(district, year, group)
        _flag_group(rng, group, counts, character, pinned=district == BLABY)


def _flag_counts(district: str, year: int, group: Sequence[Crime]) -> FlagCounts:
    if district == BLABY:
        return BLABY_FLAGS[year]
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
    pinned: bool,
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
        at_fosse_park = AT_FOSSE_PARK[part] if pinned else None
        drunk += _mostly_at_fosse_park(rng, others, of_all - of_domestic, drinking, at_fosse_park)
        for crime in drunk:
            crime.alcohol = True
    drugged = pick(rng, violence, counts.drug_violence)
    drugged += _mostly_at_fosse_park(
        rng,
        [c for c in rest if c.offence_class in DRUG_REST],
        counts.drug_rest,
        drinking,
        AT_FOSSE_PARK["drug_rest"] if pinned else None,
    )
    for crime in [*drugged, *(c for c in rest if c.offence_class == o.DRUGS)]:
        crime.drug = True


def _mostly_at_fosse_park(
    rng: random.Random,
    crimes: Sequence[Crime],
    count: int,
    weight: Callable[[Crime], float],
    at_fosse_park: int | None,
) -> list[Crime]:
    """`count` of the crimes; in Blaby a fixed number of them at Fosse Park."""
    if at_fosse_park is None:
        return pick(rng, crimes, count, weight)
    fosse_park = named("Fosse Park").code
    there = [crime for crime in crimes if crime.lsoa == fosse_park]
    elsewhere = [crime for crime in crimes if crime.lsoa != fosse_park]
    return pick(rng, there, at_fosse_park) + pick(rng, elsewhere, count - at_fosse_park, weight)


UNUSABLE_PLACES = ("", "", "", "", "", "N/K", "Unknown", "E01000000", "E0109903", "Blaby")
"""What stands for the place where the force did not know it, or mistyped it."""


def _without_a_place(rng: random.Random, placed: Sequence[Crime]) -> list[Crime]:
    """Three for every 200 placed crimes, of every class and year."""
    return [
        replace(like, district="", lsoa=rng.choice(UNUSABLE_PLACES), domestic=False)
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


def _over_the_border(rng: random.Random, areas: Sequence[SmallArea]) -> list[Crime]:
    """A dozen a year that the force recorded in Leicester and Rugby."""
    places = [area.code for area in areas if area.district_code in (LEICESTER, RUGBY)]
    crimes = []
    for year in FINANCIAL_YEARS:
        for place in rng.choices(places, k=12):
            crimes += drawn_crimes(rng, year, o.OTHER_THEFT, LEICESTER, [place])
    return crimes
