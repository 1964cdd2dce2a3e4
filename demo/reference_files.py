"""The demo's reference files about places and people, in the formats of their publishers.

Lookups, populations, deprivation, boundaries and local names of the invented LSOAs. The publishers'
habits are kept (byte-order marks, preambles, cover sheets, a column for each component of change);
the figures are invented, but for the mid-year populations of the first county's lead district,
which are those the ONS published. They agree with each other as the real ones do: a district's
mid-2010 population is the sum of its LSOAs'.
"""

import json
import random
from collections.abc import Mapping, Sequence

from demo.county import AreaSet, County
from demo.formats import Cell, csv_bytes, xlsx_bytes, zip_bytes
from demo.offences import CLASSES, FRAUD, OTHER
from demo.places import ENGLAND_LSOAS, OUTPUT_AREA_CLASSES, SmallArea
from demo.youth import youth_population

LSOA_POPULATION_YEAR = 2010
FIRST_POPULATION, LAST_POPULATION = 2001, 2011


def reference_files(county: County, areas: Sequence[SmallArea]) -> dict[str, bytes]:
    """The files of `landing/reference/`, by `<feed>/<file name>`."""
    return {
        "lsoa_lookup/LSOA11_LSOA21_LAD22.csv": lsoa_lookup(county, areas),
        "csp_lookup/LAD_CSP_PFA_2017-01.csv": csp_lookup(county, areas),
        "district_population/MYEB3_LAD_2001-2011.csv": district_population(county, areas),
        "lsoa_population/SAPE13DT11-mid-2010-lsoa-population-density.xlsx": lsoa_population(areas),
        "deprivation/imd2010_on_lsoa2011.csv": deprivation_2010(areas),
        "deprivation/File_1_-_IMD2019_Index_of_Multiple_Deprivation.xlsx": deprivation_2019(areas),
        "boundary/lsoa11.zip": boundaries(areas),
        "area_name/area_names.csv": area_names(areas),
        "output_area_class/output_area_class_2001.csv": output_area_classes(areas),
        "youth_population/youth_population_2006_to_2010.csv": youth_population(county),
        "successor/successors.csv": successors(county),
        "harm_weight/invented_weights.csv": harm_weights(),
        "area_set/LSOA11_WD11_LAD11.csv": wards(county, areas),
        "area_set/neighbourhoods.csv": neighbourhoods(county, areas),
        **{f"area_set/{own.file}": own_area_set(own, areas) for own in county.facts.area_sets},
    }


def lsoa_lookup(county: County, areas: Sequence[SmallArea]) -> bytes:
    """LSOA 2011 to LSOA 2021 to district; one area is split in 2021 and two are merged."""
    header = (
        "F_LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM", "CHGIND", "LAD22CD", "LAD22NM",
        "LAD22NMW", "ObjectId",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for area in areas:
        for code, name, change in _in_2021(county, area):
            rows.append(
                (area.code, area.name, code, name, change, area.district_code, area.district_name,
                 "", len(rows) + 1)
            )  # fmt: skip
    return csv_bytes([header, *rows], byte_order_mark=True)


def _in_2021(county: County, area: SmallArea) -> list[tuple[str, str, str]]:
    """(code, name, change indicator) of the areas of 2021 that an area of 2011 became."""
    facts = county.facts
    place = area.name[:-1]
    if area.name == facts.split_area:
        return [
            (f"{facts.lsoa_prefix}{number}", f"{place}{letter}", "S")
            for number, letter in ((501, "F"), (502, "G"))
        ]
    if area.name in facts.merged_areas:
        return [(f"{facts.lsoa_prefix}503", f"{place}F", "M")]
    return [(area.code, area.name, "U")]


def districts(areas: Sequence[SmallArea]) -> dict[str, str]:
    """District names by code, in the order of the code."""
    return dict(sorted({area.district_code: area.district_name for area in areas}.items()))


def csp_lookup(county: County, areas: Sequence[SmallArea]) -> bytes:
    """District to Community Safety Partnership to police force area."""
    header = ("LAD17CD", "LAD17NM", "CSP17CD", "CSP17NM", "PFA17CD", "PFA17NM", "FID")
    rows = []
    for number, (code, name) in enumerate(districts(areas).items(), start=1):
        row = county.by_code[code]
        force_code = force_areas(county)[row.force]
        rows.append((code, name, row.partnership, name, force_code, row.force, number))
    return csv_bytes([header, *rows], byte_order_mark=True)


def force_areas(county: County) -> dict[str, str]:
    """Codes of the police force areas of the county and its neighbours, by name."""
    return {force.area: force.code for force in county.facts.forces}


def population_by_year(
    county: County, areas: Sequence[SmallArea], district_code: str
) -> dict[int, int]:
    """A district's mid-year residents; mid-2010 is the sum of its LSOAs'."""
    years = range(FIRST_POPULATION, LAST_POPULATION + 1)
    anchor = sum(area.population for area in areas if area.district_code == district_code)
    if district_code == county.lead and anchor == county.residents[district_code]:
        return dict(zip(years, county.facts.lead_residents, strict=True))
    growth = 1 + county.facts.yearly_growth
    return {year: round(anchor * growth ** (year - LSOA_POPULATION_YEAR)) for year in years}


COMPONENTS = (
    "births", "deaths", "natchange", "internal_in", "internal_out", "internal_net",
    "international_in", "international_out", "international_net", "other_change",
)  # fmt: skip


def district_population(county: County, areas: Sequence[SmallArea]) -> bytes:
    """MYEB3: one row per district, for each year the components of change and the population."""
    rng = random.Random(county.seed + 2)
    header = ["ladcode20", "laname20", "country", f"population_{FIRST_POPULATION}"]
    for year in range(FIRST_POPULATION + 1, LAST_POPULATION + 1):
        header += [f"{name}_{year}" for name in (*COMPONENTS, "population")]
    rows = []
    for code, name in districts(areas).items():
        population = population_by_year(county, areas, code)
        row: list[Cell] = [code, name, "E", population[FIRST_POPULATION]]
        for year in range(FIRST_POPULATION + 1, LAST_POPULATION + 1):
            growth = population[year] - population[year - 1]
            row += [*_components(rng, population[year], growth), population[year]]
        rows.append(row)
    return csv_bytes([header, *rows])


def _components(rng: random.Random, population: int, growth: int) -> list[int]:
    """Births, deaths and moves that add up to the year's growth."""
    births, deaths = round(population * 0.0105), round(population * 0.0095)
    internal_out, abroad_in = round(population * 0.055), round(population * 0.004)
    abroad_out, other = round(population * 0.003), rng.randrange(-40, 41)
    internal_net = growth - (births - deaths) - (abroad_in - abroad_out) - other
    return [
        births, deaths, births - deaths, internal_out + internal_net, internal_out, internal_net,
        abroad_in, abroad_out, abroad_in - abroad_out, other,
    ]  # fmt: skip


def lsoa_population(areas: Sequence[SmallArea]) -> bytes:
    """SAPE population density workbook: a cover sheet, then a table under a title."""
    table = f"Mid-{LSOA_POPULATION_YEAR} Population Density"
    title = (
        f"Table SAPE13DT11: {table} for Lower Layer Super Output Areas in England and Wales"
        " - National Statistics"
    )
    cover: list[tuple[Cell, ...]] = [(None,), (None, "Contents", None, title)]
    sheet: list[tuple[Cell, ...]] = [
        ("Contents",),
        (None,),
        (title,),
        (None,),
        ("Code", "Name", f"Mid-{LSOA_POPULATION_YEAR} population", "Area Sq Km",
         "People per Sq Km"),
    ]  # fmt: skip
    sheet += [
        (a.code, a.name, a.population, a.area_sq_km, a.population / a.area_sq_km) for a in areas
    ]
    return xlsx_bytes({"Contents": cover, table: sheet})


def deprivation_2010(areas: Sequence[SmallArea]) -> bytes:
    """IMD 2010 on the LSOAs of 2011; quintile and decile are national, 1 the most deprived."""
    header = (
        "LSOA11CD", "LSOA11NM", "IMD 2010 adjusted", "National quintile1", "National decile2",
        "imd_rank",
    )  # fmt: skip
    rows = [
        (a.code, a.name, f"{_score(a.rank_2010):.2f}", _part(a.rank_2010, 5),
         _part(a.rank_2010, 10), a.rank_2010)
        for a in areas
    ]  # fmt: skip
    return csv_bytes([header, *rows])


def deprivation_2019(areas: Sequence[SmallArea]) -> bytes:
    """IMD 2019, File 1: an empty sheet of notes, then rank and decile."""
    header = (
        "LSOA code (2011)", "LSOA name (2011)", "Local Authority District code (2019)",
        "Local Authority District name (2019)", "Index of Multiple Deprivation (IMD) Rank",
        "Index of Multiple Deprivation (IMD) Decile",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (a.code, a.name, a.district_code, a.district_name, a.rank_2019, _part(a.rank_2019, 10))
        for a in areas
    ]
    return xlsx_bytes({"Notes": [], "IMD2019": [header, *rows]})


def _part(rank: int, parts: int) -> int:
    """The national quintile or decile of a rank."""
    return (rank - 1) * parts // ENGLAND_LSOAS + 1


def _score(rank: int) -> float:
    """A score that falls with the rank as the published ones do, from about 80 to about 1."""
    return float(80 * (1 - rank / (ENGLAND_LSOAS + 1)) ** 1.7 + 0.5)


def boundaries(areas: Sequence[SmallArea]) -> bytes:
    """A zip with one GeoJSON file of LSOA polygons for each district."""
    members = {}
    for code in districts(areas):
        features = [
            _feature(number, area)
            for number, area in enumerate(areas, start=1)
            if area.district_code == code
        ]
        collection = {
            "type": "FeatureCollection",
            "name": code,
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
            "features": features,
        }
        members[f"lsoa11/{code}.geojson"] = (json.dumps(collection, indent=1) + "\n").encode()
    return zip_bytes(members)


def _feature(number: int, area: SmallArea) -> Mapping[str, object]:
    outline = area.ring[:-1]
    return {
        "type": "Feature",
        "properties": {
            "FID": number,
            "LSOA11CD": area.code,
            "LSOA11NM": area.name,
            "LSOA11NMW": area.name,
            "LONG": round(sum(x for x, _ in outline) / len(outline), 5),
            "LAT": round(sum(y for _, y in outline) / len(outline), 5),
            "LADCD_ACTIVE": area.district_code,
        },
        "geometry": {"type": "Polygon", "coordinates": [[list(point) for point in area.ring]]},
    }


def area_names(areas: Sequence[SmallArea]) -> bytes:
    """The names people use."""
    rows = [(area.code, area.local_name) for area in areas if area.local_name]
    return csv_bytes([("lsoa_code", "local_name"), *rows])


def successors(county: County) -> bytes:
    """Districts of the neighbourhood that took another's place, as a partnership may list them."""
    return csv_bytes([("old_code", "new_code", "since"), *county.facts.successors])


def wards(county: County, areas: Sequence[SmallArea]) -> bytes:
    """The ONS lookup of LSOAs to wards: about five neighbours each, named by their number."""
    header = ("FID", "LSOA11CD", "LSOA11NM", "WD11CD", "WD11NM", "LAD11CD", "LAD11NM")
    codes: dict[str, str] = {}
    rows = []
    for number, area in enumerate(areas, start=1):
        ward = f"{area.name[:-1]} ward"
        code = codes.setdefault(ward, f"E05{county.facts.lsoa_prefix[3:]}{len(codes) + 1:03d}")
        rows.append(
            (number, area.code, area.name, code, ward, area.district_code, area.district_name)
        )
    return csv_bytes([header, *rows], byte_order_mark=True)


def neighbourhoods(county: County, areas: Sequence[SmallArea]) -> bytes:
    """Areas that people speak of, by what the names of their LSOAs begin with."""
    rows = [
        ("neighbourhood", name.lower().replace(" ", "-"), name, area.code)
        for name in county.facts.neighbourhoods
        for area in areas
        if area.local_name and area.local_name.startswith(name)
    ]
    return csv_bytes([("area_set", "area_code", "area_name", "lsoa_code"), *rows])


def own_area_set(own: AreaSet, areas: Sequence[SmallArea]) -> bytes:
    """An area that documents report of, made of districts."""
    rows = [
        (own.area_set, own.code, own.name, code)
        for code in districts(areas)
        if code in own.districts
    ]
    return csv_bytes([("area_set", "area_code", "area_name", "district_code"), *rows])


WEIGHTS_SOURCE, WEIGHTS_VERSION = "Invented for the demonstration", "1"
NOT_WEIGHED = (FRAUD, OTHER)
"""Classes whose codes have no weight: a published set has not every code either."""


def harm_weights() -> bytes:
    """Weights of harm by offence code: the rarer an offence is in the demo, the more it weighs."""
    header = ("offence_code", "weight", "version", "source")
    rows = [
        (code, f"{100 * (kind.rate * share / 100) ** -0.7:.1f}", WEIGHTS_VERSION, WEIGHTS_SOURCE)
        for name, kind in CLASSES.items()
        if name not in NOT_WEIGHED
        for code, _, share in kind.offences
    ]
    return csv_bytes([header, *rows])


def output_area_classes(areas: Sequence[SmallArea]) -> bytes:
    """The supergroup of the Output Area Classification of 2001 in which most residents live."""
    rows = [(a.code, "2001", a.area_class, OUTPUT_AREA_CLASSES[a.area_class]) for a in areas]
    return csv_bytes([("lsoa_code", "class_version", "class_code", "class_name"), *rows])
