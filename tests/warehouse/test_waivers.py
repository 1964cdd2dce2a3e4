"""A waiver bears a counted failure up to its ceiling and its last day, and nothing else."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from data_quality.waiving import own_results
from tests.warehouse.small_night import check
from warehouse import ddl, waivers
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.results import append, of_run
from warehouse.settings import load_settings
from warehouse.waivers import Waiver, applied

TODAY = date(2026, 11, 27)
WAIVER = Waiver("volume.hate.report", 3, "A campaign", "Analyst", TODAY)
FAILED = replace(check("run-1", "fail", WAIVER.check_id), failed_records=3, message="Too many")


def test_a_failure_within_the_ceiling_is_a_warning_that_names_its_waiver() -> None:
    borne = applied(FAILED, {WAIVER.check_id: WAIVER}, TODAY)
    assert (borne.status, borne.severity) == ("fail", "warning")
    assert borne.waiver == "until 2026-11-27"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"failed_records": 4}, "bears 3 at most"),
        ({"failed_records": None}, "counted failures only"),
        ({"status": "error"}, "counted failures only"),
    ],
)
def test_more_than_that_blocks(change: dict[str, object], told: str) -> None:
    kept = applied(replace(FAILED, **change), {WAIVER.check_id: WAIVER}, TODAY)  # type: ignore[arg-type]
    assert (kept.severity, kept.waiver) == ("blocking", None)
    assert told in str(kept.message)


def test_an_expired_waiver_bears_nothing() -> None:
    kept = applied(FAILED, {WAIVER.check_id: WAIVER}, TODAY + timedelta(days=1))
    assert (kept.severity, kept.waiver) == ("blocking", None)
    assert "expired on 2026-11-27" in str(kept.message)


def test_a_pass_is_left_alone_and_so_is_any_other_check() -> None:
    for result in (replace(FAILED, status="pass"), replace(FAILED, check_id="other")):
        assert applied(result, {WAIVER.check_id: WAIVER}, TODAY) == result


@pytest.mark.parametrize(
    ("result", "day", "status"),
    [
        (FAILED, TODAY, "pass"),
        (FAILED, TODAY + timedelta(days=1), "fail"),
        (replace(FAILED, failed_records=4), TODAY, "fail"),
        (replace(FAILED, status="pass"), TODAY, "not_applicable"),
        (replace(FAILED, check_id="other"), TODAY, "error"),
    ],
)
def test_each_waiver_is_a_check_of_its_own(result, day, status) -> None:  # type: ignore[no-untyped-def]
    held = {WAIVER.check_id: WAIVER}
    [own] = own_results(held, [applied(result, held, day)], "run-1", day)
    assert (own.check_id, own.status) == ("waiver.volume.hate.report", status)
    assert own.severity == "warning"


def test_results_are_kept_as_their_waivers_leave_them(home: Home) -> None:
    settings = load_settings(home)
    tomorrow = replace(WAIVER, expires=date.today() + timedelta(days=1))
    with ddl.open_warehouse(home, settings) as con:
        ddl.ensure(con, {}, settings)
        waivers.write(con, [tomorrow])
        kept = append(con, [FAILED, check("run-1", "pass", "other")])
        assert of_run(con, "run-1") == kept
        assert [result.severity for result in kept] == ["warning", "blocking"]
        waivers.write(con, [])
        assert waivers.held(con) == {}


HEADER = "check_id,ceiling,reason,owner,expires"


def test_a_home_replaces_and_adds(tmp_path: Path) -> None:
    project, home = tmp_path / "register.csv", tmp_path / "waivers.csv"
    project.write_text(f"{HEADER}\na,1,why,me,2026-12-01\nb,2,why,me,2026-12-01\n")
    home.write_text(f"{HEADER}\nb,9,because,you,2027-01-01\nc,3,why,you,2027-01-01\n")
    found = waivers.in_force(home, project)
    assert [(waiver.check_id, waiver.ceiling, waiver.owner) for waiver in found] == [
        ("a", 1, "me"), ("b", 9, "you"), ("c", 3, "you"),
    ]  # fmt: skip
    assert waivers.in_force(tmp_path / "absent.csv", tmp_path / "absent.csv") == []


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",1,why,me,2026-12-01", "check_id"),
        ("a,many,why,me,2026-12-01", "ceiling"),
        ("a,-1,why,me,2026-12-01", "ceiling"),
        ("a,1,,me,2026-12-01", "reason"),
        ("a,1,why,,2026-12-01", "owner"),
        ("a,1,why,me,some day", "expires"),
        ("a,1,why,me,2026-12-01\na,1,why,me,2026-12-01", "check_id"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, line: str, column: str) -> None:
    path = tmp_path / "waivers.csv"
    path.write_text(f"{HEADER}\n{line}\n")
    with pytest.raises(
        UsageError, match=rf"waivers.csv, line {2 + line.count(chr(10))}, column {column}: "
    ):
        waivers.read(path)
    path.write_text("check,ceiling\n")
    with pytest.raises(UsageError, match="line 1: the columns must be"):
        waivers.read(path)
