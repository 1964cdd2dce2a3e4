"""The demo's street crime: the first four months of data.police.uk, as rows of its files.

How it is calibrated: publication began with December 2010, in six types; the yearly rates per 1,000
residents are of the size that recorded crime and anti-social behaviour then had.
Seasons follow a cosine. Deprivation, town centres and the retail park multiply the rate; the counts
are Poisson. About 2 % of the rows have no place (12 % in March 2011), 2 % a location that stops
after "near".
"""

import calendar
import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from demo.county import County
from demo.places import SmallArea

MONTHS = ("2010-12", "2011-01", "2011-02", "2011-03")
"""The months published, in order."""
TRANSPORT = "British Transport Police"
ASB = "Anti-social behaviour"
MONTH_WITHOUT_PLACES = "2011-03"
REPUBLISHED = 6


@dataclass(frozen=True)
class Kind:
    """A crime type: rate per 1,000 residents and year, and what drives it.

    `season` is the swing of the cosine and `peak` its month; `deprivation` the power of e per
    standard score; then the multipliers of the retail park and of town centres; `outcome` names
    the mix of outcomes.
    """

    name: str
    rate: float
    season: float
    peak: int
    deprivation: float
    retail: float
    town: float
    outcome: str


KINDS = (
    Kind(ASB, 36.0, 0.25, 7, 0.35, 3.0, 3.5, "none"),
    Kind("Burglary", 4.8, 0.15, 12, 0.20, 4.0, 1.6, "unsolved"),
    Kind("Other crime", 24.0, 0.05, 12, 0.25, 14.0, 4.0, "unsolved"),
    Kind("Robbery", 0.35, 0.10, 11, 0.45, 4.0, 4.0, "unsolved"),
    Kind("Vehicle crime", 6.5, 0.12, 11, 0.10, 4.0, 1.4, "unsolved"),
    Kind("Violent crime", 11.5, 0.10, 7, 0.35, 2.2, 4.0, "violence"),
)

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


def street_crime(county: County, areas: Sequence[SmallArea], scale: int = 1) -> Files:
    """Every month's and force's file, its rows in the publisher's order (by LSOA name)."""
    rng = random.Random(county.seed + 1)
    files: Files = {}
    for month in MONTHS:
        for force in (*(each.name for each in county.facts.forces), TRANSPORT):
            rows = list(_month(rng, county, areas, month, force, scale))
            rows.sort(key=lambda row: (not row.lsoa_code, row.lsoa_name, row.crime_type))
            files[month, force] = rows
    _republish(rng, files, county.facts.forces[0].name)
    return files


def _month(
    rng: random.Random,
    county: County,
    areas: Sequence[SmallArea],
    month: str,
    force: str,
    scale: int,
) -> Iterator[Incident]:
    for area in areas:
        for kind in KINDS:
            expected = expected_count(area, kind, month) * _share(county, area, force)
            for _ in range(sum(_poisson(rng, expected) for _ in range(scale))):
                yield _incident(rng, area, kind, month, force)


def _share(county: County, area: SmallArea, force: str) -> float:
    """The part of an area's incidents that a force records.

    A force now and then records what happened over the border; the transport police record a
    little in town centres, where the stations are.
    """
    other = county.facts.forces[1]
    of_other = county.by_code[area.district_code].force == other.area
    if force == TRANSPORT:
        return 0.02 if area.character == "town centre" else 0.0
    if force == other.name:
        return 1.0 if of_other else 0.0
    return 0.01 if of_other else 1.0


def expected_count(area: SmallArea, kind: Kind, month: str) -> float:
    """Incidents to be expected in an area in one month."""
    year, number = int(month[:4]), int(month[5:])
    days = calendar.monthrange(year, number)[1] / 30.4
    season = 1 + kind.season * math.cos(2 * math.pi * (number - kind.peak) / 12)
    place = math.exp(kind.deprivation * area.deprivation)
    match area.character:
        case "retail park":
            place *= kind.retail
        case "town centre":
            place *= kind.town
        case "commuter" if kind.name == "Vehicle crime":
            place *= 2.6
    return area.population / 1000 * kind.rate / 12 * days * season * place


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


def _republish(rng: random.Random, files: Files, force: str) -> None:
    """Publish a few crimes of violence again in a later month, with what a court decided."""
    for number in range(REPUBLISHED):
        month, later = MONTHS[number % 2], MONTHS[2 + number % 2]
        candidates = [r for r in files[month, force] if r.crime_type == "Violent crime"]
        crime = candidates[rng.randrange(number, len(candidates), REPUBLISHED)]
        again = replace(crime, month=later, outcome="Offender given community sentence")
        files[later, force].append(again)
