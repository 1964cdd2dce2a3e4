"""The promises of a night: nothing twice, nothing half, nothing lost, nothing unchecked published.

Each test works on a copy of a small home and lands small extracts in the publisher's format.
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from demo.formats import zip_bytes
from tests.end_to_end.running import CSP, STREET, copied, csp, land, partner, query, run, status
from tests.end_to_end.street_story import LEICESTERSHIRE, Story, street_csv
from tests.end_to_end.test_incremental import compare
from tests.warehouse import canaries
from tests.warehouse.test_damaged_files import TWENTY
from warehouse.contract import load_contract
from warehouse.home import Home
from warehouse.publication import list_publications

NEXT, LAST, REPLACED = "2020-02", "2020-01", "2019-12"


@pytest.fixture
def home(small_home: Home, tmp_path: Path) -> Home:
    """A copy of the small home."""
    return copied(small_home, tmp_path / "home")


def extract(month: str, rows: int, seed: int = 7) -> bytes:
    """An extract of the Leicestershire police with so many new crimes and incidents."""
    return street_csv({(LEICESTERSHIRE, month): Story(seed).crimes(LEICESTERSHIRE, rows)})


def deliver(home: Home, name: str, content: bytes) -> None:
    """Land a file as the newest, complete for half a minute."""
    land(home, STREET, name, content, time.time() - 30)


def folders(home: Home) -> list[str]:
    return sorted(path.name for path in home.published.iterdir())


def publications(home: Home) -> set[str]:
    """The ids that are kept, as `csp publications` lists them."""
    return {each.id for each in list_publications(home)}


def test_the_same_bytes_again_publish_nothing(home: Home) -> None:
    before, current = folders(home), home.current.resolve()
    [kept] = (home.archive / STREET).iterdir()
    deliver(home, "again-a.zip", kept.read_bytes())
    deliver(home, "again-b.zip", kept.read_bytes())
    done = run(home)
    assert "nothing to do" in done.output
    assert folders(home) == before
    assert home.current.resolve() == current
    assert status(home)["last_run"]["status"] == "unchanged"
    assert not list((home.landing / STREET).iterdir())
    rows = query(
        home.warehouse_file,
        "select status, reason from quality.load_audit where file_name like 'again-%'",
    )
    assert [row[0] for row in rows] == ["duplicate", "duplicate"]


# A few rows of every partner whose records name people, in months that the small home covers.
PARTNERS = {
    "police/recorded_crime": "crime_ref,recorded_date,offence_code,lsoa_code,domestic_flag\n"
    "C1,2019-05-02,105A,{lsoa},Y\nC2,2019-06-03,28A,{lsoa},N\n",
    "police/incident": "incident_no,created_at,category,qualifier,lsoa_code\n"
    "I1,2019-05-02 10:00,Anti-social behaviour,nuisance,{lsoa}\n",
    "hate/report": "report_id,reported_date,source,kind,strands,district_code\n"
    "H1,2019-05-02,police,offence,racial,E07000129\n",
    "marac/hearing": "case_id,victim_id,perpetrator_id,referral_date,hearing_date,district_code\n"
    "M1,V1,P1,2019-05-02,2019-05-20,E07000129\nM2,V1,P1,2019-06-02,2019-06-20,E07000129\n",
    "probation/caseload": "offender_id,period_start,period_end,district_code,reoffended\n"
    "O1,2018-04-01,2019-03-31,E07000129,Y\n",
    "youth/disposal": "disposal_id,young_person_id,disposal_date,tier,court_conviction,"
    "first_entry,district_code\nD1,Y1,2019-05-02,custody,Y,Y,E07000129\n",
}


# What a publication says of itself, and of the checks of its run.
OF_THE_RUN = {"publication", "check_result", "maturity_history", "disclosure"}
DISCLOSED = {"indicator_value", "indicator_summary"}


def _public(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the public file, its rows in order; refused files are told apart.

    Of the tables after disclosure control the rows of open data, and no table of it itself.
    """
    with duckdb.connect(str(home.current / "public.duckdb"), read_only=True) as con:
        of_periods = "select table_name from duckdb_columns() where column_name = 'period_type'"
        periods = {name for (name,) in con.sql(of_periods).fetchall()}
        names = {name for (name,) in con.sql("select table_name from duckdb_tables()").fetchall()}
        return {
            name: con.sql(
                f"select * from marts.{name} "
                + "where status <> 'refused' " * (name == "load_audit")
                # Which twelve months are asked for follows the months that all have sent.
                + "where period_type <> 'year_to' " * (name in periods)
                + "and indicator_id like 'street%' " * (name in DISCLOSED)
                + "order by all"
            ).fetchall()
            for name in names - OF_THE_RUN
        }


class TwoNights(NamedTuple):
    """A home after two nights, and what was seen of them.

    `landed` and `first` are copies of it before and after the first night.
    """

    home: Home
    landed: Home
    first: Home
    rows_before: int
    output: str
    public: list[dict[str, list[tuple[Any, ...]]]]


@pytest.fixture(scope="module")
def two_nights(small_home: Home, tmp_path_factory: pytest.TempPathFactory) -> TwoNights:
    """Two nights.

    The first has good and broken extracts of the police; the second what partners send whose
    records name people, files full of canaries, and twenty damaged files.
    """
    folder = tmp_path_factory.mktemp("two-nights")
    home = copied(small_home, folder / "home")
    [(before,)] = partner(home, _count(REPLACED))
    good = extract(NEXT, 60)
    deliver(home, f"{NEXT}-leicestershire-street.csv", good)
    deliver(home, f"{REPLACED}-again.csv", extract(REPLACED, 40, seed=8))
    deliver(home, "missing-column.csv", good.replace(b",Crime type,", b",Kind,", 1))
    deliver(home, "ragged.csv", _ragged(extract(LAST, 30, seed=9)))
    deliver(home, "utf-16.csv", good.decode().encode("utf-16"))
    whole = zip_bytes({f"{NEXT}/{NEXT}-leicestershire-street.csv": good})
    deliver(home, "truncated.zip", whole[: len(whole) * 2 // 3])
    [(lsoa,)] = query(
        home.warehouse_file,
        "select min(area_code) from facts.dim_area "
        "where area_type = 'lsoa' and district_code = 'E07000129'",
    )
    landed = copied(home, folder / "landed")
    run(home)
    first = copied(home, folder / "first")
    public = [_public(home)]
    told = status(home)
    for feed in ("police/recorded_crime", "marac/hearing", "probation/caseload"):
        canaries.land(home, load_contract(feed))
    for feed, name, content, _ in TWENTY.values():
        land(home, feed, name, content, time.time() - 40)
    for feed, text in PARTNERS.items():
        land(home, feed, "extract.csv", text.format(lsoa=lsoa).encode(), time.time() - 30)
    output = run(home).output
    public.append(_public(home))
    # What `csp status --json` says of the broken files of the first.
    assert {item["file"] for item in told["refused"]} >= {"missing-column.csv", "truncated.zip"}
    assert any(f"{STREET}/ragged.csv: 2 of 30 rows" in line for line in told["noticed"])
    [street] = [feed for feed in told["feeds"] if feed["feed"] == STREET]
    assert (street["rejected"], street["latest_month"]) == (2, NEXT)
    return TwoNights(home, landed, first, before, output, public)


def test_good_files_count_and_broken_ones_are_refused_or_rejected(two_nights: TwoNights) -> None:
    """The newer file stands for its month whole; what was broken has the place and the reason."""
    home = two_nights.home
    assert 0 < two_nights.rows_before < 40
    assert _one(home, _count(REPLACED)) == 40
    assert _one(home, _count(NEXT)) == 60
    assert _one(home, _count(LAST)) == 28
    audited = {
        row[0]: row[1:]
        for row in query(
            home.warehouse_file,
            "select file_name, status, rejected, reason from quality.load_audit "
            "where file_name in "
            "('missing-column.csv', 'ragged.csv', 'utf-16.csv', 'truncated.zip')",
        )
    }
    assert audited["ragged.csv"][:2] == ("loaded", 2)
    for name, words in (
        ("missing-column.csv", "Crime type"),
        ("utf-16.csv", ""),
        ("truncated.zip", "zip"),
    ):
        assert audited[name][0] == "refused"
        assert words in audited[name][2]
        assert (home.refused / STREET / name).is_file()
        assert (home.refused / STREET / f"{name}.reason.json").is_file()
    rejected = query(
        home.warehouse_file,
        "select line_number, reason, raw_line from quality.rejected_row "
        "where file_name = 'ragged.csv' order by 1",
    )
    assert [row[0] for row in rejected] == [6, 11]
    assert all(row[1] and row[2] for row in rejected)


def test_a_night_tells_no_text_of_a_file_and_damaged_files_cost_themselves_alone(
    two_nights: TwoNights,
) -> None:
    home, output = two_nights.home, two_nights.output
    assert canaries.CANARY not in output.lower()
    assert canaries.found_in(home) == []
    for feed, name, _, _ in TWENTY.values():
        told = [line for line in output.splitlines() if f"WARNING {feed}/{name}" in line]
        assert any(" refused: " in line for line in told), name
    kept = list(home.failures.glob("*.debug.txt"))
    assert kept
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)


def test_public_says_nothing_of_what_partners_send(two_nights: TwoNights) -> None:
    """Public is what it was before any partner's extract landed; partners see what they sent.

    But for whole years of districts and above, which disclosure control lets through.
    """
    before, after = two_nights.public
    assert [name for name in before if before[name] != after.get(name)] == []
    assert after.keys() == before.keys()
    for indicator in ("all_crime", "asb_incidents", "hate_reports", "marac_cases"):
        assert _one(
            two_nights.home,
            "select numerator from marts.indicator_value where area_type = 'county' "
            f"and indicator_id = '{indicator}' and period_label = '2019-05'",
        )
    database = two_nights.home.current / "public.duckdb"
    shown = query(
        database,
        "select distinct period_type, area_type, is_complete from marts.indicator_value "
        "where indicator_id not like 'street%'",
    )
    assert {(period, whole) for period, _, whole in shown} <= {
        ("financial_year", True),
        ("year_to", True),
    }
    assert {kind for _, kind, _ in shown} <= {"district", "partnership", "county"}
    checks = f"select count(*) > 0 from marts.check_result where feed in {tuple(PARTNERS)}"
    assert partner(two_nights.home, checks) == [(True,)]
    assert query(database, checks) == [(False,)]


def _count(month: str) -> str:
    """Rows in force of the Leicestershire police for a month whose file holds no other."""
    return (
        "select accepted from marts.load_audit as a join marts.feed_coverage as c "
        "on a.file_name = c.file_name and a.status = 'loaded' "
        f"where period_label = '{month}' and source = '{LEICESTERSHIRE}'"
    )


def _one(home: Home, sql: str) -> int:
    [(value,)] = partner(home, sql)
    return int(value)


def _ragged(content: bytes) -> bytes:
    """One row cut short (line 6), one with a field too many (line 11)."""
    lines = content.decode().splitlines()
    lines[5] = ",".join(lines[5].split(",")[:4])
    lines[10] += ",one more"
    return ("\n".join(lines) + "\n").encode()


# What a run prints when it is in the middle of a step, and how it is ended there. Loading is killed
# at every step of a file in tests/warehouse/test_crash.py.
ENDS = (
    (" of ", signal.SIGTERM),
    (" of ", signal.SIGKILL),
    ("auditing", signal.SIGKILL),
)


def test_a_run_ended_at_any_moment_and_run_again_gives_the_same_tables(
    two_nights: TwoNights,
) -> None:
    """Killed it says nothing; systemd's stop and a shutdown send SIGTERM, which it answers."""
    home, undisturbed = two_nights.landed, two_nights.first
    before, rng = publications(home), random.Random(5)
    for moment, number in ENDS:
        ended, said = _signalled_at(home, moment, rng.random() * 0.3, number)
        assert moment in said
        if number == signal.SIGTERM:  # dbt's queries are cancelled and waited for
            assert (ended, "interrupted" in said) == (1, True), said
            told = status(home)["last_run"]
            assert told["status"] == "failed"
            assert "interrupted" in told["message"]
        # A machine may be quick enough to have published between the last moment and the kill:
        # then that publication stands, whole, and the next run has nothing to do.
        last = moment == ENDS[-1][0]
        if number == signal.SIGKILL:
            assert ended == -signal.SIGKILL or (last and ended == 0), f"{moment!r}:\n{said}"
        added = publications(home) - before
        assert not added or (last and added == {home.current.resolve().name})
        assert partner(home, "select count(*) from marts.indicator_value")[0][0] > 0
    run(home)
    assert _one(home, _count(NEXT)) == 60
    assert compare(home.warehouse_file, undisturbed.warehouse_file) == {}
    assert len(publications(home)) == len(before) + 1
    published = home.current / "partner.duckdb"
    assert compare(published, undisturbed.current / "partner.duckdb") == {}
    assert query(home.warehouse_file, _AUDIT) == query(undisturbed.warehouse_file, _AUDIT)


_AUDIT = (
    "select file_name, status, data_rows, accepted, rejected, skipped, cleared "
    "from quality.load_audit order by file_id, file_name"
)


def _signalled_at(home: Home, moment: str, after: float, number: signal.Signals) -> tuple[int, str]:
    """Start `csp run` and signal its processes so long after it says the moment.

    Returns the exit status and what was said.
    """
    with subprocess.Popen(
        [CSP, "run", "--home", str(home.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    ) as program:
        assert program.stdout is not None
        said = []
        for line in program.stdout:
            said.append(line)
            if moment in line:
                time.sleep(after)
                os.killpg(program.pid, number)
                break
        said.append(program.stdout.read())
    return program.returncode, "".join(said)


def test_rows_that_do_not_reconcile_stop_publication(home: Home) -> None:
    before, current = folders(home), home.current.resolve()
    deliver(home, f"{NEXT}.csv", extract(NEXT, 60))
    with duckdb.connect(str(home.warehouse_file)) as con:
        con.execute(
            "update raw.load_period set row_count = row_count + 1 where month = '2019-05-01'"
        )
    done = csp(home, "run")
    assert done.exit_code == 1
    assert "assert_rows_reconcile" in done.output
    assert folders(home) == before
    assert home.current.resolve() == current
    told = status(home)
    assert told["last_run"]["status"] == "blocked"
    assert told["publication"]["id"] == current.name
    [check] = [each for each in told["not_passed"] if each["check_id"].endswith("reconcile")]
    assert (check["severity"], check["status"]) == ("blocking", "fail")
    assert "assert_rows_reconcile" in home.blocked_page.read_text(encoding="utf-8")
