"""The demo's places: invented small areas in real districts, on a map without gaps.

The district codes and names are real, so that the demo's settings look like a partnership's own.
Everything below the district is invented: the LSOA codes lie outside the ranges that ONS has
issued, the polygons are cells of a lattice, residents and ranks of deprivation are drawn.

How it is calibrated: an LSOA has 1,000 to 3,000 residents by definition, so each district has far
fewer residents than in life (Blaby 20 LSOAs for 60) and rates per 1,000 keep their true size.
Deprivation is a smooth surface plus noise, so that neighbours are alike (otherwise Gi* would find
nothing) and most of the county is less deprived than England, as Leicestershire is.
"""

import math
import random
import statistics
from dataclasses import dataclass

SEED = 20210401
ENGLAND_LSOAS = 32_844
"""LSOAs of 2011 in England: the ranks of deprivation run from 1 (most deprived) to this."""

DISTRICTS = {
    "B": ("E07000129", "Blaby"),
    "C": ("E07000130", "Charnwood"),
    "A": ("E07000131", "Harborough"),
    "H": ("E07000132", "Hinckley and Bosworth"),
    "M": ("E07000133", "Melton"),
    "N": ("E07000134", "North West Leicestershire"),
    "O": ("E07000135", "Oadby and Wigston"),
    "L": ("E06000016", "Leicester"),
    "R": ("E07000220", "Rugby"),
}
COUNTY = "BCAHMNO"
"""The seven districts of the county; Leicester and Rugby lie outside it."""

# A letter is one LSOA of that district; north is up.
MAP = (
    "NNNCCCCMMMM.",
    "NNNNCCCCMMMM",
    "NNNCCCLLMMM.",
    "HHNBLLLLOOAA",
    "HHBBLLLLOOAA",
    "HHBBBBBBOOOA",
    "HHBBBBBBOOOA",
    "HHHBBBBBOAAA",
    ".RRRRR...AAA",
)
WEST, NORTH, CELL_LONGITUDE, CELL_LATITUDE = -1.46, 52.78, 0.060, 0.040

# (row, column) of the areas with a character of their own, and the names people use for them.
RETAIL_PARK = (4, 3)
TOWN_CENTRES = ((5, 5), (1, 5), (7, 10), (5, 1), (1, 9), (1, 1), (4, 8), (3, 6), (8, 3))
LOCAL_NAMES = {
    (4, 3): "Fosse Park",
    (3, 3): "Thorpe Astley South",
    (4, 2): "Kirby Muxloe",
    (5, 2): "Glenfield West",
    (5, 3): "Braunstone Town North",
    (5, 4): "Enderby",
    (5, 5): "Narborough Centre",
    (6, 4): "Cosby",
    (6, 6): "Whetstone, Cambridge Road",
    (7, 5): "Countesthorpe",
}
# Vehicle crime is drawn towards these: fast roads out, cars left all day.
COMMUTER_AREAS = ((3, 3), (5, 3))

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
    retail park, town centre or commuter; `ring` its outline, closed, in degrees.
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
    ring: tuple[tuple[float, float], ...]
    points: tuple[Point, ...]


def small_areas() -> list[SmallArea]:
    """Every LSOA of the demo, in the order of its code."""
    rng = random.Random(SEED)
    cells = [(r, c) for r, line in enumerate(MAP) for c, mark in enumerate(line) if mark != "."]
    cells.sort(key=lambda cell: (list(DISTRICTS).index(MAP[cell[0]][cell[1]]), cell))
    scores = _standardise([_surface(row, column) + rng.gauss(0, 0.45) for row, column in cells])
    corners = _lattice(rng)
    seen: dict[str, int] = {}
    areas = []
    for position, ((row, column), score) in enumerate(zip(cells, scores, strict=True)):
        mark = MAP[row][column]
        district_code, district_name = DISTRICTS[mark]
        nth = seen[mark] = seen.get(mark, -1) + 1
        character = _character(row, column)
        rank = _rank(score)
        areas.append(
            SmallArea(
                code=f"E0109{9001 + position:04d}",
                name=f"{district_name} {nth // 5 + 1:03d}{'ABCDE'[nth % 5]}",
                district_code=district_code,
                district_name=district_name,
                local_name=LOCAL_NAMES.get((row, column)),
                character=character,
                deprivation=score,
                rank_2010=_bounded(rank + rng.gauss(0, 1800)),
                rank_2019=rank,
                population=1020 if character == "retail park" else rng.randrange(1350, 2050),
                area_sq_km=round(rng.uniform(0.4, 3.2) * (1.5 if mark in "AM" else 1.0), 4),
                ring=_ring(corners, row, column),
                points=_points(rng, row, column, character),
            )
        )
    return areas


def _character(row: int, column: int) -> str:
    if (row, column) == RETAIL_PARK:
        return "retail park"
    if (row, column) in TOWN_CENTRES:
        return "town centre"
    return "commuter" if (row, column) in COMMUTER_AREAS else "residential"


def _surface(row: int, column: int) -> float:
    """Deprivation falls with the distance from the city and rises again in the north-west."""
    from_city = math.hypot(row - 3.5, column - 5.5)
    from_coalfield = math.hypot(row - 0.5, column - 1.0)
    return max(2.4 - 0.55 * from_city, 1.1 - 0.5 * from_coalfield, -0.8)


def _standardise(scores: list[float]) -> list[float]:
    mean, spread = statistics.fmean(scores), statistics.pstdev(scores)
    return [(score - mean) / spread for score in scores]


def _rank(score: float) -> int:
    """Rank in England; the county's mean lies near the 68th percentile of least deprived."""
    return _bounded(ENGLAND_LSOAS * (0.68 - 0.24 * score))


def _bounded(rank: float) -> int:
    return min(max(round(rank), 150), ENGLAND_LSOAS - 20)


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
    named = {"retail park": RETAIL_PLACES, "town centre": TOWN_PLACES}.get(character, ())
    places = [*named, *rng.sample(STREETS, 7 - len(named))]
    return tuple(
        Point(
            longitude=round(WEST + (column + rng.uniform(0.25, 0.75)) * CELL_LONGITUDE, 6),
            latitude=round(NORTH - (row + rng.uniform(0.25, 0.75)) * CELL_LATITUDE, 6),
            location=f"On or near {place}",
        )
        for place in places
    )
