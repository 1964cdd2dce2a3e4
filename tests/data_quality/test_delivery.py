"""Volume, coverage, layout and repeats of what partners deliver, as checks."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from data_quality.delivery import accepted_months, run_checks
from warehouse.home_tables import Waiver
from warehouse.results import CheckResult, as_waived

FEED = "hate/report"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A built warehouse's tables that the checks read, empty but for two feeds."""
    with duckdb.connect() as connection:
        for schema in ("raw", "quality", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute("create schema facts")
        connection.execute("create table facts.int_hate__report_row (month date)")
        connection.execute(
            "create table raw.feed as from (values "
            "('fire/incident', 'fire', 'incident', 'upsert'), "
            "('hate/report', 'hate', 'report', 'upsert')) as t (feed, partner, name, update_rule)"
        )
        connection.execute(
            "create table marts.feed_volume (partner varchar, feed varchar, source varchar, "
            "month date, records bigint, warning_low double, warning_high double, "
            "blocking_low double, blocking_high double, status varchar)"
        )
        connection.execute(
            "create table marts.feed_coverage (partner varchar, feed varchar, status varchar, "
            "period_label varchar)"
        )
        connection.execute(
            "create table quality.load_audit (file_id bigint, partner varchar, feed varchar, "
            "file_name varchar, status varchar, layout varchar, absent_columns varchar[], "
            "landed_at timestamp, loaded_at timestamp, effective_at timestamp)"
        )
        connection.execute(
            "create view quality.loaded_file as from quality.load_audit where status = 'loaded'"
        )
        connection.execute("create table raw.load_period (file_id bigint, period_key varchar)")
        connection.execute(
            "create table quality.check_waiver (check_id varchar, ceiling bigint, reason varchar, "
            "owner varchar, expires date)"
        )
        yield connection


def month(con: duckdb.DuckDBPyConnection, first: str, records: int, status: str) -> None:
    con.execute(
        "insert into marts.feed_volume "
        "values ('hate', 'report', 'hate', ?, ?, 70, 130, 30, 300, ?)",
        [first, records, status],
    )


def file(
    con: duckdb.DuckDBPyConnection,
    number: int,
    status: str = "loaded",
    layout: str = "plain",
    absent: tuple[str, ...] = (),
    name: str = "{}.csv",
    landed: str = "2010-01-{:02d}",
    source: str = "",
    effective: str | None = None,
) -> None:
    con.execute(
        "insert into quality.load_audit values (?, 'hate', ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(number, FEED, name.format(number), status, layout, list(absent)),
            *(landed.format(number), f"2010-02-{number:02d}", effective),
        ],
    )
    con.execute("insert into raw.load_period values (?, ?)", [number, source])


def checked(
    con: duckdb.DuckDBPyConnection, published: Path | None = None
) -> dict[str, CheckResult]:
    return {result.check_id: result for result in run_checks(con, "run-1", published)}


def publish(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """What a publication keeps of the months as they are now."""
    parquet = folder / "parquet" / "partner"
    parquet.mkdir(parents=True)
    con.execute(f"copy marts.feed_volume to '{parquet}/feed_volume.parquet'")


def test_a_feed_of_which_nothing_came_is_not_applicable(con: duckdb.DuckDBPyConnection) -> None:
    found = checked(con)
    # Of fire/incident there is no table of rows, so its volume is no check.
    assert sorted(found) == [
        "coverage.fire.incident", "coverage.hate.report", "duplicates.fire.incident",
        "duplicates.hate.report", "schema.fire.incident", "schema.hate.report",
        "volume.hate.report", "volume_drift.hate.report",
    ]  # fmt: skip
    assert {result.status for result in found.values()} == {"not_applicable"}


def test_a_month_far_outside_blocks_and_says_the_band(con: duckdb.DuckDBPyConnection) -> None:
    month(con, "2010-01-01", 100, "within")
    assert checked(con)["volume.hate.report"].status == "pass"
    month(con, "2010-02-01", 10, "far below")
    found = checked(con)
    whole, of_month = found["volume.hate.report"], found["volume.hate.report.2010-02"]
    assert (of_month.status, of_month.severity, of_month.failed_records) == ("fail", "blocking", 1)
    assert "2010-02: 10 rows, 30 to 300 expected" in str(of_month.message)
    assert "waive volume.hate.report.2010-02" in str(of_month.message)
    assert (whole.status, whole.severity, whole.records) == ("fail", "warning", 2)
    assert found["volume_drift.hate.report"].status == "fail"


def test_a_waiver_of_a_month_bears_no_other(con: duckdb.DuckDBPyConnection) -> None:
    month(con, "2010-02-01", 10, "far below")
    month(con, "2010-07-01", 10, "far below")
    end = date(9999, 12, 31)
    waiver = Waiver("volume.hate.report.2010-02", 1, "a campaign ended", "Analyst", end)
    found = {
        check_id: as_waived(result, {waiver.check_id: waiver}, date(2010, 8, 1))
        for check_id, result in checked(con).items()
    }
    assert found["volume.hate.report.2010-02"].severity == "warning"
    assert found["volume.hate.report.2010-07"].severity == "blocking"


def test_a_month_that_was_published_so_is_accepted(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    month(con, "2010-02-01", 500, "far above")
    publish(con, tmp_path)
    assert accepted_months(tmp_path) == {(FEED, "hate", date(2010, 2, 1)): 500}
    for late_rows, status in ((0, "pass"), (1, "pass"), (50, "pass"), (-50, "pass"), (51, "fail")):
        con.execute("update marts.feed_volume set records = ?", [500 + late_rows])
        found = checked(con, tmp_path)
        assert found["volume.hate.report"].status == status, late_rows
        # The month stays a check, so that its waiver is seen to be needed no more.
        assert found["volume.hate.report.2010-02"].status == status, late_rows


def test_a_step_that_lasts_is_waived_once(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """History takes half a year to follow; what goes on with an accepted month is accepted."""
    waived = "volume.hate.report.2010-02"
    con.execute(f"insert into quality.check_waiver values ('{waived}', 1, 'r', 'o', '9999-12-31')")
    for first, records, status in (
        ("2010-02-01", 400, "far above"),  # the waiver's own
        ("2010-03-01", 500, "far above"),
        ("2010-04-01", 450, "far above"),
        ("2010-05-01", 2000, "far above"),  # another step
        ("2010-06-01", 20, "far below"),
        ("2010-08-01", 15, "far below"),  # a month lies between
    ):
        month(con, first, records, status)
    failed = [name for name, result in checked(con).items() if result.status == "fail"]
    assert [name for name in failed if name.startswith("volume.hate.report.")] == [
        f"volume.hate.report.2010-{number:02d}" for number in (2, 5, 6, 8)
    ]
    told = str(checked(con)["volume.hate.report.2010-04"].message)
    assert "it goes on with 2010-03, which was accepted" in told
    # A waiver that has ended is replaced by the publication that it made possible.
    con.execute("update quality.check_waiver set expires = '2010-03-01'")
    assert checked(con)["volume.hate.report.2010-03"].status == "fail"
    con.execute("delete from marts.feed_volume where month > '2010-03-01'")
    publish(con, tmp_path)
    month(con, "2010-04-01", 450, "far above")
    assert checked(con, tmp_path)["volume.hate.report.2010-04"].status == "pass"


def test_an_unusual_newest_month_warns(con: duckdb.DuckDBPyConnection) -> None:
    month(con, "2010-01-01", 150, "above")
    month(con, "2010-02-01", 100, "within")
    assert checked(con)["volume_drift.hate.report"].status == "pass"
    month(con, "2010-03-01", 150, "above")
    found = checked(con)
    assert found["volume_drift.hate.report"].status == "fail"
    assert found["volume_drift.hate.report"].severity == "warning"
    assert found["volume.hate.report"].status == "pass"


def test_a_source_that_ended_long_ago_warns_no_more(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into marts.feed_volume values "
        "('hate', 'report', 'school', date '2009-01-01', 150, 70, 130, 30, 300, 'above')"
    )
    assert checked(con)["volume_drift.hate.report"].status == "fail"
    month(con, "2010-01-01", 100, "within")
    assert checked(con)["volume_drift.hate.report"].status == "pass"


def test_missing_months_are_named(con: duckdb.DuckDBPyConnection) -> None:
    for label, status in (
        ("2010-01", "received"),
        ("2010-02", "missing"),
        ("2009-12", "not expected"),
    ):
        con.execute(
            "insert into marts.feed_coverage values ('hate', 'report', ?, ?)", [status, label]
        )
    found = checked(con)["coverage.hate.report"]
    assert (found.status, found.records, found.failed_records) == ("fail", 2, 1)
    assert "missing 2010-02" in str(found.message)


def test_a_field_that_is_no_longer_sent_is_drift(con: duckdb.DuckDBPyConnection) -> None:
    file(con, 1, absent=("status",))
    assert checked(con)["schema.hate.report"].status == "not_applicable"
    file(con, 2, absent=("status",))
    assert checked(con)["schema.hate.report"].status == "pass"
    file(con, 3, absent=("status", "victim_age"))
    assert "without victim_age" in str(checked(con)["schema.hate.report"].message)
    file(con, 4, layout="other", absent=("victim_age",))
    found = checked(con)["schema.hate.report"]
    assert found.observed == "layout other after plain, with status anew"
    # A file of an earlier version, of which nobody knows what it lacked.
    con.execute("update quality.load_audit set absent_columns = null where file_id = 3")
    assert checked(con)["schema.hate.report"].observed == "layout other after plain"


def test_members_of_one_zip_are_compared_with_the_zip_before(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for number, absent in ((1, ()), (2, ()), (3, ("victim_age",)), (4, ("victim_age",))):
        zipped = (number + 1) // 2
        file(con, number, absent=absent, name=f"{zipped}.zip/{{}}.csv", landed=f"2010-01-{zipped}")
        con.execute(f"update quality.load_audit set loaded_at = landed_at where file_id = {number}")
    assert checked(con)["schema.hate.report"].observed == "without victim_age"


def test_a_source_is_compared_with_itself(con: duckdb.DuckDBPyConnection) -> None:
    """One that never sends a field is no drift beside one that does."""
    for number, source in enumerate(("school", "police", "school", "police"), start=1):
        absent = ("victim_age",) if source == "school" else ()
        file(con, number, absent=absent, source=source)
    found = checked(con)["schema.hate.report"]
    assert (found.status, found.records) == ("pass", 2)
    file(con, 5, absent=("victim_age",), source="police")
    found = checked(con)["schema.hate.report"]
    assert (found.status, found.failed_records) == ("fail", 1)
    assert "5.csv came without victim_age" in str(found.message)


def test_a_file_copied_again_with_its_time_kept_is_a_repeat(
    con: duckdb.DuckDBPyConnection,
) -> None:
    file(con, 1, name="report.csv", landed="2010-01-01")
    file(con, 2, status="duplicate", name="report.csv", landed="2010-01-01")
    assert checked(con)["duplicates.hate.report"].status == "fail"


def test_the_last_file_is_no_repeat(con: duckdb.DuckDBPyConnection) -> None:
    file(con, 1)
    assert checked(con)["duplicates.hate.report"].status == "pass"
    file(con, 2, status="duplicate")
    assert checked(con)["duplicates.hate.report"].status == "fail"
    file(con, 3, status="refused")
    assert checked(con)["duplicates.hate.report"].status == "fail"
    file(con, 4)
    assert checked(con)["duplicates.hate.report"].status == "pass"
    # What was displaced was sent again, and is in force again.
    file(con, 5, status="duplicate", effective="2010-01-05")
    assert checked(con)["duplicates.hate.report"].status == "pass"


def test_an_archive_with_one_new_month_is_no_repeat(con: duckdb.DuckDBPyConnection) -> None:
    file(con, 1)
    for number, status in ((2, "loaded"), (3, "duplicate")):
        con.execute(
            "insert into quality.load_audit (file_id, feed, file_name, status, landed_at) "
            "values (?, ?, ?, ?, timestamp '2010-02-01')",
            [number, FEED, f"archive.zip/{number}.csv", status],
        )
    assert checked(con)["duplicates.hate.report"].status == "pass"
    con.execute("update quality.load_audit set status = 'duplicate' where file_id = 2")
    assert checked(con)["duplicates.hate.report"].status == "fail"
