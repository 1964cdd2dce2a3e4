"""The demo's street crime: five invented years of incidents, as rows of the police's own files.

How it is calibrated: the yearly rates per 1,000 residents of 2016/17 are of the size seen in an
English shire district (about 40 crimes and 17 incidents of anti-social behaviour before places
multiply them, some 85 in all after), and each type has its own course over the five years, so
that rising, falling and level trends all occur. Seasons follow
a cosine. Deprivation, town centres and the retail park multiply the rate; the counts are Poisson.
About 2 % of the rows have no place (12 % in March 2020), 2 % a location that stops after "near".
"""

import calendar
import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from warehouse.demo.places import SEED, SmallArea

FIRST_YEAR, YEARS = 2016, 5
LEICESTERSHIRE, WARWICKSHIRE, TRANSPORT = (
    "Leicestershire Police",
    "Warwickshire Police",
    "British Transport Police",
)
ASB = "Anti-social behaviour"
MONTH_WITHOUT_PLACES = "2020-03"


@dataclass(frozen=True)
class Kind:
    """A crime type: rate per 1,000 residents in the first year, its course, and what drives it.

    `course` multiplies the rate in each financial year; `season` is the swing of the cosine and
    `peak` its month; `deprivation` the power of e per standard score; then the multipliers of the
    retail park and of town centres; `outcome` names the mix of outcomes.
    """

    name: str
    rate: float
    course: tuple[float, float, float, float, float]
    season: float
    peak: int
    deprivation: float
    retail: float
    town: float
    outcome: str


KINDS = (
    Kind(ASB, 17.0, (1, 0.92, 0.84, 0.76, 0.70), 0.25, 7, 0.30, 2.5, 3.0, "none"),
    Kind("Bicycle theft", 1.0, (1, 0.97, 1.02, 0.96, 0.90), 0.30, 8, 0.05, 3.0, 4.0, "unsolved"),
    Kind("Burglary", 5.0, (1, 0.94, 0.85, 0.77, 0.62), 0.15, 12, 0.20, 1.6, 1.3, "unsolved"),
    Kind(
        "Criminal damage and arson", 6.0, (1, 0.98, 0.95, 0.92, 0.88), 0.08, 5, 0.35, 1.5, 2.0,
        "unsolved",
    ),
    Kind("Drugs", 1.2, (1, 1.06, 1.15, 1.27, 1.42), 0.05, 6, 0.40, 2.0, 2.5, "police"),
    Kind("Other crime", 0.9, (1, 1.05, 1.08, 1.12, 1.18), 0.03, 10, 0.30, 1.2, 1.4, "violence"),
    Kind("Other theft", 5.0, (1, 1.01, 0.98, 0.93, 0.80), 0.08, 7, 0.12, 6.0, 2.5, "unsolved"),
    Kind(
        "Possession of weapons", 0.35, (1, 1.1, 1.2, 1.3, 1.35), 0.05, 6, 0.45, 1.5, 2.5, "police",
    ),
    Kind("Public order", 3.2, (1, 1.15, 1.32, 1.48, 1.66), 0.12, 7, 0.35, 2.0, 3.5, "violence"),
    Kind("Robbery", 0.4, (1, 1.04, 1.0, 1.05, 0.95), 0.10, 11, 0.50, 2.5, 3.0, "unsolved"),
    Kind("Shoplifting", 3.4, (1, 1.02, 1.01, 0.99, 0.98), 0.06, 12, 0.15, 28.0, 9.0, "shop"),
    Kind(
        "Theft from the person", 0.4, (1, 1.0, 1.05, 1.0, 0.6), 0.08, 12, 0.1, 9.0, 6.0,
        "unsolved",
    ),
    Kind("Vehicle crime", 6.0, (1, 1.1, 1.16, 1.08, 0.92), 0.12, 11, 0.10, 4.0, 1.2, "unsolved"),
    Kind(
        "Violence and sexual offences", 13.0, (1, 1.12, 1.25, 1.36, 1.47), 0.10, 7, 0.40, 2.0, 3.0,
        "violence",
    ),
)  # fmt: skip

OUTCOMES = {
    "none": (("", 1),),
    "unsolved": (
        ("Investigation complete; no suspect identified", 78),
        ("Unable to prosecute suspect", 12),
        ("Status update unavailable", 4),
        ("Court result unavailable", 3),
        ("Local resolution", 2),
        ("Offender sent to prison", 1),
    ),
    "violence": (
        ("Unable to prosecute suspect", 60),
        ("Investigation complete; no suspect identified", 18),
        ("Court result unavailable", 7),
        ("Local resolution", 6),
        ("Status update unavailable", 5),
        ("Action to be taken by another organisation", 3),
        ("Offender given a caution", 1),
    ),
    "police": (
        ("Local resolution", 42),
        ("Court result unavailable", 20),
        ("Unable to prosecute suspect", 14),
        ("Formal action is not in the public interest", 10),
        ("Investigation complete; no suspect identified", 8),
        ("Offender given a caution", 6),
    ),
    "shop": (
        ("Investigation complete; no suspect identified", 62),
        ("Unable to prosecute suspect", 14),
        ("Court result unavailable", 12),
        ("Local resolution", 8),
        ("Offender given community sentence", 4),
    ),
}


@dataclass(frozen=True)
class Incident:
    """One row of a street file; the field names are the publisher's, shortened."""

    crime_id: str
    month: str
    force: str
    longitude: str
    latitude: str
    location: str
    lsoa_code: str
    lsoa_name: str
    crime_type: str
    outcome: str

    def cells(self) -> tuple[str, ...]:
        """The row in the order of the official header; `Context` is always blank."""
        return (
            self.crime_id, self.month, self.force, self.force, self.longitude, self.latitude,
            self.location, self.lsoa_code, self.lsoa_name, self.crime_type, self.outcome, "",
        )  # fmt: skip


Files = dict[tuple[str, str], list[Incident]]
"""Rows by (month, force)."""


def months() -> list[str]:
    """The sixty months, `2016-04` to `2021-03`."""
    return [f"{FIRST_YEAR + (3 + n) // 12}-{(3 + n) % 12 + 1:02d}" for n in range(12 * YEARS)]


def street_crime(areas: Sequence[SmallArea]) -> Files:
    """Every file of the five years, its rows in the publisher's order (by LSOA name)."""
    rng = random.Random(SEED + 1)
    files: Files = {}
    for number, month in enumerate(months()):
        for force in (LEICESTERSHIRE, WARWICKSHIRE, TRANSPORT):
            rows = list(_month(rng, areas, number, month, force))
            rows.sort(key=lambda row: (not row.lsoa_code, row.lsoa_name, row.crime_type))
            files[month, force] = rows
    _republish(rng, files)
    return files


def _month(
    rng: random.Random, areas: Sequence[SmallArea], number: int, month: str, force: str
) -> Iterator[Incident]:
    for area in areas:
        for kind in KINDS:
            expected = expected_count(area, kind, number) * _share(area, force)
            for _ in range(_poisson(rng, expected)):
                yield _incident(rng, area, kind, month, force)


def _share(area: SmallArea, force: str) -> float:
    """The part of an area's incidents that a force records.

    A force now and then records what happened over the border; the transport police record a
    little in town centres, where the stations are.
    """
    in_warwickshire = area.district_name == "Rugby"
    if force == TRANSPORT:
        return 0.02 if area.character == "town centre" else 0.0
    if force == WARWICKSHIRE:
        return 1.0 if in_warwickshire else 0.0
    return 0.01 if in_warwickshire else 1.0


def expected_count(area: SmallArea, kind: Kind, month_number: int) -> float:
    """Incidents to be expected in an area in one month (0 is April 2016)."""
    year, month = divmod(month_number + 3, 12)
    days = calendar.monthrange(FIRST_YEAR + year, month + 1)[1] / 30.4
    season = 1 + kind.season * math.cos(2 * math.pi * (month + 1 - kind.peak) / 12)
    place = math.exp(kind.deprivation * area.deprivation)
    match area.character:
        case "retail park":
            place *= kind.retail
        case "town centre":
            place *= kind.town
        case "commuter" if kind.name == "Vehicle crime":
            place *= 2.6
    course = kind.course[month_number // 12]
    return area.population / 1000 * kind.rate / 12 * days * season * place * course


def _poisson(rng: random.Random, expected: float) -> int:
    """A Poisson number by Knuth's method; the expected numbers here are below 60."""
    limit, product, count = math.exp(-expected), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def _incident(rng: random.Random, area: SmallArea, kind: Kind, month: str, force: str) -> Incident:
    names, weights = zip(*OUTCOMES[kind.outcome], strict=True)
    outcome = rng.choices(names, weights)[0]
    has_id = kind.name != ASB and force != TRANSPORT
    crime_id = hashlib.sha256(f"demo {rng.random()}".encode()).hexdigest() if has_id else ""
    located = rng.random() >= (0.12 if month == MONTH_WITHOUT_PLACES else 0.02)
    point = rng.choice(area.points)
    if force == TRANSPORT:
        location = f"On or near {area.district_name} (Station)"
        outcome = ""
    else:
        location = point.location if rng.random() >= 0.02 else "On or near "
    return Incident(
        crime_id=crime_id,
        month=month,
        force=force,
        longitude=f"{point.longitude:.6f}" if located else "",
        latitude=f"{point.latitude:.6f}" if located else "",
        location=location if located else "No Location",
        lsoa_code=area.code if located else "",
        lsoa_name=area.name if located else "",
        crime_type=kind.name,
        outcome=outcome,
    )


def _republish(rng: random.Random, files: Files) -> None:
    """Publish a dozen crimes of violence again in a later month, with what a court decided."""
    calendar_months = months()
    for start in range(2, 50, 4):
        candidates = [
            row
            for row in files[calendar_months[start], LEICESTERSHIRE]
            if row.crime_type == "Violence and sexual offences"
        ]
        crime = rng.choice(candidates)
        later = calendar_months[start + rng.randrange(3, 9)]
        again = replace(crime, month=later, outcome="Offender given community sentence")
        files[later, LEICESTERSHIRE].append(again)
