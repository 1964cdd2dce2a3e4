"""The demo's places: invented small areas in real districts, on a map without gaps.

The district codes and names are real, so that the demo's settings look like a partnership's own.
Everything below the district is invented: the LSOA codes lie outside the ranges that ONS has
issued, the polygons are cells of a lattice, residents and ranks of deprivation are drawn.

How it is calibrated: the seven districts of the county have about as many LSOAs and residents as
in life (Blaby its 60), so that counts of an area are of the size an analyst meets. Leicester and
Rugby, which lie outside the county, are small. Deprivation is a smooth surface plus noise, so that
neighbours are alike (otherwise Gi* would find nothing); most of the county is less deprived than
England, as Leicestershire is, and no LSOA of Blaby is in England's most deprived fifth.
"""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from demo.formats import table

SEED = 20110401
ENGLAND_LSOAS = 32_844
"""LSOAs of 2011 in England: the ranks of deprivation run from 1 (most deprived) to this."""

_TABLE = table("district")
DISTRICTS = {row["mark"]: (row["code"], row["name"]) for row in _TABLE}
"""Code and name of a district by its letter on the map."""
PARTNERSHIPS = {row["code"]: (row["partnership"], row["force"]) for row in _TABLE}
"""Code of a district's partnership and name of its force, by the district's code."""
COUNTY = "BCAHMNO"
"""The seven districts of the county; Leicester and Rugby lie outside it."""
COUNTY_DISTRICTS = tuple(DISTRICTS[mark][0] for mark in COUNTY)
BLABY, CHARNWOOD, HARBOROUGH, HINCKLEY, MELTON, NORTH_WEST, OADBY = COUNTY_DISTRICTS
LEICESTER, RUGBY = DISTRICTS["L"][0], DISTRICTS["R"][0]
COUNTY_CODE = "E10000018"

# A letter is one LSOA of that district; north is up.
MAP = (
    "NNNNNNNNCCCCCCCCCCCCCCMMMM",
    "NNNNNNNNCCCCCCCCCCCCCCMMMM",
    "NNNNNNNNCCCCCCCCCCCCCCMMMM",
    "NNNNNNNNCCCCCCCCCCCCCCMMMM",
    "NNNNNNNNCCCCCCCCCCCCCCMMMM",
    "NNNNNNNNCCCCCCCCCCCCCCMMMM",
    "NNNNNNNNCCCCCCCCCCCCCCMMMM",
    "NHHHHHHHBBBLLLLLCCOOOOAAMM",
    "HHHHHHHHBBBBLLLLLOOOOOOAAA",
    "HHHHHHHHBBBBBBBBOOOOOOAAAA",
    "HHHHHHHHBBBBBBBBOOOOOOAAAA",
    "HHHHHHHHBBBBBBBBOOOOOAAAAA",
    "HHHHHHHHBBBBBBBBOOOOAAAAAA",
    "HHHHHHHBBBBBBBBOOOAAAAAAAA",
    "HHHHHHBBBBBBBBOOAAAAAAAA..",
    "HHHHHHBBBBBRRRRRAAAAAAA...",
)
WEST, NORTH, CELL_LONGITUDE, CELL_LATITUDE = -1.46, 52.80, 0.030, 0.022

POPULATION_2010 = {row["code"]: int(row["residents"]) for row in _TABLE}
"""Residents in mid-2010: Blaby's is the estimate the ONS published, the others are near theirs."""

RETAIL_PARK = (9, 12)
Cell = tuple[int, int]
"""Row and column of the map."""


class NamedArea(NamedTuple):
    """An area that people have a name for.

    Inner areas are terraces and flats beside the shops; vehicle crime is drawn towards the commuter
    ones (fast roads out, cars left all day). `more_deprived` is what the surface of deprivation
    does not know of it, in standard scores.
    """

    name: str
    character: str
    more_deprived: float


NAMED_AREAS: dict[Cell, NamedArea] = {
    (int(row["row"]), int(row["column"])): NamedArea(
        row["name"], row["character"], float(row["more_deprived"])
    )
    for row in table("named_area")
}

OUTPUT_AREA_CLASSES = {
    "1": "Blue Collar Communities",
    "2": "City Living",
    "3": "Countryside",
    "4": "Prospering Suburbs",
    "5": "Constrained by Circumstances",
    "6": "Typical Traits",
    "7": "Multicultural",
}
"""Supergroups of the Output Area Classification of the census of 2001."""
RETAIL_PARK_RESIDENTS = 1_050
# One rank above the last of the most deprived fifth (32,844 / 5).
BLABY_LEAST_RANK = 6_570

STREETS = (
    "Ash Close", "Barley Way", "Beacon Rise", "Brook Street", "Chapel Lane", "Cedar Drive",
    "Dovecote Road", "Elm Avenue", "Fern Close", "Field Lane", "Forge Lane", "Glebe Road",
    "Hawthorn Drive", "Heron Way", "High Street", "Highfield Road", "Kestrel Close", "Larch Grove",
    "Leicester Road", "Lime Avenue", "Manor Road", "Meadow Way", "Mill Lane", "New Street",
    "Oak Road", "Orchard Close", "Park Road", "Poplar Avenue", "Queen Street", "Rowan Close",
    "School Lane", "Spinney Drive", "St Mary's Close", "Station Road", "Swan Street", "The Green",
    "Tithe Close", "Victoria Street", "Wharf Lane", "Windmill Rise",
)  # fmt: skip
RETAIL_PLACES = ("Shopping Area", "Parking Area, North", "Supermarket", "Petrol Station")
TOWN_PLACES = ("Shopping Area", "Supermarket", "Nightclub", "Bus/Coach Station", "Police Station")


@dataclass(frozen=True)
class Point:
    """One of the anonymous map points to which the police move an incident."""

    longitude: float
    latitude: float
    location: str


@dataclass(frozen=True)
class SmallArea:
    """One LSOA of 2011.

    `deprivation` is a standard score (higher is more deprived); `character` is residential,
    retail park, town centre, inner or commuter; `area_class` a key of OUTPUT_AREA_CLASSES; `ring`
    its outline, closed, in degrees. `population` is of mid-2010.
    """

    code: str
    name: str
    district_code: str
    district_name: str
    local_name: str | None
    character: str
    deprivation: float
    rank_2010: int
    rank_2019: int
    population: int
    area_sq_km: float
    area_class: str
    ring: tuple[tuple[float, float], ...]
    points: tuple[Point, ...]


@cache
def levels(column: str) -> dict[str, float]:
    """A column of district.csv by district, of those that have one: all of the county but Blaby.

    `hate` and `youth` are parts of the whole, the others multiples of Blaby's or a typical rate.
    """
    return {row["code"]: float(row[column]) for row in _TABLE if row[column]}


def small_areas() -> list[SmallArea]:
    """Every LSOA of the demo, in the order of its code."""
    return list(_small_areas())


@cache
def _small_areas() -> tuple[SmallArea, ...]:
    rng = random.Random(SEED)
    cells = [(r, c) for r, line in enumerate(MAP) for c, mark in enumerate(line) if mark != "."]
    cells.sort(key=lambda cell: (list(DISTRICTS).index(MAP[cell[0]][cell[1]]), cell))
    scores = _standardise([_surface(row, column) + rng.gauss(0, 0.35) for row, column in cells])
    residents = _residents(rng, cells)
    corners = _lattice(rng)
    seen: dict[str, int] = {}
    areas = []
    for position, ((row, column), score) in enumerate(zip(cells, scores, strict=True)):
        mark = MAP[row][column]
        district_code, district_name = DISTRICTS[mark]
        nth = seen[mark] = seen.get(mark, -1) + 1
        named_area = NAMED_AREAS.get((row, column), NamedArea("", "residential", 0.0))
        character = named_area.character
        least = BLABY_LEAST_RANK if mark == "B" else 150
        rank = _rank(score, least)
        areas.append(
            SmallArea(
                code=f"E0109{9001 + position:04d}",
                name=f"{district_name} {nth // 5 + 1:03d}{'ABCDE'[nth % 5]}",
                district_code=district_code,
                district_name=district_name,
                local_name=named_area.name or None,
                character=character,
                deprivation=score,
                rank_2010=_bounded(rank + rng.gauss(0, 900), least),
                rank_2019=rank,
                population=residents[row, column],
                area_sq_km=round(rng.uniform(0.4, 3.2) * (2.5 if mark in "AM" else 1.0), 4),
                area_class=_area_class(rng, mark, character, score),
                ring=_ring(corners, row, column),
                points=_points(rng, row, column, character),
            )
        )
    return tuple(areas)


@cache
def named(local_name: str) -> SmallArea:
    """The area that people call `local_name`; KeyError if none is called so."""
    return {area.local_name: area for area in _small_areas()}[local_name]


def by_district(areas: Sequence[SmallArea]) -> dict[str, list[SmallArea]]:
    """Areas by the code of their district."""
    districts: dict[str, list[SmallArea]] = {}
    for area in areas:
        districts.setdefault(area.district_code, []).append(area)
    return districts


def _residents(rng: random.Random, cells: Sequence[tuple[int, int]]) -> Mapping[Cell, int]:
    """Residents of each cell; they add up to the district's. A retail park has few."""
    residents: dict[Cell, int] = {}
    for mark, (code, _) in DISTRICTS.items():
        mine = [cell for cell in cells if MAP[cell[0]][cell[1]] == mark]
        fixed = {RETAIL_PARK: RETAIL_PARK_RESIDENTS} if mark == "B" else {}
        sizes = {cell: rng.uniform(0.86, 1.14) for cell in mine if cell not in fixed}
        people = POPULATION_2010[code] - sum(fixed.values())
        scale = people / sum(sizes.values())
        counts = {cell: int(size * scale) for cell, size in sizes.items()}
        for cell in list(counts)[: people - sum(counts.values())]:
            counts[cell] += 1
        residents |= counts | fixed
    return residents


def _area_class(rng: random.Random, mark: str, character: str, score: float) -> str:
    """The class by the character, the district's countryside and the deprivation."""
    if character in ("retail park", "town centre", "inner"):
        return "2"
    drawn = rng.random()
    if mark in "AMN" and drawn < 0.45 and score < 0.6:
        return "3"
    if mark in "LO" and drawn < 0.4:
        return "7"
    if score > 1.3:
        return "5"
    if score > 0.5:
        return "1"
    return "4" if score < -0.4 else "6"


def _surface(row: int, column: int) -> float:
    """Deprivation falls with the distance from the city and rises again in the north-west."""
    from_city = math.hypot(row - 7.5, column - 13.5)
    from_coalfield = math.hypot(row - 3.0, column - 2.5)
    from_hinckley = math.hypot(row - 10.0, column - 3.5)
    surface = max(
        1.9 - 0.30 * from_city, 1.2 - 0.30 * from_coalfield, 0.9 - 0.30 * from_hinckley, -0.8
    )
    named_area = NAMED_AREAS.get((row, column))
    return surface + (named_area.more_deprived if named_area else 0.0)


def _standardise(scores: list[float]) -> list[float]:
    mean, spread = statistics.fmean(scores), statistics.pstdev(scores)
    return [(score - mean) / spread for score in scores]


def _rank(score: float, least: int) -> int:
    """Rank in England; the county's mean lies near the 68th percentile of least deprived."""
    return _bounded(ENGLAND_LSOAS * (0.68 - 0.24 * score), least)


def _bounded(rank: float, least: int) -> int:
    return min(max(round(rank), least), ENGLAND_LSOAS - 20)


Lattice = dict[tuple[int, int], tuple[float, float]]


def _lattice(rng: random.Random) -> Lattice:
    """Points on a grid of half cells, each moved a little: neighbours share them exactly."""
    points: Lattice = {}
    for row in range(2 * len(MAP) + 1):
        for column in range(2 * len(MAP[0]) + 1):
            longitude = WEST + (column / 2 + rng.uniform(-0.11, 0.11)) * CELL_LONGITUDE
            latitude = NORTH - (row / 2 + rng.uniform(-0.11, 0.11)) * CELL_LATITUDE
            points[row, column] = (round(longitude, 6), round(latitude, 6))
    return points


def _ring(lattice: Lattice, row: int, column: int) -> tuple[tuple[float, float], ...]:
    """The cell's outline: four corners and the middles of its edges, clockwise from north-west.

    The real files wind their outer rings this way too.
    """
    steps = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))
    return tuple(lattice[2 * row + down, 2 * column + right] for down, right in steps)


def _points(rng: random.Random, row: int, column: int, character: str) -> tuple[Point, ...]:
    names = {"retail park": RETAIL_PLACES, "town centre": TOWN_PLACES}.get(character, ())
    places = [*names, *rng.sample(STREETS, 7 - len(names))]
    return tuple(
        Point(
            longitude=round(WEST + (column + rng.uniform(0.25, 0.75)) * CELL_LONGITUDE, 6),
            latitude=round(NORTH - (row + rng.uniform(0.25, 0.75)) * CELL_LATITUDE, 6),
            location=f"On or near {place}",
        )
        for place in places
    )
