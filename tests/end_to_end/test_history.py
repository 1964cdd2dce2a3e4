"""Each night leaves a set of results; pages show the history, and do not grow without end."""

from pathlib import Path

import pytest

from data_quality import delivery, history
from data_quality.checkpoint import run_checks
from data_quality.pages import write_pages
from data_quality.pages.reading import MOST_RUNS, MOST_RUNS_OF_RESULTS
from orchestration.dbt_program import prepared_manifest
from orchestration.expectations import kept
from orchestration.night import Night
from tests.end_to_end.running import copied, partner
from warehouse import results
from warehouse.home import Home
from warehouse.publication import publish
from warehouse.settings import load_settings

NIGHTS = 2
LATEST = f"night-{NIGHTS - 1}"
# What a night adds to the pages while the history is shorter than they show: a row for each
# partner's score, one for each outcome of the checks, and a mark for each in two pictures.
MOST_BYTES_A_NIGHT = 6_000


@pytest.fixture(scope="module")
def home(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of the small home after more nights of checks and publications."""
    home = copied(small_home, tmp_path_factory.mktemp("nights") / "home")
    for number in range(NIGHTS):
        after_the_build(home, f"night-{number}")
    return home


def after_the_build(home: Home, run_id: str) -> None:
    """What a night does with built tables: checks, history, publication."""
    night = Night(home, load_settings(home), run_id)
    with night.warehouse() as con:
        results.append(con, delivery.results(con, run_id, "ingest"))
    found = run_checks(home.warehouse_file, run_id, night.data_docs)
    kept(night, found)
    publish(
        home,
        night.settings,
        run_id,
        prepared_manifest(),
        data_docs=night.data_docs,
        pages={"quality": write_pages},
    )


def size(publication: Path) -> int:
    """Bytes of the pages that history could make grow, Data Docs among them."""
    pages = publication / "quality"
    return sum(
        path.stat().st_size
        for path in pages.rglob("*")
        if path.is_file() and path.parent.name != "dbt"
    )


def test_every_night_left_its_results(home: Home) -> None:
    counted = partner(
        home,
        "select run_id, count(*), count(distinct check_id) from marts.check_result "
        "where run_id like 'night-%' group by 1 order by 1",
    )
    assert [row[0] for row in counted] == [f"night-{number}" for number in range(NIGHTS)]
    assert len({row[1:] for row in counted}) == 1
    assert counted[0][1] > 100
    scores = partner(
        home,
        "select count(distinct run_id), count(*) from marts.maturity_history "
        "where feed = 'all' and run_id like 'night-%'",
    )
    assert scores == [(NIGHTS, NIGHTS)]


def test_an_unchanged_month_is_kept_once(home: Home) -> None:
    """The first night kept every month; the others found the same and kept nothing."""
    assert partner(
        home,
        "select count(*), count(distinct (feed, field, month)) from marts.completeness_history",
    ) == partner(home, "select count(*), count(*) from marts.recording_completeness")


def test_a_correction_is_kept_beside_what_was(home: Home) -> None:
    night = Night(home, load_settings(home), "corrected")
    with night.warehouse() as con:
        con.execute("begin")
        con.execute(
            "update marts.recording_completeness set valid = valid - 1, missing = missing + 1 "
            "where field = 'location' and month = date '2019-05-01'"
        )
        con.execute("commit")
        try:
            for _ in range(2):  # a step that is tried again keeps nothing twice
                history.keep(con, night.run_id)
            [(of_run, valid)] = con.execute(
                "select count(*), min(valid) from quality.completeness_history "
                "where run_id = 'corrected'"
            ).fetchall()
            [(before,)] = con.execute(
                "select valid from quality.completeness_history where field = 'location' "
                "and month = date '2019-05-01' and run_id <> 'corrected'"
            ).fetchall()
        finally:
            for table in ("completeness_history", "maturity_history"):
                con.execute(f"delete from quality.{table} where run_id = 'corrected'")
            con.execute(
                "update marts.recording_completeness set valid = valid + 1, "
                "missing = missing - 1 where field = 'location' and month = date '2019-05-01'"
            )
    assert (of_run, valid) == (1, before - 1)


def test_the_pages_show_the_history_and_grow_by_no_more_than_a_bound(home: Home) -> None:
    kept = sorted(path for path in home.published.iterdir() if not path.is_symlink())
    earlier, last = kept[-1 - NIGHTS // 2], kept[-1]
    assert home.current.resolve() == last
    assert size(last) - size(earlier) < MOST_BYTES_A_NIGHT * NIGHTS // 2
    index = (last / "quality" / "index.html").read_text(encoding="utf-8")
    assert index.count("<td>police</td>") >= NIGHTS


def test_the_history_of_years_shows_its_last_nights(home: Home, tmp_path: Path) -> None:
    """Five hundred nights more: the tables hold them, the pages the last ones."""
    longer = copied(home, tmp_path / "home")
    night = Night(longer, load_settings(longer), LATEST)
    with night.warehouse() as con:
        con.execute(
            "insert into quality.maturity_history by name select past_run.* replace "
            "('old-' || n as run_id, recorded_at - to_days(n::integer) as recorded_at) "
            "from quality.maturity_history as past_run, range(1, 501) as past (n) "
            f"where run_id = '{LATEST}'"
        )
        con.execute(
            "insert into quality.check_result by name select past_run.* replace "
            "('old-' || n as run_id, checked_at - to_days(n::integer) as checked_at) "
            "from quality.check_result as past_run, range(1, 501) as past (n) "
            f"where run_id = '{LATEST}'"
        )
    before = size(longer.current.resolve())
    with night.warehouse() as con:
        results.append(con, delivery.results(con, LATEST, "ingest"))
    publish(longer, night.settings, LATEST, prepared_manifest(), data_docs=night.data_docs,
            pages={"quality": write_pages})  # fmt: skip
    grown = size(longer.current.resolve()) - before
    assert grown < MOST_BYTES_A_NIGHT * max(MOST_RUNS, MOST_RUNS_OF_RESULTS)
    index = (longer.current / "quality" / "index.html").read_text(encoding="utf-8")
    assert index.count("<td>police</td>") < MOST_RUNS + 50
    assert partner(longer, "select count(distinct run_id) > 500 from marts.check_result") == [
        (True,)
    ]
