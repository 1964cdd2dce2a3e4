"""The demo's police incidents: anti-social behaviour, domestic incidents, collisions and others.

How it is calibrated: the pattern's counts are those of the assessment of 2010/11 (3,650 incidents
of anti-social behaviour after 5,000: rowdy behaviour 2,720 after 3,400, hoax calls 200 after 350,
abandoned vehicles 60 after 150; 1,140 domestic incidents without a crime after 1,000). In the lead
district three areas lead by rate. The other districts have rates of that size, and follow the
pattern's years. Seven in ten domestic crimes have an incident linked to them besides. Disorder is
more frequent on the nights of Friday and Saturday.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.allocation import Pull, spread, weights
from demo.calendar_days import FINANCIAL_YEARS, repeated, times_of_day
from demo.county import County
from demo.crime_times import time_out
from demo.crime_totals import scaled
from demo.places import SmallArea, by_district, fixed, of_name
from demo.recorded_crime import Crime, unusable_places
from demo.seasons import event_days

ASB, HOAX, ABANDONED = "Anti-social behaviour", "Hoax calls", "Abandoned vehicles"
DOMESTIC, COLLISION, OTHER = "Domestic", "Road traffic collision", "Other"
ROWDY, NEIGHBOURS = "Rowdy or inconsiderate behaviour", "Rowdy or nuisance neighbours"


@dataclass(frozen=True)
class Kind:
    """Incidents of a category: qualifiers with shares, pattern, where and when they fall.

    `fixed` is what the county's table of fixed counts calls the kind.
    """

    category: str
    qualifiers: tuple[tuple[str, int], ...]
    pattern: tuple[int, int, int, int, int]
    pull: Pull
    season: str
    fixed: str = ""


KINDS = (
    Kind(ASB, ((ROWDY, 79), (NEIGHBOURS, 21)), (3900, 3800, 3600, 3400, 2720),
         Pull(0.4, 3, 4, 1.8), "outdoors", "rowdy"),
    Kind(ASB, (("Vehicle nuisance", 44), ("Noise", 18), ("Animal problems", 9),
               ("Malicious communications", 8), ("Street drinking", 4), ("Trespass", 5),
               ("Littering or drug paraphernalia", 4), ("Fireworks", 4), ("Begging", 1),
               ("Prostitution-related", 1), ("", 1), ("N/K", 1)), (1350, 1280, 1200, 1100, 670),
         Pull(0.3, 2, 2.5, 1.5), "outdoors", "other"),
    Kind(HOAX, (("", 1),), (260, 245, 230, 350, 200), Pull(0.3, 2, 2.5, 1.5), "outdoors",
         "hoax"),
    Kind(ABANDONED, (("", 1),), (310, 250, 200, 150, 60), Pull(0.2, 1.5, 1.2, 1.2), "level",
         "abandoned"),
    Kind(DOMESTIC, (("", 1),), (870, 910, 950, 1000, 1140), Pull(0.4, 0.2, 0.6, 1.4), "home"),
    Kind(COLLISION, (("", 1),), (560, 540, 515, 490, 460), Pull(0, 6, 2, 1.2, 1.6), "dark"),
    Kind(OTHER, (("", 1),), (800, 810, 790, 800, 780), Pull(0.2, 3, 3, 1.4), "level"),
)  # fmt: skip

LINKED_SHARE = 0.7
"""Domestic crimes with an incident linked to them."""
OUT_SHARE = 0.5
"""Anti-social behaviour of people who are out, which has their hours at weekends."""


@dataclass(slots=True)
class Incident:
    """One incident; `lsoa` is what the force wrote for the place."""

    created: str
    category: str
    qualifier: str
    district: str
    lsoa: str
    domestic: bool = False
    linked_crime: str = ""
    number: str = ""


def incidents(
    county: County, areas: Sequence[SmallArea], crimes: Sequence[Crime]
) -> list[Incident]:
    """Every incident, by time of opening."""
    rng = random.Random(county.seed + 20)
    found = []
    for district in county.districts:
        for year in FINANCIAL_YEARS:
            for kind in KINDS:
                found += _of_kind(rng, county, areas, district, year, kind)
    _at_their_times(county, found)
    found += _without_a_place(rng, county, areas, found)
    found += [
        Incident(f"{crime.committed_from[:16]}", DOMESTIC, "", crime.district, crime.lsoa, True,
                 crime.ref)
        for crime in crimes
        if crime.domestic and crime.committed_from > "2006-04" and rng.random() < LINKED_SHARE
    ]  # fmt: skip
    found.append(_with_an_unknown_crime(of_name(areas, county.facts.incident_of_no_crime_in)))
    found.sort(key=lambda incident: incident.created)
    for number, incident in enumerate(found, start=1):
        incident.number = f"{incident.created[2:4]}-{number:06d}"
    return found


def _of_kind(
    rng: random.Random,
    county: County,
    areas: Sequence[SmallArea],
    district: str,
    year: int,
    kind: Kind,
) -> list[Incident]:
    total = scaled(county, kind.pattern, "incidents", district, year)
    pinned, most = fixed(county, areas, district, "incident", kind.fixed, year, kind.pattern)
    places = spread(rng, total, weights(kind.pull, by_district(areas)[district]), pinned, most)
    return _drawn(rng, year, district, places, kind)


def _drawn(
    rng: random.Random, year: int, district: str, places: Sequence[str], kind: Kind
) -> list[Incident]:
    count = len(places)
    qualifiers = rng.choices(repeated(*kind.qualifiers), k=count)
    days = event_days(rng, year, places, kind.season)
    times = times_of_day(rng, count)
    return [
        Incident(f"{day} {time}", kind.category, qualifier, district, place,
                 kind.category == DOMESTIC)
        for place, qualifier, day, time in zip(places, qualifiers, days, times, strict=True)
    ]  # fmt: skip


def _at_their_times(county: County, placed: Sequence[Incident]) -> None:
    """Give disorder its hours, apart from all other draws so that nothing else depends on them."""
    rng = random.Random(county.seed + 22)
    for incident in placed:
        if incident.category == ASB and rng.random() < OUT_SHARE:
            day = incident.created[:10]
            incident.created = f"{day} {time_out(rng, day)}"


def _without_a_place(
    rng: random.Random, county: County, areas: Sequence[SmallArea], placed: Sequence[Incident]
) -> list[Incident]:
    """Three for every 200 placed incidents, and a few over the border."""
    unusable = unusable_places(county)
    border = of_name(areas, county.facts.over_the_border_in)
    like = rng.sample(placed, len(placed) * 3 // 200)
    strays = [
        Incident(incident.created, incident.category, incident.qualifier, "",
                 rng.choice(unusable), incident.domestic)
        for incident in like
    ]  # fmt: skip
    over = [
        Incident(each.created, OTHER, "", border.district_code, border.code) for each in like[:20]
    ]
    return strays + over


def _with_an_unknown_crime(area: SmallArea) -> Incident:
    """A domestic incident that led to a crime which is in no extract."""
    return Incident("2010-11-06 22:40", DOMESTIC, "", area.district_code, area.code, True,
                    "CR/999999/10")  # fmt: skip
