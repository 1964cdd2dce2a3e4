"""A waiver bears a counted failure up to its ceiling and its last day, and nothing else."""

from dataclasses import astuple, replace
from datetime import date, timedelta

import pytest

from tests.warehouse.small_night import check
from warehouse import ddl
from warehouse.home import Home
from warehouse.home_tables import WAIVERS, Waiver
from warehouse.results import append, as_waived, of_run, of_waivers
from warehouse.settings import load_settings

TODAY = date(2026, 11, 27)
WAIVER = Waiver("volume.hate.report", 3, "A campaign", "Analyst", TODAY)
FAILED = replace(check("run-1", "fail", WAIVER.check_id), failed_records=3, message="Too many")


def test_a_failure_within_the_ceiling_is_a_warning_that_names_its_waiver() -> None:
    borne = as_waived(FAILED, {WAIVER.check_id: WAIVER}, TODAY)
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
    kept = as_waived(replace(FAILED, **change), {WAIVER.check_id: WAIVER}, TODAY)  # type: ignore[arg-type]
    assert (kept.severity, kept.waiver) == ("blocking", None)
    assert told in str(kept.message)


def test_an_expired_waiver_bears_nothing() -> None:
    kept = as_waived(FAILED, {WAIVER.check_id: WAIVER}, TODAY + timedelta(days=1))
    assert (kept.severity, kept.waiver) == ("blocking", None)
    assert "expired on 2026-11-27" in str(kept.message)


def test_a_pass_is_left_alone_and_so_is_any_other_check() -> None:
    for result in (replace(FAILED, status="pass"), replace(FAILED, check_id="other")):
        assert as_waived(result, {WAIVER.check_id: WAIVER}, TODAY) == result


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
    [own] = of_waivers(held, [as_waived(result, held, day)], "run-1", day)
    assert (own.check_id, own.status) == ("waiver.volume.hate.report", status)
    assert own.severity == "warning"


def test_results_are_kept_as_their_waivers_leave_them(home: Home) -> None:
    settings = load_settings(home)
    tomorrow = replace(WAIVER, expires=date.today() + timedelta(days=1))
    with ddl.open_warehouse(home, settings) as con:
        ddl.ensure(con, {}, settings)
        WAIVERS.write(con, [tuple(map(str, astuple(tomorrow)))])
        kept = append(con, [FAILED, check("run-1", "pass", "other")])
        assert of_run(con, "run-1") == kept
        assert [result.severity for result in kept] == ["warning", "blocking"]
