"""Two publications side by side: rows, figures, and the files that moved them."""

from dataclasses import asdict
from datetime import date
from typing import Any

import duckdb
import pytest

from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.publication.comparison import Comparison, MovedFigure, compare
from warehouse.publication.manifest import Manifest, SourceFile, TableEntry, write_manifest

EARLIER, LATER = "20261101T020000Z", "20261102T020000Z"
VALUES = (
    "indicator_id varchar, indicator_version integer, area_type varchar, area_code varchar, "
    "area_name varchar, period_type varchar, period_start date, period_label varchar, "
    "numerator double, denominator double, value double, unit varchar, note varchar"
)
SOURCES = (
    "feed varchar, area_type varchar, area_code varchar, period_type varchar, period_start date, "
    "file_name varchar, sha256 varchar, records bigint"
)
TABLES = {
    "indicator": ("indicator_id varchar, indicator_version integer, feeds varchar", ()),
    "indicator_value": (
        VALUES,
        (
            *("indicator_id", "indicator_version", "area_type", "area_code"),
            "period_type",
            "period_start",
        ),
    ),
    "figure_source": (SOURCES, ()),
    "area": ("area_type varchar, area_code varchar", ("area_type", "area_code")),
    "keyless": ("n integer, said varchar", ()),
}
REGISTER = [
    ("crime", 1, "police/crime; reference/lookup"),
    ("hate", 1, "hate/report"),
    ("rate", 1, "reference/population"),
]
AREAS = [("district", "D1"), ("lsoa", "L1")]
SOURCE_FILES = [
    SourceFile("police/crime", "old.csv", "aa", 100),
    SourceFile("hate/report", "h.csv", "bb", 5),
]


def value(indicator: str, events: float | None, **other: Any) -> tuple[Any, ...]:
    """A row of indicator_value: the district's count of 2010/11 unless said otherwise."""
    said = {
        "area_type": "district", "area_code": "D1", "area_name": "Here",
        "period_type": "financial_year", "period_start": date(2010, 4, 1),
        "period_label": "2010/11", "denominator": None, "value": events, "note": "",
    } | other  # fmt: skip
    return (
        *(indicator, 1, said["area_type"], said["area_code"], said["area_name"]),
        *(said["period_type"], said["period_start"], said["period_label"], events),
        *(said["denominator"], said["value"], "events", said["note"]),
    )


def source(name: str, sha256: str, records: int, feed: str = "police/crime") -> tuple[Any, ...]:
    """A row of figure_source of the district and 2010/11."""
    return (feed, "district", "D1", "financial_year", date(2010, 4, 1), name, sha256, records)


def publication(
    home: Home,
    name: str,
    files: list[SourceFile] = SOURCE_FILES,
    commit: str = "c1",
    **rows: list[tuple[Any, ...]],
) -> None:
    """A published folder with these tables; of a table that is not named one without rows."""
    folder = home.published / name
    folder.mkdir()
    contents = {"indicator": REGISTER, "area": AREAS, **rows}
    entries = {}
    with duckdb.connect(str(folder / "partner.duckdb")) as con:
        con.execute("create schema marts")
        for table, (columns, key) in TABLES.items():
            con.execute(f"create table marts.{table} ({columns})")
            of_table = contents.get(table, [])
            if of_table:
                marks = ", ".join("?" * len(of_table[0]))
                con.executemany(f"insert into marts.{table} values ({marks})", of_table)
            entries[table] = TableEntry(len(of_table), repr(of_table), "", list(key))
    manifest = Manifest(
        name, "run", "2026-11-01T02:00:00Z", "0.1", commit, {}, "state", 1, {}, files,
        {"partner": entries},
    )  # fmt: skip
    write_manifest(folder, manifest)


def compared(home: Home, before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    publication(home, EARLIER, **before)
    publication(home, LATER, **after)
    return compare(home, EARLIER, LATER)


def of(found: Comparison, table: str) -> dict[str, Any]:
    [change] = [each for each in found.tables if each.name == table]
    return asdict(change)


def figures(found: Comparison) -> list[tuple[Any, ...]]:
    return [(f.indicator_id, f.numerator_before, f.numerator, f.why) for f in found.figures]


def test_rows_are_counted_by_what_became_of_them(home: Home) -> None:
    same, changed, gone = value("crime", 10), value("hate", 5), value("rate", 3)
    new = value("rate", 4, area_code="D2")
    found = compared(
        home,
        {"indicator_value": [same, changed, gone], "keyless": [(1, "a"), (1, "a"), (2, None)]},
        {
            "indicator_value": [same, value("hate", 6, note="corrected"), new],
            "keyless": [(1, "a"), (2, None), (3, "c")],
        },
    )
    assert of(found, "indicator_value") == {
        "name": "indicator_value", "rows_before": 3, "rows": 3, "added": 1, "removed": 1,
        "changed": 1, "columns": {"numerator": 1, "value": 1, "note": 1},
        "new_columns": (), "lost_columns": (),
    }  # fmt: skip
    keyless = of(found, "keyless")
    assert (keyless["added"], keyless["removed"], keyless["changed"]) == (1, 1, None)
    assert [each.name for each in found.tables] == ["indicator_value", "keyless"]
    assert [row[:3] for row in figures(found)] == [
        ("rate", None, 4),
        ("rate", 3, None),
        ("hate", 5, 6),
    ]


def test_a_figure_is_led_to_the_files_of_its_area_and_year(home: Home) -> None:
    new = SourceFile("police/crime", "new.csv", "cc", 120)
    lookup = SourceFile("reference/lookup", "l.csv", "dd", 9)
    month = {"period_type": "month", "period_label": "2010-04"}
    small = {"area_type": "lsoa", "area_code": "L1", "area_name": "There"}
    found = compared(
        home,
        {
            "indicator_value": [value("crime", 10), value("crime", 4, **month),
                                value("crime", 2, **small), value("hate", 5)],
            "figure_source": [source("old.csv", "aa", 10), source("h.csv", "bb", 5, "hate/report")],
        },
        {
            "files": [*SOURCE_FILES, new, lookup],
            "indicator_value": [value("crime", 14), value("crime", 5, **month),
                                value("crime", 4, **small), value("hate", 5)],
            "figure_source": [source("old.csv", "aa", 2), source("new.csv", "cc", 12),
                              source("h.csv", "bb", 5, "hate/report")],
        },
    )  # fmt: skip
    assert found.arrived == [new, lookup]
    year, area, of_month = found.figures
    assert year.why == (
        "police/crime/new.csv (arrived): 0 → 12 rows; police/crime/old.csv: 10 → 2 rows"
    )
    assert year.is_of_a_year
    for other in (area, of_month):
        assert not other.is_of_a_year
        assert other.why == "police/crime/new.csv arrived; reference/lookup/l.csv arrived"


def test_without_a_file_the_software_or_the_settings_are_the_reason(home: Home) -> None:
    found = compared(
        home,
        {"indicator_value": [value("hate", 5)]},
        {"indicator_value": [value("hate", 6)], "commit": "c2"},
    )
    assert found.software == ["commit: c1 → c2"]
    assert figures(found) == [("hate", 5, 6, "the software changed (commit: c1 → c2)")]
    publication(home, "20261103T020000Z", commit="c2", indicator_value=[value("hate", 7)])
    [moved] = compare(home, LATER, "20261103T020000Z").figures
    assert moved.why.startswith("no file of its feeds and nothing of the software differs")


def test_a_file_that_was_withdrawn_is_told(home: Home) -> None:
    found = compared(
        home,
        {"indicator_value": [value("hate", 5)]},
        {"indicator_value": [value("hate", 3)], "files": SOURCE_FILES[:1]},
    )
    assert figures(found) == [("hate", 5, 3, "hate/report/h.csv no longer counts")]
    back = compare(home, LATER, EARLIER)
    assert figures(back) == [("hate", 3, 5, "hate/report/h.csv arrived")]


def test_last_digits_of_sums_are_no_change(home: Home) -> None:
    found = compared(
        home,
        {"indicator_value": [value("rate", 1, value=0.1 + 0.2), value("crime", 1, value=0.0)]},
        {"indicator_value": [value("rate", 1, value=0.3), value("crime", 1, value=0.001)]},
    )
    assert of(found, "indicator_value")["changed"] == 1
    assert [figure.indicator_id for figure in found.figures] == ["crime"]


def test_a_publication_compared_with_itself_says_nothing(home: Home) -> None:
    publication(home, EARLIER, indicator_value=[value("hate", 5)])
    home.current.symlink_to(EARLIER)
    found = compare(home, EARLIER, "current")
    assert (found.tables, found.figures, found.arrived, found.gone) == ([], [], [], [])
    with pytest.raises(UsageError, match=f"There is no publication {LATER}; kept: {EARLIER}"):
        compare(home, EARLIER, LATER)


def test_a_column_and_a_table_of_one_side_alone(home: Home) -> None:
    publication(home, EARLIER, indicator_value=[value("hate", 5)])
    publication(home, LATER, indicator_value=[value("hate", 5)])
    for name, sql in (
        (EARLIER, "alter table marts.indicator_value drop column note"),
        (LATER, "alter table marts.keyless add column more integer"),
    ):
        with duckdb.connect(str(home.published / name / "partner.duckdb")) as con:
            con.execute(sql)
    folder = home.published / LATER
    from warehouse.publication.manifest import read_manifest

    manifest = read_manifest(folder)
    entries = manifest.tables["partner"]
    for table in ("indicator_value", "keyless"):
        entries[table] = TableEntry(entries[table].rows, "another", "", entries[table].key)
    del entries["area"]
    write_manifest(folder, manifest)
    found = compare(home, EARLIER, LATER)
    assert of(found, "indicator_value")["new_columns"] == ("note",)
    assert of(found, "keyless")["new_columns"] == ("more",)
    assert (of(found, "area")["removed"], of(found, "area")["rows"]) == (2, 0)
    assert found.figures == []


def test_the_figures_have_a_column_for_each_field() -> None:
    """`csp compare --format csv` has the fields of a figure as its columns."""
    assert "why" in MovedFigure.__dataclass_fields__
