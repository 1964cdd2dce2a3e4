"""What Great Expectations says of a warehouse is what SQL says of the same buckets."""

import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_quality.checkpoint import run_checks
from tests.data_quality.buckets import BUCKETS, FIELDS, SECRET, Row, count, make_warehouse
from warehouse.results import CheckResult

ALL = [(field, 90.0, "blocking", None) for field in FIELDS]


def checked(warehouse: Path, docs: Path | None = None) -> dict[str, CheckResult]:
    return {result.check_id: result for result in run_checks(warehouse, "run-1", docs)}


def completeness(field: str) -> str:
    return f"completeness.police.street_crime.{field}"


bucket = st.sampled_from(BUCKETS)
rows = st.lists(
    st.tuples(st.sampled_from(["2020-01-01", "2020-02-01"]), bucket, bucket, bucket), max_size=40
)


@settings(max_examples=6, deadline=None)
@given(rows=rows, threshold=st.sampled_from([0.0, 33.3, 50.0, 66.6, 75.0, 90.0, 100.0]))
def test_counts_and_verdicts_are_those_of_sql_over_the_same_buckets(
    rows: list[Row], threshold: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        standards = [(field, threshold, "blocking", None) for field in FIELDS]
        warehouse = make_warehouse(Path(folder) / "warehouse.duckdb", rows, standards)
        found = checked(warehouse)
        assert len(found) == 3 * len(FIELDS) + 1
        with duckdb.connect(str(warehouse)) as con:
            for field in FIELDS:
                applicable, valid, stated, invalid = con.execute(
                    f"select count(*) filter ({field}_bucket <> 'not applicable'), "
                    f"count(*) filter ({field}_bucket = 'valid'), "
                    f"count(*) filter ({field}_bucket in ('valid', 'invalid')), "
                    f"count(*) filter ({field}_bucket = 'invalid') "
                    "from facts.int_police__street_crime_row"
                ).fetchall()[0]
                complete = found[completeness(field)]
                sound = found[f"validity.police.street_crime.{field}"]
                assert (complete.records, complete.failed_records) == (
                    applicable,
                    applicable - valid,
                )
                assert (sound.records, sound.failed_records) == (stated, invalid)
                newest = con.execute(
                    f"select count(*) filter ({field}_bucket <> 'not applicable'), "
                    f"count(*) filter ({field}_bucket not in ('valid', 'not applicable')) "
                    "from facts.int_police__street_crime_row "
                    "where month = (select max(month) from facts.int_police__street_crime_row)"
                ).fetchall()[0]
                latest = found[f"{completeness(field)}.latest_month"]
                assert (latest.records, latest.failed_records) == newest
                if applicable == 0:
                    assert complete.status == "not_applicable"
                else:
                    met = valid / applicable >= threshold / 100
                    assert complete.status == ("pass" if met else "fail")
                expected = "not_applicable" if not stated else None
                assert expected is None or sound.status == expected


def test_an_empty_feed_is_not_applicable_never_a_pass(tmp_path: Path) -> None:
    found = checked(make_warehouse(tmp_path / "warehouse.duckdb", [], ALL))
    assert {result.status for result in found.values()} == {"not_applicable"}


def test_a_bad_latest_month_is_not_hidden_by_good_years(tmp_path: Path) -> None:
    rows: list[Row] = [("2020-01-01", "valid", "valid", "valid")] * 99
    rows += [("2020-02-01", "missing", "valid", "valid")]
    found = checked(make_warehouse(tmp_path / "warehouse.duckdb", rows, ALL))
    assert found[completeness("crime_id")].status == "pass"
    latest = found[f"{completeness('crime_id')}.latest_month"]
    assert (latest.status, latest.severity, latest.records) == ("fail", "blocking", 1)
    assert "latest month" in str(latest.message)


def test_a_month_that_goes_on_is_not_the_latest(tmp_path: Path) -> None:
    """The warehouse was loaded on 1 November: that month has brought its first rows."""
    rows: list[Row] = [("2026-10-01", "valid", "valid", "valid")] * 9
    rows += [("2026-11-01", "missing", "valid", "valid")]
    found = checked(make_warehouse(tmp_path / "warehouse.duckdb", rows, ALL))
    latest = found[f"{completeness('crime_id')}.latest_month"]
    assert (latest.status, latest.records) == ("pass", 9)


def test_a_share_that_is_the_threshold_meets_it(tmp_path: Path) -> None:
    """939 of 1,000 is 93.9 %, though 93.9 / 100 is a hair more in floating point."""
    rows: list[Row] = [("2026-10-01", "valid", "valid", "valid")] * 939
    rows += [("2026-10-01", "missing", "valid", "valid")] * 61
    standards = [("crime_id", 93.9, "blocking", None)]
    found = checked(make_warehouse(tmp_path / "a.duckdb", rows, standards))
    assert found[completeness("crime_id")].status == "pass"
    found = checked(make_warehouse(tmp_path / "b.duckdb", [*rows[1:], rows[-1]], standards))
    assert found[completeness("crime_id")].status == "fail"


def test_of_two_standards_each_judges_its_own_months(tmp_path: Path) -> None:
    rows: list[Row] = [("2019-12-01", "missing", "valid", "valid")] * 50
    rows += [("2020-01-01", "valid", "valid", "valid")] * 8
    rows += [("2020-01-01", "missing", "valid", "valid")] * 2
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", rows, [])
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            "insert into facts.completeness_standard values "
            "('first', 'police', 'street_crime', 'crime_id', 95, 'warning', 0, 'because', "
            "'2013-05-01', '2020-01-01'), "
            "('later', 'police', 'street_crime', 'crime_id', 70, 'blocking', 0, 'because', "
            "'2020-01-01', null)"
        )
        count(con)
    found = checked(warehouse)
    now, before = (
        found[completeness("crime_id")],
        found[f"{completeness('crime_id')}.until_2020-01-01"],
    )
    assert (now.status, now.severity, now.records, now.failed_records) == (
        "pass",
        "blocking",
        10,
        2,
    )
    assert (before.status, before.severity, before.records) == ("fail", "warning", 50)
    assert "until 2020-01-01" in str(before.message)


def test_rows_before_a_standard_began_do_not_count(tmp_path: Path) -> None:
    rows: list[Row] = [("2019-12-01", "missing", "valid", "valid")] * 5
    rows += [("2020-01-01", "valid", "valid", "valid")] * 3
    standards = [("crime_id", 90.0, "blocking", "2020-01-01"), *ALL[1:]]
    found = checked(make_warehouse(tmp_path / "warehouse.duckdb", rows, standards))
    assert (found[completeness("crime_id")].records, found[completeness("crime_id")].status) == (
        3,
        "pass",
    )
    assert found[completeness("lsoa_code")].records == 8


def test_a_row_without_a_bucket_counts_as_missing(tmp_path: Path) -> None:
    rows: list[Row] = [("2020-01-01", None, "valid", "valid")]
    found = checked(make_warehouse(tmp_path / "warehouse.duckdb", rows, ALL))
    assert found[completeness("crime_id")].status == "fail"
    assert found["recount.police.street_crime"].status == "fail"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("valid = valid + 1", "field = 'crime_id'"),
        ("missing = 0, not_applicable = missing", "field = 'location'"),
        ("month = '2020-01-01'", "month = '2020-02-01' and field = 'lsoa_code'"),
    ],
)
def test_a_mart_that_counts_wrongly_is_found(tmp_path: Path, wrong: str, where: str) -> None:
    rows: list[Row] = [("2020-01-01", "valid", "invalid", "missing")] * 3
    rows += [("2020-02-01", "not stated", "valid", "missing")] * 2
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", rows, ALL)
    assert checked(warehouse)["recount.police.street_crime"].status == "pass"
    with duckdb.connect(str(warehouse)) as con:
        con.execute(f"update marts.recording_completeness set {wrong} where {where}")
    found = checked(warehouse)["recount.police.street_crime"]
    assert (found.status, found.severity) == ("fail", "blocking")
    assert "2020-0" in str(found.message)


def test_what_the_library_cannot_do_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("data_quality.checkpoint._validate", fails)
    rows: list[Row] = [("2020-01-01", "valid", "valid", "valid")]
    found = checked(make_warehouse(tmp_path / "warehouse.duckdb", rows, ALL), tmp_path / "docs")
    assert {result.status for result in found.values()} == {"error"}
    assert SECRET not in repr(found)


def test_what_cannot_be_evaluated_is_an_error_and_the_rest_is_still_checked(
    tmp_path: Path,
) -> None:
    rows: list[Row] = [("2020-01-01", "valid", "valid", "valid")]
    standards = [*ALL, ("no_such_field", 90.0, "blocking", None)]
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", rows, standards)
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            "insert into facts.completeness_standard values "
            "('hate.report.victim_age', 'hate', 'report', 'victim_age', 80, 'warning', 0, '', "
            "null, null)"
        )
        count(con)
    found = checked(warehouse)
    assert found[completeness("no_such_field")].status == "error"
    assert "no_such_field_bucket" in str(found[completeness("no_such_field")].message)
    absent = found["completeness.hate.report.victim_age"]
    assert (absent.status, absent.severity) == ("error", "warning")
    assert absent.table_name == "facts.int_hate__report_row"
    assert {found[completeness(field)].status for field in FIELDS} == {"pass"}


def test_no_standards_table_is_an_error_of_the_step(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(duckdb.CatalogException):
        run_checks(path, "run-1", None)


def test_the_database_is_left_free_for_the_next_writer(tmp_path: Path) -> None:
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", [], ALL)
    run_checks(warehouse, "run-1", None)
    with duckdb.connect(str(warehouse), config={"threads": 1}) as con:
        con.execute("create table written_afterwards (i integer)")


def test_results_and_pages_hold_no_value_of_a_record(tmp_path: Path) -> None:
    rows: list[Row] = [("2020-01-01", "valid", "missing", "valid")]
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", rows, ALL)
    found = checked(warehouse, tmp_path / "docs")
    told = repr(found) + "".join(
        page.read_text(encoding="utf-8") for page in (tmp_path / "docs").iterdir()
    )
    assert SECRET not in told
    assert "Someone" not in told
