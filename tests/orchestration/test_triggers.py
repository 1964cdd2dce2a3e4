"""The night starts at two, English time, and when landed files are complete; once for them."""

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from hypothesis import given
from hypothesis import strategies as st

from orchestration.dbt_program import prepared_manifest
from orchestration.definitions import definitions_of
from orchestration.triggers import Watch, fingerprint, look
from tests.warehouse.street_files import land, row, street_csv
from warehouse.home import Home
from warehouse.ingest.landing import Landed
from warehouse.locking import RunLock

LONDON = ZoneInfo("Europe/London")


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return definitions_of(prepared_manifest())


@pytest.fixture
def watched(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("CSP_HOME", str(home.root))
    return home


def tick(defs: dg.Definitions, cursor: str | None) -> tuple[list[dg.RunRequest], str | None, str]:
    """One evaluation of the sensor through Dagster: (run requests, new cursor, why not)."""
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance, cursor=cursor, definitions=defs, sensor_name="landing"
        )
        found = defs.get_repository_def().get_sensor_def("landing").evaluate_tick(context)
    return list(found.run_requests or []), found.cursor, found.skip_message or ""


@pytest.mark.parametrize(
    "day", [datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)]
)
def test_the_schedule_ticks_at_two_in_the_morning_in_winter_and_summer(
    defs: dg.Definitions, day: datetime
) -> None:
    schedule = defs.get_repository_def().get_schedule_def("nightly")
    first = next(
        schedule_execution_time_iterator(
            day.timestamp(), schedule.cron_schedule, schedule.execution_timezone
        )
    )
    assert first.astimezone(LONDON).strftime("%H:%M") == "02:00"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=first,
            repository_def=defs.get_repository_def(),
        )
        requests = schedule.evaluate_tick(context).run_requests
    assert len(requests or []) == 1


def test_landed_files_start_one_run_and_no_second(watched: Home, defs: dg.Definitions) -> None:
    assert tick(defs, None)[2] == "Nothing has landed."
    land(watched, "a.csv", street_csv([row(1)]))
    requests, cursor, _ = tick(defs, None)
    assert len(requests) == 1
    assert requests[0].run_key
    again, cursor, why = tick(defs, cursor)
    assert again == []
    assert "unchanged" in why
    land(watched, "b.csv", street_csv([row(2)]))
    more, _, _ = tick(defs, cursor)
    assert len(more) == 1
    assert more[0].run_key != requests[0].run_key


def test_a_file_still_being_written_starts_nothing(watched: Home, defs: dg.Definitions) -> None:
    path = land(watched, "a.csv", street_csv([row(1)]))
    os.utime(path)
    requests, _, why = tick(defs, None)
    assert (requests, why) == ([], "Files are still being written.")


def test_the_same_file_landed_again_after_a_run_starts_another(
    watched: Home, defs: dg.Definitions
) -> None:
    path = land(watched, "a.csv", street_csv([row(1)]))
    first, cursor, _ = tick(defs, None)
    path.unlink()
    _, cursor, _ = tick(defs, cursor)
    land(watched, "a.csv", street_csv([row(1)]))
    second, _, _ = tick(defs, cursor)
    assert [r.run_key for r in first] != [r.run_key for r in second]
    assert len(second) == 1


def test_a_run_going_on_is_not_joined_by_another(watched: Home, defs: dg.Definitions) -> None:
    land(watched, "a.csv", street_csv([row(1)]))
    with RunLock(watched):
        requests, _, why = tick(defs, None)
    assert requests == []
    assert "going on" in why
    assert len(tick(defs, None)[0]) == 1


files = st.builds(
    Landed,
    feed=st.just("police/street_crime"),
    path=st.sampled_from([Path("a.csv"), Path("b.csv")]),
    size=st.integers(0, 3),
    mtime_ns=st.integers(0, 40).map(lambda seconds: seconds * 1_000_000_000),
    inode=st.just(1),
)
looks = st.lists(st.tuples(st.lists(files, max_size=2), st.integers(1, 20)), max_size=12)


@given(looks=looks)
def test_any_history_asks_once_per_listing_and_never_for_a_young_one(
    looks: list[tuple[list[Landed], int]],
) -> None:
    watch, now, keys = Watch(), 0.0, []
    unchanged_since, last = 0.0, ""
    for found, seconds in looks:
        now += seconds
        if fingerprint(found) != last:
            unchanged_since, last = now, fingerprint(found)
        watch, key, _ = look(Watch.from_cursor(watch.to_cursor()), found, now, 10)
        if key is not None:
            keys.append(key)
            old = all(now - file.mtime_ns / 1e9 >= 10 for file in found)
            assert old or now - unchanged_since >= 10
            _, again, _ = look(watch, found, now + 1000, 10)
            assert again is None


def test_a_cursor_of_another_making_starts_afresh() -> None:
    assert Watch.from_cursor("not json") == Watch()
    assert Watch.from_cursor('{"unknown": 1}') == Watch()
    assert Watch.from_cursor(None) == Watch()
