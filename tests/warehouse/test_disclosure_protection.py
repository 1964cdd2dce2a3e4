"""The night's disclosure control, from the built tables to the publication that it lets through."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.warehouse.public_files import AREA_ROWS, rows_of
from tests.warehouse.small_night import Night, small_night
from warehouse.errors import RunBlocked, RunFailed
from warehouse.home import Home
from warehouse.publication import current_folder
from warehouse.publication.disclosure import protection
from warehouse.publication.disclosure.attack import attack, read_public
from warehouse.publication.disclosure.memory import read
from warehouse.settings import Disclosure

COUNT = {"class": "people aggregate"}
LABEL = {"class": "label"}
OWN = {"class": "derived", "of": ["numerator", "denominator"]}
VALUE_COLUMNS: dict[str, tuple[str, dict[str, Any]]] = {
    "indicator_id": ("varchar", LABEL),
    "indicator_version": ("integer", LABEL),
    "area_type": ("varchar", LABEL),
    "area_code": ("varchar", LABEL),
    "period_type": ("varchar", LABEL),
    "period_start": ("date", LABEL),
    "period_end": ("date", LABEL),
    "numerator": ("bigint", COUNT),
    "denominator": ("bigint", COUNT),
    "known": ("bigint", COUNT),
    "unknown": ("bigint", COUNT),
    "value": ("double", OWN),
    "change": ("bigint", {**OWN, "with": ["previous"]}),
    "trend_direction": ("varchar", {**OWN, "with": ["five_years"]}),
    "county_value": ("double", {**OWN, "with": ["county"]}),
    "rank": ("bigint", {**OWN, "with": ["districts"]}),
    "q_value": ("double", {**OWN, "with": ["family"]}),
    "dispersion": ("double", {**OWN, "with": ["months"]}),
    "is_complete": ("boolean", LABEL),
    "suppressed": ("varchar", LABEL),
}
AREA_COLUMNS = {
    "area_type": "varchar",
    "area_code": "varchar",
    "district_code": "varchar",
    "is_in_county": "boolean",
    "is_focus_area": "boolean",
    "geometry": "blob",
}
OPEN = "street_burglary"


def node(name: str, public: str, columns: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": "marts",
        "description": f"One row per {name}.",
        "config": {"meta": {"published": True, "public": public}},
        "columns": {
            column: {
                "name": column,
                "data_type": kind,
                "description": f"The {column}.",
                "config": {"meta": meta},
            }
            for column, (kind, meta) in columns.items()
        },
    }


def figures(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows of indicator_value with a figure in every column that follows from the counts."""
    table = pd.DataFrame(rows)
    table["value"] = table["numerator"] / 7
    for column, figure in (
        ("change", 1),
        ("trend_direction", "increasing"),
        ("county_value", 2.5),
        ("rank", 1),
        ("q_value", 0.5),
        ("dispersion", 1.5),
        ("is_complete", True),
    ):
        table[column] = table[column].fillna(figure) if column in table else figure
    table["suppressed"] = None
    return table[list(VALUE_COLUMNS)]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A small home with an area table, and indicator_value public after disclosure control."""
    made = small_night(Home(tmp_path / "home"))
    manifest = json.loads(made.manifest.read_text())
    manifest["nodes"]["model.csp.indicator_value"] = node(
        "indicator_value", "disclosed", VALUE_COLUMNS
    )
    manifest["nodes"]["model.csp.area"] = node(
        "area", "all", {name: (kind, LABEL) for name, kind in AREA_COLUMNS.items()}
    )
    made.manifest.write_text(json.dumps(manifest))
    with made.connect() as con:
        con.register("areas", pd.DataFrame([{**row, "geometry": None} for row in AREA_ROWS]))
        columns = ", ".join(f"{name}::{kind} as {name}" for name, kind in AREA_COLUMNS.items())
        con.execute(f"create table marts.area as select {columns} from areas")
        con.execute(
            f"insert into marts.indicator values ('{OPEN}', 1, 'police/street_crime'), "
            "('marac_cases', 1, 'marac/hearing'), ('robbery', 1, 'police/recorded_crime')"
        )
    return made


def build(night: Night, rows: list[dict[str, Any]]) -> None:
    """Make indicator_value of these rows."""
    table = figures(rows)
    with night.connect() as con:
        columns = ", ".join(
            f"{name}::{kind} as {name}" for name, (kind, _) in VALUE_COLUMNS.items()
        )
        con.register("built", table)
        con.execute(f"create or replace table marts.indicator_value as select {columns} from built")


def cases(counts: list[int], total: int | None = None, **more: Any) -> list[dict[str, Any]]:
    return rows_of("marac_cases", counts, sum(counts) if total is None else total, **more)


def with_settings(night: Night, **changed: Any) -> Night:
    wanted = Disclosure(**changed)
    night.settings = night.settings.model_copy(update={"disclosure": wanted})
    return night


def public(night: Night, sql: str) -> list[tuple[Any, ...]]:
    folder = current_folder(night.home)
    assert folder is not None
    with duckdb.connect(str(folder / "public.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def shown(night: Night, year: int = 2010) -> dict[str, int | None]:
    return dict(
        public(
            night,
            "select area_code, numerator from marts.indicator_value where indicator_id = "
            f"'marac_cases' and period_start = date '{year}-04-01'",
        )
    )


def test_a_small_count_and_what_would_reveal_it_are_left_out(night: Night) -> None:
    build(night, cases([20, 3, 30, 40]))
    folder = night.publish().folder
    assert shown(night) == {"A": 20, "B": None, "C": None, "D": 40, "P": 20, "K": 93}
    rooms = attack(read_public(folder / "parquet" / "public"), 1)
    assert {cell.area_code: (room.low, room.high) for cell, room in rooms.items()} == {
        "B": (1, 32),
        "C": (1, 32),
    }
    with duckdb.connect(str(folder / "partner.duckdb"), read_only=True) as con:
        [(counts,)] = con.execute("select list(numerator order by numerator) from marts.indicator_value").fetchall()  # noqa: E501  # fmt: skip
    assert counts == [3, 20, 20, 30, 40, 93]
    assert not (night.home.work / "disclosure").exists()


def test_what_follows_from_a_hidden_count_is_left_out_with_it(night: Night) -> None:
    build(night, [*cases([20, 3, 30, 40], year=2009), *cases([20, 9, 30, 40], year=2010)])
    night.publish()
    columns = "value, change, trend_direction, county_value, rank, q_value, dispersion, suppressed"
    found = {
        (area, start.year): rest
        for area, start, *rest in public(
            night, f"select area_code, period_start, {columns} from marts.indicator_value"
        )
    }
    hidden = "small count, or one that would reveal it"
    rests_on = "rests on a suppressed count"
    # What was tested together is never public; how months vary gives nothing away.
    assert found["B", 2009] == [None, None, None, None, None, None, None, hidden]
    assert found["A", 2009] == [20 / 7, 1, "increasing", 2.5, None, None, 1.5, rests_on]
    assert found["B", 2010] == [9 / 7, None, None, 2.5, 1, None, 1.5, rests_on]
    assert found["A", 2010] == [20 / 7, 1, "increasing", 2.5, 1, None, 1.5, None]


def test_no_byte_of_a_hidden_figure_is_in_the_public_files(night: Night) -> None:
    rows = cases([20, 3, 30, 40])
    for each, mark in zip(rows, "ABCDPK", strict=True):
        each["trend_direction"] = f"TREND-OF-{mark}"
    build(night, rows)
    folder = night.publish().folder
    files = [folder / "public.duckdb", folder / "parquet/public/indicator_value.parquet"]
    assert all(b"TREND-OF-B" not in path.read_bytes() for path in files)
    assert public(night, "select count(*) from marts.indicator_value where trend_direction = 'TREND-OF-D'") == [(1,)]  # noqa: E501  # fmt: skip


def test_without_secondary_suppression_nothing_is_published(night: Night) -> None:
    build(night, cases([20, 3, 30, 40]))
    with_settings(night, secondary=False)
    with pytest.raises(RunBlocked, match=r"disclosure \(fail: 1 suppressed counts can be found"):
        night.publish()
    assert current_folder(night.home) is None
    with night.connect() as con:
        assert con.execute("select table_name, suppressed_counts, narrowest, recovered from quality.disclosure").fetchall() == [("indicator_value", 1, 0.0, 1)]  # noqa: E501  # fmt: skip


def test_a_waiver_does_not_bear_what_can_be_found_out(night: Night) -> None:
    build(night, cases([20, 3, 30, 40]))
    with night.connect() as con:
        con.execute("insert into quality.check_waiver values ('disclosure', 99, 'why', 'who', date '2999-01-01')")  # noqa: E501  # fmt: skip
    with pytest.raises(RunBlocked, match="disclosure"):
        with_settings(night, secondary=False).publish()


def test_a_county_without_small_counts_loses_nothing(night: Night) -> None:
    build(night, [*cases([20, 5, 30, 40]), *rows_of("robbery", [1, 2, 3, 4], 10, denominator=900)])
    night.publish()
    assert public(
        night,
        "select count(*), count(numerator), count(value), count(change), count(rank), "
        "count(suppressed) from marts.indicator_value",
    ) == [(12, 12, 12, 12, 12, 0)]
    with night.connect() as con:
        assert con.execute("select counts, suppressed_counts, narrowest, recovered from quality.disclosure").fetchall() == [(12, 0, None, 0)]  # noqa: E501  # fmt: skip


def test_months_small_areas_and_parts_of_years_are_not_public(night: Night) -> None:
    rows = cases([20, 9, 30, 40])
    month = {"period_type": "month", "end": date(2010, 4, 30)}
    rows += [
        {**rows[0], "area_type": "ward", "area_code": "W"},
        {**rows[0], "period_start": date(2011, 4, 1), "is_complete": False},
        *rows_of("marac_cases", [1, 2, 3, 4], 10, year=2012, **month),
        *rows_of(OPEN, [1, 2, 3, 4], 10, year=2012, denominator=900, **month),
    ]
    build(night, rows)
    night.publish()
    found = "select indicator_id, period_type, count(*) from marts.indicator_value group by all order by all"  # noqa: E501
    assert public(night, found) == [
        ("marac_cases", "financial_year", 6),
        (OPEN, "month", 6),
    ]


def test_no_partner_figures_where_the_settings_say_so(night: Night) -> None:
    build(night, [*cases([20, 3, 30, 40]), *rows_of(OPEN, [1, 2, 3, 4], 10, denominator=900)])
    with_settings(night, partner_figures=False).publish()
    assert public(night, "select distinct indicator_id from marts.indicator_value") == [(OPEN,)]


def test_what_the_publication_before_showed_is_thought_of(night: Night) -> None:
    """B becomes small. Hiding C, which is what it was, would hide nothing: the county is hidden."""
    other_year = cases([20, 3, 30, 40], year=2005)
    build(night, [*other_year, *cases([20, 5, 30, 40])])
    night.publish()
    assert None not in shown(night).values()
    build(night, [*other_year, *cases([20, 4, 30, 40])])
    night.publish()
    assert shown(night) == {"A": 20, "B": None, "C": 30, "D": 40, "P": 20, "K": None}
    assert shown(night, 2005) == {"A": 20, "B": None, "C": None, "D": 40, "P": 20, "K": 93}
    with night.connect() as con:
        tables = con.execute("select table_name, recovered from quality.disclosure order by all")
        assert tables.fetchall() == [
            ("indicator_value", 0),
            ("publications before", 0),
        ]


def test_a_count_that_is_small_no_more_keeps_the_former_one_secret(night: Night) -> None:
    build(night, cases([20, 3, 30, 40]))
    night.publish()
    build(night, cases([20, 8, 30, 40]))
    night.publish()
    now = shown(night)
    assert now["C"] is None  # 30 as before: with it, the county's 93 would say that B was 3
    assert list(now.values()).count(None) >= 2


def test_a_night_that_shows_nothing_says_so_and_is_followed_by_others(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first night showed is remembered when neither it nor another is kept."""
    night.settings = night.settings.model_copy(update={"keep_publications": 1})
    build(night, cases([20, 5, 30, 40]))
    first = night.publish().folder
    build(night, cases([20, 4, 30, 40]))
    with monkeypatch.context() as patch:
        patch.setattr(protection, "hidden_counts", lambda counts, _: set(counts.small))
        patch.setattr(
            protection, "wider", lambda counts, *_: [(counts.countable, counts.countable)]
        )
        night.publish()
    reason = "left out of this publication with all figures that belong together"
    figures = "numerator, value, change, trend_direction, county_value, rank, suppressed"
    assert public(night, f"select distinct {figures} from marts.indicator_value") == [
        (None, None, None, None, None, None, reason)
    ]
    night.publish()
    assert not first.exists()
    assert shown(night) == {"A": 20, "B": None, "C": 30, "D": 40, "P": 20, "K": None}


def test_what_is_remembered_is_a_row_a_change(night: Night) -> None:
    build(night, [*cases([20, 3, 30, 40]), *cases([9, 8, 7, 6], year=2009)])
    night.publish()
    build(night, cases([20, 6, 30, 40]))
    night.publish()
    night.publish()
    with night.connect() as con:
        first, second = read(con)
        rows = con.execute(
            "select area_code, year(period_start), value, least from quality.public_count "
            "where publication_id = (select max(publication_id) from quality.public_count) "
            "and quantity is not null order by all"
        ).fetchall()
    assert len(first.truth) == 12
    assert {cell.area_code: least for cell, least in first.hidden.items()} == {"B": 1, "C": 1}
    assert [row for row in rows if row[1] == 2010] == [
        ("B", 2010, 6.0, 1.0),
        ("K", 2010, 96.0, None),
    ]
    assert [row[2:] for row in rows if row[1] == 2009] == [(None, None)] * 6
    assert len(second.truth) == 6


def test_a_class_that_cannot_be_masked_publishes_nothing(night: Night) -> None:
    build(night, cases([20, 3, 30, 40]))
    manifest = json.loads(night.manifest.read_text())
    columns = manifest["nodes"]["model.csp.indicator_value"]["columns"]
    columns["value"]["config"]["meta"]["of"] = ["wealth"]
    night.manifest.write_text(json.dumps(manifest))
    with pytest.raises(RunFailed, match=r"indicator_value\.value .* rests on wealth"):
        night.publish()


def test_a_column_without_a_class_is_not_published(night: Night) -> None:
    manifest = json.loads(night.manifest.read_text())
    del manifest["nodes"]["model.csp.area"]["columns"]["area_code"]["config"]
    night.manifest.write_text(json.dumps(manifest))
    with pytest.raises(RunFailed, match=r"area does not say what area_code holds"):
        night.publish()
