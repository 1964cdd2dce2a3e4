"""Areas and what is known of them, from the reference files: parts, names, residents, neighbours.

An area is a set of units. A unit is the finest an event can be placed: an LSOA's code, or a
district's code for what is known of the district alone.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import yaml

from tests.end_to_end.recomputed.extracts import lines

Area = tuple[str, str]  # type and code
JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What a home's csp.yml says of places."""

    partnership: str
    focus: list[str]
    county: str
    county_name: str
    districts: list[str]
    similar: list[str]

    @classmethod
    def of(cls, home: Path) -> "Settings":
        said = yaml.safe_load((home / "csp.yml").read_text(encoding="utf-8"))
        county = said["county"]
        return cls(
            said["partnership"],
            said["focus_areas"],
            county["code"],
            county["name"],
            county["districts"],
            said["most_similar_group"],
        )


@dataclass
class Places:
    """The home's areas."""

    settings: Settings
    district_of: dict[str, str]  # by LSOA
    district_names: dict[str, str]
    names: dict[Area, str]
    local_names: dict[str, str]
    sole_district: dict[str, str]  # by code of a community safety partnership of one
    force_area: dict[str, str]  # police force area by district
    force_codes: dict[str, str]  # area code by force's name: of its area, else the name
    residents: dict[Area, dict[int, int]]
    youths: dict[tuple[Area, str], dict[int, int]]  # aged 10 to 17, by area and ethnic group
    deprivation: dict[str, dict[str, tuple[int, int]]]  # rank and decile, by edition and LSOA
    classes: dict[str, list[tuple[str, str, str]]]  # version, code and name, by LSOA
    neighbours: dict[str, set[str]]
    parts: dict[Area, list[str]]  # the districts or LSOAs that an area is declared as
    below_district: set[str]  # types of area made of LSOAs
    boundaries: dict[str, JsonObject]  # GeoJSON of each LSOA
    published: set[tuple[Area, int]]  # of which areas and mid-years residents are published
    square_km: dict[tuple[Area, int], float]
    areas: dict[Area, frozenset[str]] = field(default_factory=dict)

    @property
    def county(self) -> Area:
        return "county", self.settings.county

    @property
    def partnership(self) -> Area:
        return next(area for area in self.parts if area[0] == "partnership")

    def made_of_districts(self) -> dict[Area, list[str]]:
        """Districts, and the areas that are sums of them."""
        return {area: own for area, own in self.parts.items() if area[0] not in self.below_district}

    def in_county(self, area: Area) -> bool:
        """Whether all of an area lies in the county."""
        own = self.parts.get(area) or [area[1]]
        return all(self.district_of.get(part, part) in self.settings.districts for part in own)

    def district_containing(self, area: Area) -> str | None:
        """The one district that an area lies in."""
        own = {self.district_of.get(part, part) for part in self.parts.get(area) or [area[1]]}
        return own.pop() if len(own) == 1 else None

    @property
    def lsoas(self) -> list[str]:
        """The county's LSOAs."""
        return sorted(
            lsoa for lsoa, code in self.district_of.items() if code in self.settings.districts
        )

    def population(self, area: Area, wanted: int) -> tuple[int, int] | None:
        """Year used and residents: that of the year, else the nearest earlier, else later."""
        return nearest(self.residents.get(area, {}), wanted)


def nearest(years: dict[int, int], wanted: int) -> tuple[int, int] | None:
    if not years:
        return None
    year = min(years, key=lambda each: (each > wanted, abs(each - wanted)))
    return year, years[year]


def _table(path: Path) -> Iterable[dict[str, str]]:
    rows = lines(path.read_bytes())
    header = next(rows)
    return (dict(zip(header, row, strict=False)) for row in rows if any(row))


def _files(home: Path, feed: str, ending: str = "") -> list[Path]:
    return sorted((home / "archive/reference" / feed).glob(f"*{ending}"))


def _whole(text: object) -> int:
    return int(float(str(text).replace(",", "").strip()))


def _sheet_rows(path: Path, first: str) -> Iterable[tuple[object, ...]]:
    """The rows of a workbook whose first cell begins so."""
    for sheet in openpyxl.load_workbook(path, read_only=True).worksheets:
        for row in sheet.iter_rows(values_only=True):
            if row and isinstance(row[0], str) and row[0].startswith(first):
                yield row


def _deprivation(home: Path) -> dict[str, dict[str, tuple[int, int]]]:
    editions: dict[str, dict[str, tuple[int, int]]] = {"2010": {}, "2019": {}}
    for path in _files(home, "deprivation", ".csv"):
        for row in _table(path):
            rank, decile = _whole(row["imd_rank"]), _whole(row["National decile2"])
            editions["2010"][row["LSOA11CD"]] = rank, decile
    for path in _files(home, "deprivation", ".xlsx"):
        for cells in _sheet_rows(path, "E01"):
            editions["2019"][str(cells[0])] = _whole(cells[4]), _whole(cells[5])
    return editions


def _boundaries(home: Path) -> dict[str, JsonObject]:
    found = {}
    for path in _files(home, "boundary", ".zip"):
        with zipfile.ZipFile(path) as members:
            for name in members.namelist():
                for feature in json.loads(members.read(name))["features"]:
                    codes = map(str, feature["properties"].values())
                    code = next(each for each in codes if each.startswith(("E01", "W01")))
                    found[code] = feature["geometry"]
    return found


def _neighbours(boundaries: dict[str, JsonObject]) -> dict[str, set[str]]:
    """Which LSOAs share a point of their boundaries (queen)."""
    at: dict[tuple[float, float], set[str]] = defaultdict(set)
    for code, geometry in boundaries.items():
        for point in _points(geometry["coordinates"]):
            at[point].add(code)
    found: dict[str, set[str]] = defaultdict(set)
    for codes in at.values():
        for code in codes:
            found[code] |= codes - {code}
    return found


def _points(parts: list[Any]) -> Iterable[tuple[float, float]]:
    if parts and isinstance(parts[0], (int, float)):
        yield round(float(parts[0]), 6), round(float(parts[1]), 6)
        return
    for part in parts:
        yield from _points(part)


def _declared(
    home: Path,
    settings: Settings,
    district_of: dict[str, str],
    districts: dict[str, str],
    partnerships: dict[str, list[str]],
) -> tuple[dict[Area, list[str]], dict[Area, str]]:
    """What areas are declared as, and the names of sets: of wards those of the county alone."""
    parts: dict[Area, list[str]] = {("district", code): [code] for code in districts}
    parts[settings_county(settings)] = settings.districts
    named = (code for code, held in partnerships.items() if set(held) == set(settings.focus))
    code = next(named, "P-" + "+".join(sorted(settings.focus)))
    parts["partnership", code] = settings.focus
    names: dict[Area, str] = {("partnership", code): settings.partnership}
    for path in _files(home, "area_set"):
        for row in _table(path):
            if "WD11CD" in row:
                if district_of.get(row["LSOA11CD"]) not in settings.districts:
                    continue
                area, name, part = ("ward", row["WD11CD"]), row["WD11NM"], row["LSOA11CD"]
            else:
                area, name = (row["area_set"], row["area_code"]), row["area_name"]
                part = row.get("lsoa_code") or row["district_code"]
            names[area] = name
            parts.setdefault(area, []).append(part)
    return parts, names


def read_places(home: Path) -> Places:
    """The areas of a home, from its settings and its archived reference files."""
    settings = Settings.of(home)
    district_of: dict[str, str] = {}
    names: dict[Area, str] = {settings_county(settings): settings.county_name}
    district_names: dict[str, str] = {}
    for path in _files(home, "lsoa_lookup"):
        for row in _table(path):
            code = row["F_LSOA11CD"] if "F_LSOA11CD" in row else row["LSOA11CD"]
            district_of.setdefault(code, row["LAD22CD"])  # the first of two
            names.setdefault(("lsoa", code), row["LSOA11NM"])
            district_names[row["LAD22CD"]] = row["LAD22NM"]
    names |= {("district", code): name for code, name in district_names.items()}
    force_area, area_names = {}, {}
    partnerships = defaultdict(list)
    for path in _files(home, "csp_lookup"):
        for row in _table(path):
            partnerships[row["CSP17CD"]].append(row["LAD17CD"])
            force_area[row["LAD17CD"]] = row["PFA17CD"]
            area_names[row["PFA17NM"]] = row["PFA17CD"]
    seeds = Path(__file__).parents[3] / "seeds"
    force_codes = {}
    for row in _table(seeds / "police_force.csv"):
        force = row["force_name"]
        force_codes[force] = area_names.get(row["police_force_area_name"], force)
    residents: dict[Area, dict[int, int]] = defaultdict(dict)
    for path in _files(home, "district_population"):
        for row in _table(path):
            for column, cell in row.items():
                if column.startswith("population_") and row["ladcode20"] in district_names:
                    year = int(column.removeprefix("population_"))
                    residents["district", row["ladcode20"]][year] = _whole(cell)
    square_km = {}
    for path in _files(home, "lsoa_population"):
        year = int(next(word for word in path.name.split("-") if word.isdigit() and len(word) == 4))
        for cells in _sheet_rows(path, "E01"):
            lsoa = "lsoa", str(cells[0])
            residents[lsoa][year] = _whole(cells[2])
            square_km[lsoa, year] = float(str(cells[3]))
    published = {(area, year) for area, years in residents.items() for year in years}
    parts, set_names = _declared(home, settings, district_of, district_names, partnerships)
    below = {kind for (kind, _), own in parts.items() if own[0] in district_of} | {"lsoa"}
    groups = {area: own for area, own in parts.items() if area[0] != "district"}
    for area in set(force_area.values()):
        groups["force", area] = [code for code in district_names if force_area.get(code) == area]
    for area_key, own in groups.items():
        known = [residents["lsoa" if part in district_of else "district", part] for part in own]
        for year in set.intersection(*(set(years) for years in known)) if known else ():
            residents[area_key][year] = sum(years[year] for years in known)
    youths: dict[tuple[Area, str], dict[int, int]] = defaultdict(dict)
    for path in _files(home, "youth_population"):
        for row in _table(path):
            kind = "county" if row["area_code"] == settings.county else "district"
            youth_key = (kind, row["area_code"]), row["ethnic_group"]
            youths[youth_key][int(row["mid_year"])] = _whole(row["population_10_17"])
    for area_key, own in parts.items():
        for group in {group for _, group in youths}:
            of_parts = [youths.get((("district", part), group), {}) for part in own]
            if area_key[0] not in below | {"district", "county"}:
                for year in set.intersection(*map(set, of_parts)):
                    youths[area_key, group][year] = sum(years[year] for years in of_parts)
    classes = defaultdict(list)
    for path in _files(home, "output_area_class"):
        for row in _table(path):
            named = row["class_version"], row["class_code"], row["class_name"]
            classes[row["lsoa_code"]].append(named)
    local_names = {
        row["lsoa_code"]: row["local_name"]
        for path in _files(home, "area_name")
        for row in _table(path)
    }
    boundaries = _boundaries(home)
    places = Places(
        settings,
        district_of,
        district_names,
        names | set_names,
        local_names,
        {code: own[0] for code, own in partnerships.items() if len(own) == 1},
        force_area,
        force_codes,
        residents,
        youths,
        _deprivation(home),
        classes,
        _neighbours(boundaries),
        parts,
        below,
        boundaries,
        published,
        square_km,
    )
    inside: dict[str, set[str]] = defaultdict(set)
    for lsoa, district in district_of.items():
        inside[district] |= {lsoa, district}
    places.areas |= {("lsoa", lsoa): frozenset({lsoa}) for lsoa in places.lsoas}
    for area_key, own in parts.items():
        places.areas[area_key] = frozenset().union(*(inside.get(part, {part}) for part in own))
    return places


def settings_county(settings: Settings) -> Area:
    return "county", settings.county
