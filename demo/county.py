"""A county of the demo: what is particular to it, read from its folder under `counties/`.

`county.yml` says who and where it is, and the counts that no rule gives; `district.csv` has its
districts, with levels against the pattern's; `named_area.csv` the areas that people have a name
for; `fixed.csv` counts of areas that a published document states; `targets.csv` and
`assessment_figures.csv` are sent as they are, where the county has them.

The pattern is a district of PATTERN_RESIDENTS residents, whose counts by year stand beside the kind
of event they are of (`crime_class.csv`, `incidents`, `fires`, `council`). They are those that
Blaby's assessment of 2010/11 states or implies: a county may have one lead district, whose counts
they are. The others have as many for their residents, times their level and the county's drift.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from demo.calendar_days import LAST_YEAR
from demo.formats import table

FOLDER = "counties"
FIRST = "leicestershire"
PATTERN_RESIDENTS = 93_935
"""The residents of the district whose counts the pattern is: Blaby's in mid-2010."""
DAMPING = 0.85
"""The part of the pattern's course that a district follows."""

Cell = tuple[int, int]
"""Row and column of the map."""
YearCounts = dict[int, int]
Percents = dict[str, float]
"""By question of the survey."""


class District(NamedTuple):
    """A row of district.csv.

    `sparse` multiplies the size of its areas; `countryside` and `mixed` are the parts of its areas
    that are of these classes; no area has a rank of deprivation before `least_rank`. `levels` are
    multiples of the pattern's rates but for `hate` and `youth`, which are parts of the county's
    total; a district outside the county has none, nor has the lead district.
    """

    mark: str
    code: str
    name: str
    partnership: str
    force: str
    in_county: bool
    residents: int
    least_rank: int
    sparse: float
    countryside: float
    mixed: float
    levels: Mapping[str, float]


class NamedArea(NamedTuple):
    """An area that people have a name for.

    Inner areas are terraces and flats beside the shops; vehicle crime is drawn towards the commuter
    ones (fast roads out, cars left all day). `more_deprived` is what the surface of deprivation
    does not know of it, in standard scores; `residents` is None where they are drawn.
    """

    name: str
    character: str
    more_deprived: float = 0.0
    residents: int | None = None


NOT_LEVELS = {
    "mark", "code", "name", "partnership", "force", "in_county", "residents", "least_rank",
    "sparse", "countryside", "mixed",
}  # fmt: skip


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Peak(_Section):
    """A place from which deprivation falls with the distance, in cells, at `slope` a cell."""

    height: float
    slope: float
    row: float
    column: float


class Deprivation(_Section):
    """Its surface, never below `floor`; `mean` and `spread` put scores on England's ranks."""

    floor: float
    mean: float
    spread: float
    peaks: list[Peak]


class Map(_Section):
    """A letter is one LSOA of the district of that mark; north is up.

    Its corner in the north-west and the size of a cell are in degrees.
    """

    west: float
    north: float
    longitude: float
    latitude: float
    rows: list[str]


class AreaSet(_Section):
    """An area of its own made of districts."""

    file: str
    area_set: str
    code: str
    name: str
    districts: list[str]


class Force(_Section):
    """A police force: as its street files name it, what its files are called, its own area."""

    name: str
    file: str
    area: str
    code: str


class Hate(_Section):
    """Reports of the county by year; the police's of the lead district, offences by group."""

    reports: YearCounts
    lead_offences: dict[int, tuple[int, int, int]] = {}
    lead_incidents: YearCounts = {}


class Marac(_Section):
    """Cases of a year, repeats among them, cases that the police referred."""

    cases: dict[int, tuple[int, int, int]]


class Offenders(_Section):
    """Counts of a group of offenders; the needs in the order of `probation.NEEDS`."""

    offenders: int
    tiers: tuple[int, int, int, int]
    needs: tuple[int, int, int, int, int, int, int, int]
    risky: int
    reoffended_risky: int
    reoffended_others: int


class Probation(_Section):
    """Offenders of the lead district and of the rest by year, and how the rest are shared out."""

    lead: dict[int, Offenders] = {}
    rest: dict[int, Offenders]
    shares: dict[str, int]


class YouthYear(_Section):
    """The county's counts of a year."""

    disposals: int
    first_entrants: int
    lead_first_entrants: int = 0
    convictions: int
    custody: int


class Youth(_Section):
    """Disposals, and residents aged 10 to 17, by ethnic group.

    `levels` are how many times the county's part of a group a district has.
    """

    years: dict[int, YouthYear]
    disposals: dict[str, int]
    residents: dict[str, int]
    levels: dict[str, dict[str, float]]
    lead_share: int = 0


class Survey(_Section):
    """Percentages of 2010/11 by question; `falls` is by how many points they fell since 2008.

    `districts` has those of a question by the district's code; `higher_counties` is how many of the
    other counties lie above this one.
    """

    districts: dict[str, dict[str, float]]
    county: Percents
    falls: Percents
    region: str
    region_name: str
    region_percent: Percents
    higher_counties: int


class Facts(_Section):
    """What county.yml says. Codes are those of the ONS; a name of an area is one of the map's."""

    name: str
    code: str
    seed: int
    partnership: str
    focus_areas: list[str]
    partners: list[str] = []
    priorities: list[str] = []
    most_similar_group: list[str]
    lead: str | None = None
    office: str
    forces: list[Force]
    lsoa_prefix: str
    map: Map
    deprivation: Deprivation
    main_road: str
    split_area: str
    merged_areas: tuple[str, str]
    moved_to: str
    incident_of_no_crime_in: str
    over_the_border_in: str
    neighbourhoods: list[str]
    area_sets: list[AreaSet]
    successors: list[tuple[str, str, str]]
    yearly_growth: float
    lead_residents: list[int] = []
    drift: dict[str, float] = {}
    variation: float = 0.0
    hate: Hate
    marac: Marac
    probation: Probation
    youth: Youth
    survey: Survey
    benchmark_forces: dict[str, tuple[str, float]]


def of_year(pattern: Sequence[int], year: int) -> int:
    """The count of a financial year in a pattern, which ends with the last."""
    return pattern[year - LAST_YEAR - 1]


@dataclass(frozen=True, eq=False)
class County:
    """A county's facts and tables. `fixed` has counts by (feed, kind) and name of the area."""

    key: str
    facts: Facts
    rows: tuple[District, ...]
    named_areas: Mapping[Cell, NamedArea]
    fixed: Mapping[tuple[str, str], Mapping[str, Sequence[int | None]]]

    @property
    def seed(self) -> int:
        """What every draw begins from."""
        return self.facts.seed

    @property
    def lead(self) -> str | None:
        """The district whose counts are the pattern's own."""
        return self.facts.lead

    @property
    def focus(self) -> str:
        """The first of the partnership's districts, in which most of what goes wrong happens."""
        return self.facts.focus_areas[0]

    @property
    def office(self) -> str:
        """The district whose code stands where a clerk wrote their own office's."""
        return self.facts.office

    @cached_property
    def by_code(self) -> dict[str, District]:
        """The districts by code."""
        return {row.code: row for row in self.rows}

    @cached_property
    def by_mark(self) -> dict[str, District]:
        """The districts by their letter on the map."""
        return {row.mark: row for row in self.rows}

    @cached_property
    def districts(self) -> tuple[str, ...]:
        """Codes of the county's districts."""
        return tuple(row.code for row in self.rows if row.in_county)

    @cached_property
    def outside(self) -> tuple[str, ...]:
        """Codes of the neighbours, which lie outside the county."""
        return tuple(row.code for row in self.rows if not row.in_county)

    @cached_property
    def residents(self) -> dict[str, int]:
        """Residents in mid-2010 by district."""
        return {row.code: row.residents for row in self.rows}

    def levels(self, column: str) -> dict[str, float]:
        """A level by district, of those that have one."""
        return {row.code: row.levels[column] for row in self.rows if column in row.levels}

    def size(self, district: str) -> float:
        """How many times the pattern's residents a district has."""
        return self.residents[district] / PATTERN_RESIDENTS

    def course(self, pattern: Sequence[int], level: str, district: str, year: int) -> float:
        """A year's multiple of 2010/11: the pattern's course, damped; drift; variation of the year.

        The variation is a log-normal factor of the district, year and pattern.
        """
        course = 1 + DAMPING * (of_year(pattern, year) / pattern[-1] - 1)
        drift = self.facts.drift.get(level, 0.0)
        own = random.Random(f"{self.seed} {district} {year} {level} {pattern}")
        return (
            course * (1 + drift) ** (year - LAST_YEAR)
            * own.lognormvariate(0.0, self.facts.variation)
        )  # fmt: skip

    def own(self, name: str) -> bytes | None:
        """A file of the county's folder that is sent as it is, if it has one of the name."""
        path = resources.files("demo").joinpath(FOLDER, self.key, name)
        return path.read_bytes() if path.is_file() else None


def names() -> list[str]:
    """The counties that there are, the first first."""
    folders = resources.files("demo").joinpath(FOLDER).iterdir()
    return sorted(
        (each.name for each in folders if each.joinpath("county.yml").is_file()),
        key=lambda name: (name != FIRST, name),
    )


@cache
def load(key: str = FIRST) -> County:
    """The county of a folder's name; FileNotFoundError if there is none."""
    text = resources.files("demo").joinpath(FOLDER, key, "county.yml").read_text(encoding="utf-8")
    return County(
        key=key,
        facts=Facts.model_validate(yaml.safe_load(text)),
        rows=tuple(_district(row) for row in table(f"{FOLDER}/{key}/district")),
        named_areas={
            (int(row["row"]), int(row["column"])): NamedArea(
                row["name"],
                row["character"],
                float(row["more_deprived"]),
                int(row["residents"]) if row["residents"] else None,
            )
            for row in table(f"{FOLDER}/{key}/named_area")
        },
        fixed=_fixed(table(f"{FOLDER}/{key}/fixed")),
    )


def _district(row: Mapping[str, str]) -> District:
    return District(
        mark=row["mark"],
        code=row["code"],
        name=row["name"],
        partnership=row["partnership"],
        force=row["force"],
        in_county=row["in_county"] == "yes",
        residents=int(row["residents"]),
        least_rank=int(row["least_rank"]),
        sparse=float(row["sparse"]),
        countryside=float(row["countryside"]),
        mixed=float(row["mixed"]),
        levels={name: float(cell) for name, cell in row.items() if name not in NOT_LEVELS and cell},
    )


def _fixed(
    rows: Sequence[Mapping[str, str]],
) -> dict[tuple[str, str], dict[str, list[int | None]]]:
    found: dict[tuple[str, str], dict[str, list[int | None]]] = {}
    for row in rows:
        years = [int(row[str(year)]) if row[str(year)] else None for year in range(2006, 2011)]
        found.setdefault((row["feed"], row["kind"]), {})[row["place"]] = years
    return found
