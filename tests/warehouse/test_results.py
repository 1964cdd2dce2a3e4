"""Results of checks: kept, counted, and read from dbt without losing or softening one."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data_quality.dbt_tests import results_of
from tests.warehouse.small_night import Night, check, small_night
from warehouse.home import Home
from warehouse.results import CheckResult, append, summary

NODES: dict[str, dict[str, Any]] = {
    "model.csp.stg_police__street_crime": {
        "resource_type": "model",
        "name": "stg_police__street_crime",
    },
    "test.csp.not_null.1": {
        "resource_type": "test",
        "name": "not_null_stg_month",
        "attached_node": "model.csp.stg_police__street_crime",
        "column_name": "month",
        "config": {"severity": "ERROR", "error_if": "!= 0"},
        "test_metadata": {"name": "not_null"},
        "description": "Every row has a month.",
    },
    "test.csp.warns.2": {
        "resource_type": "test",
        "name": "counts_add_up",
        "attached_node": None,
        "depends_on": {"nodes": ["model.csp.stg_police__street_crime"]},
        "config": {"severity": "warn", "meta": {"dimension": "timeliness", "feed": "a/b"}},
    },
}
UNIT = {
    "unit_test.csp.m.u": {"resource_type": "unit_test", "name": "merges_republished", "model": "m"}
}


def read(*results: dict[str, Any]) -> list[CheckResult]:
    return results_of(results, {"nodes": NODES, "unit_tests": UNIT}, "run-1")


def result(unique_id: str, status: str, **more: Any) -> dict[str, Any]:
    timing = [{"name": "execute", "completed_at": "2026-11-01T02:00:00.5Z"}]
    return {"unique_id": unique_id, "status": status, "timing": timing, **more}


def test_a_dbt_test_becomes_a_result() -> None:
    (found,) = read(
        result("model.csp.stg_police__street_crime", "success"),
        result("test.csp.not_null.1", "fail", failures=3, message="Got 3 results"),
    )
    assert found == CheckResult(
        run_id="run-1",
        check_id="dbt.not_null_stg_month",
        suite="dbt",
        feed="police/street_crime",
        table_name="stg_police__street_crime",
        column_name="month",
        dimension="completeness",
        severity="blocking",
        status="fail",
        observed="3 failing rows",
        threshold="error if != 0",
        records=None,
        failed_records=3,
        checked_at=datetime(2026, 11, 1, 2, 0, 0, 500000),
        message="not_null_stg_month: 3 failing rows",
    )


@pytest.mark.parametrize(
    ("dbt", "status"),
    [
        ("pass", "pass"),
        ("fail", "fail"),
        ("error", "error"),
        ("skipped", "error"),
        ("runtime error", "error"),
        ("something new", "error"),
    ],
)
def test_what_was_not_evaluated_is_an_error_and_blocks(dbt: str, status: str) -> None:
    (found,) = read(result("test.csp.not_null.1", dbt))
    assert (found.status, found.severity) == (status, "blocking")


def test_a_breach_that_only_warns_is_a_failed_warning() -> None:
    warned, under = read(
        result("test.csp.warns.2", "warn", failures=1),
        result("test.csp.not_null.1", "warn", failures=1),
    )
    assert (warned.status, warned.severity) == ("fail", "warning")
    assert (warned.dimension, warned.feed) == ("timeliness", "a/b")
    assert warned.table_name == "stg_police__street_crime"
    assert (under.status, under.severity) == ("fail", "warning")


def test_unit_tests_are_results_too() -> None:
    passed, failed = read(
        result("unit_test.csp.m.u", "pass"),
        result("unit_test.csp.m.u", "fail", message="actual differs: John Smith"),
    )
    assert (passed.suite, passed.table_name, passed.status) == ("dbt_unit", "m", "pass")
    assert (failed.severity, failed.status) == ("blocking", "fail")
    assert "Smith" not in (failed.message or "")


def test_an_error_that_may_quote_a_record_is_not_kept() -> None:
    quoting, naming = read(
        result(
            "test.csp.not_null.1",
            "error",
            message="Runtime Error in test x\n  Conversion Error: Could not convert 'John Smith'",
        ),
        result(
            "test.csp.not_null.1",
            "error",
            message='Runtime Error in test x\n  Binder Error: no column "month"\n LINE 1: ...',
        ),
    )
    assert "Smith" not in (quoting.message or "")
    assert "Error" in (quoting.message or "")
    assert (naming.message or "").startswith("not evaluated: Binder Error; run_results.json")


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return small_night(Home(tmp_path / "home"))


def test_results_are_appended_never_overwritten(night: Night) -> None:
    with night.connect() as con:
        before = con.execute("select count(*) from quality.check_result").fetchone() or (0,)
        many = [check("run-2", "pass", f"many.{number}") for number in range(3000)]
        assert append(con, many) == many
        assert append(con, many[:1]) == many[:1]
        assert append(con, []) == []
        after = con.execute("select count(*) from quality.check_result").fetchone() or (0,)
        assert after[0] == before[0] + 3001
        stored = con.execute(
            "select observed, records, message from quality.check_result "
            "where check_id = 'many.2999'"
        ).fetchall()
    assert stored == [("3 rows", 9, None)]


def test_a_summary_counts_one_run(night: Night) -> None:
    night.check("run-9", "pass", "pass", "fail", "error", "not_applicable")
    with night.connect() as con:
        assert summary(con, "run-9") == {
            "passed": 2,
            "failed": 1,
            "not_applicable": 1,
            "error": 1,
        }
        assert set(summary(con, "none").values()) == {0}
