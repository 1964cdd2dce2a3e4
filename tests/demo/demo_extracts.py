"""The demo's extracts as tables, read from the files alone by the rules that `feeds.md` states.

Written apart from the project's own reader and SQL: csv, dictionaries and pandas. The files are
generated once for all tests.
"""

import csv
import io
import re
from datetime import date
from functools import cache

import openpyxl
import pandas as pd

from demo.write import demo_files
from warehouse.contract import load_contract

Row = dict[str, str]
NOT_STATED = ["not known", "n/k", "unknown", "not stated", "refused", "u", "-"]
BLABY, COUNTY, FORCE = "E07000129", "E10000018", "E23000021"
COUNTY_DISTRICTS = [f"E070001{number}" for number in range(29, 36)]
YEARS = ["2006/07", "2007/08", "2008/09", "2009/10", "2010/11"]
THIS_YEAR, LAST_YEAR = "2010/11", "2009/10"


@cache
def files() -> dict[str, bytes]:
    """Every extract by its path below `landing/`."""
    return demo_files()


def names(feed: str) -> list[str]:
    """The feed's files, in the order in which they were landed."""
    return [name for name in files() if name.startswith(f"{feed}/")]


def text(name: str) -> str:
    """A file's text: UTF-8 if it is, else Windows-1252; no byte-order mark."""
    content = files()[name]
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("windows-1252")


def records(name: str) -> tuple[list[str], list[list[str]]]:
    """Header and records of a CSV file; blank lines at the end are none."""
    header, *rows = csv.reader(io.StringIO(text(name), newline=""))
    return header, [row for row in rows if row]


def good_rows(name: str) -> pd.DataFrame | None:
    """A file's rows but for the rejected ones; None of a file with a column nobody knows."""
    contract = load_contract("/".join(name.split("/")[:2]))
    header, rows = records(name)
    if set(header) - set(contract.raw_columns):
        return None
    table = pd.DataFrame([row for row in rows if len(row) == len(header)], columns=header)
    for column in contract.columns:
        if column.required:
            table = table[_readable(table[column.name], column.type, column.values)]
    key = contract.update.key if contract.update.rule == "upsert" else contract.update.row
    return table.drop_duplicates([*key], keep="first")


def _readable(cells: pd.Series, kind: str, values: tuple[str, ...] | None) -> pd.Series:
    stated = (cells.str.strip() != "") & ~cells.str.casefold().isin(NOT_STATED)
    if kind in ("date", "datetime"):
        days = cells.str[:10]
        # the demo's periods end before it was written, so that no day of theirs is to come
        good = {day for day in days.unique() if (iso(day) or "2026") < "2026"}
        return stated & days.isin(good)
    if kind == "boolean_yn":
        return stated & cells.isin(["Y", "N"])
    if values:
        return stated & cells.str.casefold().isin([value.casefold() for value in values])
    return stated


@cache
def iso(day: str) -> str | None:
    """A day as ISO text; None if it is none."""
    if re.fullmatch(r"\d\d[/-]\d\d[/-]\d{4}", day):
        day = f"{day[6:]}-{day[3:5]}-{day[:2]}"
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    return day


@cache
def in_force(feed: str) -> pd.DataFrame:
    """The rows in force of an upsert feed: of each key the latest file's."""
    contract = load_contract(feed)
    received = [rows for name in names(feed) if (rows := good_rows(name)) is not None]
    table = pd.concat(received, ignore_index=True)
    table = table.drop_duplicates([*contract.update.key], keep="last").copy()
    if contract.update.date:
        days = table[contract.update.date].str[:10]
        table["day"] = days.map({day: iso(day) for day in days.unique()})
        table["year"] = table["day"].map({d: financial_year(d) for d in table["day"].unique()})
    return table


def financial_year(day: str) -> str:
    """`2010/11` of a day from April 2010 to March 2011."""
    start = int(day[:4]) - (day[5:7] < "04")
    return f"{start}/{(start + 1) % 100:02d}"


@cache
def areas() -> pd.DataFrame:
    """LSOAs by code: district, residents of mid-2010, local name, class and deprivation."""
    lookup = pd.DataFrame(good_reference("reference/lsoa_lookup"))
    table = lookup.drop_duplicates("F_LSOA11CD").set_index("F_LSOA11CD")
    table = table[["LSOA11NM", "LAD22CD", "LAD22NM"]]
    table.columns = pd.Index(["name", "district", "district_name"])
    [workbook] = names("reference/lsoa_population")
    book = openpyxl.load_workbook(io.BytesIO(files()[workbook]), read_only=True)
    sheet = list(book[book.sheetnames[1]].iter_rows(values_only=True))[5:]
    table["population"] = pd.Series({row[0]: row[2] for row in sheet})
    local = pd.DataFrame(good_reference("reference/area_name")).set_index("lsoa_code")
    table["local_name"] = local["local_name"]
    classes = pd.DataFrame(good_reference("reference/output_area_class")).set_index("lsoa_code")
    table["class_name"] = classes["class_name"]
    deprived = pd.DataFrame(good_reference("reference/deprivation")).set_index("LSOA11CD")
    table["rank_2010"] = deprived["imd_rank"].astype(int)
    # fifths within the county, 1 the most deprived
    county = table[table["district"].isin(COUNTY_DISTRICTS)]
    table["county_fifth"] = pd.qcut(county["rank_2010"], 5, labels=False) + 1
    return table


def good_reference(feed: str) -> list[Row]:
    """The rows of a reference feed's CSV file."""
    name = next(name for name in names(feed) if name.endswith(".csv"))
    header, rows = records(name)
    return [dict(zip(header, row, strict=True)) for row in rows]


@cache
def population() -> pd.DataFrame:
    """Residents of districts (rows) by mid-year (columns)."""
    table = pd.DataFrame(good_reference("reference/district_population")).set_index("ladcode20")
    columns = [column for column in table.columns if column.startswith("population_")]
    table = table[columns].astype(int)
    table.columns = pd.Index([int(column[-4:]) for column in columns])
    return table


def code_of(local_name: str) -> str:
    """The LSOA that people call so."""
    [code] = areas().index[areas()["local_name"] == local_name]
    return str(code)


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with `lsoa` and `district`: by the LSOA, else by the district code."""
    table = table.copy()
    known = table["lsoa_code"].isin(areas().index)
    table["lsoa"] = table["lsoa_code"].where(known)
    table["district"] = table["lsoa"].map(areas()["district"])
    if "district_code" in table:
        table["district"] = table["district"].fillna(table["district_code"])
    return table


CLASSES = {
    "serious": ("1", "2", "4.1", "5A", "8F", "8H"),
    "less serious": ("8G", "8J"),
    "without injury": ("105A", "105B", "104"),
    "other violence": ("3B", "8L", "8M", "11"),
    "sexual": ("17A", "17B", "20A", "20B"),
    "robbery": ("34A", "34B"),
    "domestic burglary": ("28A", "28B", "28C", "29"),
    "commercial burglary": ("30A", "30B", "31"),
    "theft from vehicle": ("45",),
    "theft of vehicle": ("48", "37.2"),
    "shoplifting": ("46",),
    "other theft": ("39", "40", "41", "44", "49", "54"),
    "interference": ("126",),
    "damage": ("58A", "58B", "58C", "58D"),
    "arson": ("56",),
    "drugs": ("92A", "92D", "92E"),
    "public order": ("9A", "9B", "66"),
    "fraud": ("53C", "61"),
    "other": ("80", "95"),
}
VIOLENCE = ("serious", "less serious", "without injury", "other violence")
SERIOUS_ACQUISITIVE = ("domestic burglary", "robbery", "theft from vehicle", "theft of vehicle")
OTHER_ACQUISITIVE = ("commercial burglary", "shoplifting", "other theft")
CLASS_OF = {code: name for name, codes in CLASSES.items() for code in codes}


def normal_code(code: str) -> str:
    """An offence code without its spelling: `037/02` and `37.2` are one."""
    parts = re.sub(r"\s", "", code).upper().replace("/", ".").split(".")
    return ".".join(part.lstrip("0") for part in parts)


@cache
def crimes() -> pd.DataFrame:
    """Recorded crimes that stand, with class, place and year."""
    table = in_force("police/recorded_crime")
    table = placed(table[table["cancelled_date"] == ""])
    codes = table["offence_code"]
    table["class"] = codes.map({code: CLASS_OF[normal_code(code)] for code in codes.unique()})
    for flag in ("alcohol", "drug", "domestic", "hate"):
        table[flag] = table[f"{flag}_flag"] == "Y"
    table["violence"] = table["class"].isin(VIOLENCE)
    return table


@cache
def incidents() -> pd.DataFrame:
    """Police incidents with place and year; categories in lower case."""
    table = placed(in_force("police/incident"))
    table["category"] = table["category"].str.lower()
    return table
