"""The demo's places: invented small areas in real districts, on a map without gaps.

The district codes and names are real, so that the demo's settings look like a partnership's own.
Everything below the district is invented: the LSOA codes lie outside the ranges that ONS has
issued, the polygons are cells of a lattice, residents and ranks of deprivation are drawn.

How it is calibrated: a county's `district.csv` says how many residents each district has, its map
how many LSOAs. Deprivation is a smooth surface plus noise, so that neighbours are alike (otherwise
Gi* would find nothing).
"""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.calendar_days import LAST_YEAR
from demo.county import Cell, County, Deprivation, District, Map, NamedArea

ENGLAND_LSOAS = 32_844
"""LSOAs of 2011 in England: the ranks of deprivation run from 1 (most deprived) to this."""

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

MAIN_ROAD = "Main Road"
"""Stands for the road that the county calls so."""
STREETS = (
    "Ash Close", "Barley Way", "Beacon Rise", "Brook Street", "Chapel Lane", "Cedar Drive",
    "Dovecote Road", "Elm Avenue", "Fern Close", "Field Lane", "Forge Lane", "Glebe Road",
    "Hawthorn Drive", "Heron Way", "High Street", "Highfield Road", "Kestrel Close", "Larch Grove",
    MAIN_ROAD, "Lime Avenue", "Manor Road", "Meadow Way", "Mill Lane", "New Street",
    "Oak Road", "Orchard Close", "Park Road", "Poplar Avenue", "Queen Street", "Rowan Close",
    "School Lane", "Spinney Drive", "St Mary's Close", "Station Road", "Swan Street", "The Green",
    "Tithe Close", "Victoria Street", "Wharf Lane", "Windmill Rise",
)  # fmt: skip
ELSEWHERE = "*"
"""Stands in fixed.csv for every area of the lead district that has no row of its own."""
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


def small_areas(county: County) -> list[SmallArea]:
    """Every LSOA of the county and its neighbours, in the order of its code."""
    rng = random.Random(county.seed)
    facts = county.facts
    cells = [
        (r, c)
        for r, line in enumerate(facts.map.rows)
        for c, mark in enumerate(line)
        if mark != "."
    ]
    order = list(county.by_mark)
    cells.sort(key=lambda cell: (order.index(_mark(county, cell)), cell))
    scores = _standardise([_surface(county, cell) + rng.gauss(0, 0.35) for cell in cells])
    residents = _residents(rng, county, cells)
    corners = _lattice(rng, facts.map)
    seen: dict[str, int] = {}
    areas = []
    for position, (cell, score) in enumerate(zip(cells, scores, strict=True)):
        mark = _mark(county, cell)
        district = county.by_mark[mark]
        nth = seen[mark] = seen.get(mark, -1) + 1
        named_area = county.named_areas.get(cell, NamedArea("", "residential"))
        character = named_area.character
        rank = _rank(facts.deprivation, score, district.least_rank)
        areas.append(
            SmallArea(
                code=f"{facts.lsoa_prefix}{position + 1:03d}",
                name=f"{district.name} {nth // 5 + 1:03d}{'ABCDE'[nth % 5]}",
                district_code=district.code,
                district_name=district.name,
                local_name=named_area.name or None,
                character=character,
                deprivation=score,
                rank_2010=_bounded(rank + rng.gauss(0, 900), district.least_rank),
                rank_2019=rank,
                population=residents[cell],
                area_sq_km=round(rng.uniform(0.4, 3.2) * district.sparse, 4),
                area_class=_area_class(rng, district, character, score),
                ring=_ring(corners, cell),
                points=_points(rng, county, cell, character),
            )
        )
    return areas


def named(areas: Sequence[SmallArea], local_name: str) -> SmallArea:
    """The area that people call `local_name`; KeyError if none is called so."""
    return {area.local_name: area for area in areas}[local_name]


def of_name(areas: Sequence[SmallArea], name: str) -> SmallArea:
    """The area of an LSOA's name, such as `Blaby 001A`; KeyError if none is called so."""
    return {area.name: area for area in areas}[name]


def fixed(
    county: County,
    areas: Sequence[SmallArea],
    district: str,
    feed: str,
    kind: str,
    year: int,
    pattern: Sequence[int] = (1,),
) -> tuple[dict[str, int], int | None]:
    """Counts of areas that are fixed, by code, and the most of any other area of the district.

    Only the lead district has any. A year that the county's table leaves open has the last one's
    in proportion to the pattern.
    """
    if district != county.lead:
        return {}, None
    size = pattern[year - LAST_YEAR - 1] / pattern[-1] if len(pattern) > 1 else 1
    counts = {
        place: (
            round((years[-1] or 0) * size)
            if (given := years[year - LAST_YEAR - 1]) is None
            else given
        )
        for place, years in county.fixed.get((feed, kind), {}).items()
    }
    most = counts.pop(ELSEWHERE, None)
    return {named(areas, place).code: count for place, count in counts.items()}, most


def by_district(areas: Sequence[SmallArea]) -> dict[str, list[SmallArea]]:
    """Areas by the code of their district."""
    districts: dict[str, list[SmallArea]] = {}
    for area in areas:
        districts.setdefault(area.district_code, []).append(area)
    return districts


def _mark(county: County, cell: Cell) -> str:
    return county.facts.map.rows[cell[0]][cell[1]]


def _residents(rng: random.Random, county: County, cells: Sequence[Cell]) -> Mapping[Cell, int]:
    """Residents of each cell; they add up to the district's. A retail park has few."""
    residents: dict[Cell, int] = {}
    for mark, district in county.by_mark.items():
        mine = [cell for cell in cells if _mark(county, cell) == mark]
        given = {
            cell: area.residents
            for cell, area in county.named_areas.items()
            if area.residents is not None and _mark(county, cell) == mark
        }
        sizes = {cell: rng.uniform(0.86, 1.14) for cell in mine if cell not in given}
        people = district.residents - sum(given.values())
        scale = people / sum(sizes.values())
        counts = {cell: int(size * scale) for cell, size in sizes.items()}
        for cell in list(counts)[: people - sum(counts.values())]:
            counts[cell] += 1
        residents |= counts | given
    return residents


def _area_class(rng: random.Random, district: District, character: str, score: float) -> str:
    """The class by the character, the district's countryside and the deprivation."""
    if character in ("retail park", "town centre", "inner"):
        return "2"
    drawn = rng.random()
    if drawn < district.countryside and score < 0.6:
        return "3"
    if drawn < district.mixed:
        return "7"
    if score > 1.3:
        return "5"
    if score > 0.5:
        return "1"
    return "4" if score < -0.4 else "6"


def _surface(county: County, cell: Cell) -> float:
    """Deprivation falls with the distance from each of its peaks."""
    deprivation = county.facts.deprivation
    surface = max(
        *(
            peak.height - peak.slope * math.hypot(cell[0] - peak.row, cell[1] - peak.column)
            for peak in deprivation.peaks
        ),
        deprivation.floor,
    )
    named_area = county.named_areas.get(cell)
    return surface + (named_area.more_deprived if named_area else 0.0)


def _standardise(scores: list[float]) -> list[float]:
    mean, spread = statistics.fmean(scores), statistics.pstdev(scores)
    return [(score - mean) / spread for score in scores]


def _rank(deprivation: Deprivation, score: float, least: int) -> int:
    """Rank in England; the county's mean lies at its percentile of least deprived."""
    return _bounded(ENGLAND_LSOAS * (deprivation.mean - deprivation.spread * score), least)


def _bounded(rank: float, least: int) -> int:
    return min(max(round(rank), least), ENGLAND_LSOAS - 20)


Lattice = dict[tuple[int, int], tuple[float, float]]


def _lattice(rng: random.Random, area: Map) -> Lattice:
    """Points on a grid of half cells, each moved a little: neighbours share them exactly."""
    points: Lattice = {}
    for row in range(2 * len(area.rows) + 1):
        for column in range(2 * len(area.rows[0]) + 1):
            longitude = area.west + (column / 2 + rng.uniform(-0.11, 0.11)) * area.longitude
            latitude = area.north - (row / 2 + rng.uniform(-0.11, 0.11)) * area.latitude
            points[row, column] = (round(longitude, 6), round(latitude, 6))
    return points


def _ring(lattice: Lattice, cell: Cell) -> tuple[tuple[float, float], ...]:
    """The cell's outline: four corners and the middles of its edges, clockwise from north-west.

    The real files wind their outer rings this way too.
    """
    row, column = cell
    steps = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))
    return tuple(lattice[2 * row + down, 2 * column + right] for down, right in steps)


def _points(rng: random.Random, county: County, cell: Cell, character: str) -> tuple[Point, ...]:
    row, column = cell
    area = county.facts.map
    names = {"retail park": RETAIL_PLACES, "town centre": TOWN_PLACES}.get(character, ())
    places = [*names, *rng.sample(STREETS, 7 - len(names))]
    return tuple(
        Point(
            longitude=round(area.west + (column + rng.uniform(0.25, 0.75)) * area.longitude, 6),
            latitude=round(area.north - (row + rng.uniform(0.25, 0.75)) * area.latitude, 6),
            location=f"On or near {county.facts.main_road if place == MAIN_ROAD else place}",
        )
        for place in places
    )
