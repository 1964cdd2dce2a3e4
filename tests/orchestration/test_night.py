"""A home's nights in this process: published, unchanged, blocked, mended, failed."""

import json
import stat
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.instance import opened
from orchestration.progress import Progress
from orchestration.run import run_nightly
from tests.end_to_end.running import SETTINGS
from tests.warehouse.street_files import land, row, street_csv
from warehouse import status
from warehouse.errors import CspError, UsageError
from warehouse.home import Home
from warehouse.locking import RunLock
from warehouse.runs import Ending

LATER = 1_700_000_000
ROWS = [row(number, month) for number in range(40) for month in ("2020-04", "2020-05")]


def without_id(line: str) -> str:
    return line[line.index(",") :]


@dataclass
class Story:
    """What each night of the home came to, and what was told meanwhile."""

    home: Home
    told: dict[str, list[Progress]] = field(default_factory=dict)
    outcomes: dict[str, Ending] = field(default_factory=dict)
    current: dict[str, Path | None] = field(default_factory=dict)

    def night(self, name: str) -> None:
        told: list[Progress] = []
        self.outcomes[name] = run_nightly(self.home, listener=told.append)
        self.told[name] = told
        self.current[name] = self.home.current.resolve() if self.home.current.exists() else None


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Four nights of one home; two take long, so every test reads the same ones."""
    home = Home(tmp_path_factory.mktemp("story") / "home")
    home.init(SETTINGS)
    story = Story(home)
    land(home, "two-months.csv", street_csv(map(without_id, ROWS)))
    story.night("blocked")
    land(home, "two-months.csv", street_csv(ROWS), when=LATER)
    story.night("published")
    story.night("unchanged")
    (home.archive / "police").rename(home.archive / "moved")
    (home.archive / "police").write_text("a file where a folder belongs")
    land(home, "another.csv", street_csv([row(99, "2020-06")]), when=LATER + 2)
    story.night("failed")
    return story


def asked(home: Home, query: str, *values: object) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        return con.execute(query, list(values)).fetchall()


def test_a_good_extract_is_published(story: Story) -> None:
    outcome = story.outcomes["published"]
    assert (outcome.status, outcome.what_to_do) == ("published", None)
    current = story.current["published"]
    assert current is not None
    assert outcome.publication_id == current.name


def test_each_step_tells_that_it_started_and_finished(story: Story) -> None:
    told = story.told["published"]
    steps = ["prepare", "ingest", "dbt_build", "great_expectations", "publication"]
    assert [p.step for p in told if p.kind == "started"] == steps
    assert [p.step for p in told if p.kind == "finished"] == steps
    counted = [p for p in told if p.step == "dbt_build" and p.total]
    assert counted
    assert max(p.done or 0 for p in counted) <= counted[0].total


def test_a_night_with_nothing_new_stops_after_looking(story: Story) -> None:
    assert story.outcomes["unchanged"].status == "unchanged"
    assert story.current["unchanged"] == story.current["published"]
    steps = {p.step for p in story.told["unchanged"]}
    assert steps == {"prepare", "ingest"}


def test_a_late_feed_is_found_and_csp_status_knows_since_when(story: Story) -> None:
    for outcome in (story.outcomes["blocked"], story.outcomes["published"]):
        [(found, message)] = asked(
            story.home,
            "select status, message from quality.check_result "
            "where run_id = ? and check_id = 'timeliness.police.street_crime'",
            outcome.run_id,
        )
        assert found == "fail"
        assert "45 allowed. Ask the partner" in str(message)
    due = {feed["feed"]: feed.get("due_on") for feed in status.read(story.home)["feeds"]}
    assert due["police/street_crime"] == "2023-12-29"  # 45 days after the newest file
    assert due["hate/report"] is None


def test_a_blocking_check_stops_publication_and_says_what_to_do(story: Story) -> None:
    outcome = story.outcomes["blocked"]
    assert outcome.status == "blocked"
    assert "csp status" in str(outcome.what_to_do)
    assert story.current["blocked"] is None
    failed = asked(
        story.home,
        "select check_id, severity, records, failed_records from quality.check_result "
        "where run_id = ? and status = 'fail' and severity = 'blocking'",
        outcome.run_id,
    )
    assert ("completeness.police.street_crime.crime_id", "blocking", 80, 80) in failed
    note = (story.home.failures / f"{outcome.run_id}.txt").read_text()
    assert note.startswith(f"Run {outcome.run_id} blocked in step publication.")


def test_a_step_that_breaks_fails_the_run_and_leaves_the_publication(story: Story) -> None:
    outcome = story.outcomes["failed"]
    assert outcome.status == "failed"
    assert story.current["failed"] == story.current["published"]
    text = (story.home.failures / f"{outcome.run_id}.txt").read_text()
    assert "in step ingest" in text
    status = json.loads(story.home.status_file.read_text())
    assert (status["last_run"]["run_id"], status["last_run"]["status"]) == (
        outcome.run_id,
        "failed",
    )


@pytest.mark.parametrize(
    ("scope", "months"),
    [
        ("not like '%.latest_month'", "true"),
        (
            "like '%.latest_month'",
            "month = (select max(month) from marts.recording_completeness "
            "where feed = 'street_crime')",
        ),
    ],
    ids=["all months", "the latest month"],
)
def test_the_mart_and_great_expectations_count_the_same(
    story: Story, scope: str, months: str
) -> None:
    checks = asked(
        story.home,
        "select column_name, records, records - failed_records from quality.check_result "
        "where run_id = ? and suite = 'great_expectations' and dimension = 'completeness' "
        f"and feed = 'police/street_crime' and check_id {scope}",
        story.outcomes["published"].run_id,
    )
    mart = asked(
        story.home,
        "select field, sum(records - not_applicable), sum(valid) "
        f"from marts.recording_completeness where feed = 'street_crime' and {months} "
        "group by field",
    )
    assert len(checks) == 5
    assert set(checks) == set(mart)


def test_runs_are_seen_in_dagster_with_rows_and_checks(story: Story) -> None:
    with opened(story.home) as instance:
        statuses = [record.dagster_run.status for record in instance.get_run_records()]
        assert statuses == [
            dg.DagsterRunStatus.FAILURE,
            dg.DagsterRunStatus.SUCCESS,
            dg.DagsterRunStatus.SUCCESS,
            dg.DagsterRunStatus.FAILURE,
        ]
        event = instance.get_latest_materialization_event(
            dg.AssetKey(["raw", "police", "street_crime"])
        )
        assert event is not None
        assert event.asset_materialization is not None
        metadata = event.asset_materialization.metadata
        assert metadata["dagster/row_count"].value == len(ROWS) * 2
        assert metadata["rejected_rows"].value == 0
        run_id = story.outcomes["published"].run_id
        checks = [
            entry.dagster_event.asset_check_evaluation_data
            for entry in instance.all_logs(run_id)
            if entry.dagster_event
            and entry.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
        ]
        assert {
            "reconciliation__police__street_crime",
            "completeness__police__street_crime__crime_id",
        } <= {check.check_name for check in checks}


def test_dagsters_own_files_are_the_owners_alone_and_telemetry_is_off(story: Story) -> None:
    assert "telemetry:\n  enabled: false" in (story.home.dagster / "dagster.yaml").read_text()
    assert stat.S_IMODE(story.home.dagster.stat().st_mode) == 0o700


def test_a_second_run_is_refused_while_one_goes_on(home: Home) -> None:
    with RunLock(home), pytest.raises(CspError, match="already going on"):
        run_nightly(home)


def test_without_a_home_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csp init"):
        run_nightly(Home(tmp_path / "none"))
