"""The commands as a user runs them: output, exit status, and one sentence for what is wrong."""

import csv
import io
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import commands, main
from cli.progress import LiveSteps, PlainLines
from cli.show import plain_table
from cli.status import _ranges
from demo import county
from orchestration.progress import Progress
from tests.warehouse.small_night import Night, small_night
from tests.warehouse.street_files import LONG_AGO, land
from warehouse import status as status_file
from warehouse.home import Home
from warehouse.locking import RunLock, ServiceLock
from warehouse.publication.tiers import TIERS

COMMANDS = {
    *("init", "demo", "run", "check", "feeds", "status", "query", "publications", "rollback", "up"),
    "withdraw",
    "check-claims",
    *("compare", "rebuild", "rotate-key", "erase", "purge"),
    "assess",
}
HEADER = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,Last outcome category,Context"  # noqa: E501
ROW = ",2020-04,Leicestershire Police,Leicestershire Police,-1.2,52.6,On or near X,E01025600,Blaby 001A,Anti-social behaviour,,"  # noqa: E501


def csp(*arguments: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)


def process(*arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    """The installed command, in a process of its own."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("csp")), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return small_night(Home(tmp_path / "home"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    night = small_night(Home(tmp_path_factory.mktemp("cli") / "home"), rows=600)
    night.publish()
    with night.connect() as con:
        status_file.record(night.home, con)
    return night.home


def test_every_command_of_the_interface_is_there_and_takes_a_home() -> None:
    assert set(main.commands) == COMMANDS
    for name in COMMANDS:
        shown = csp(name, "--help")
        assert shown.exit_code == 0
        assert "--home DIR" in shown.output


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, cli; "
        "print([m for m in ('duckdb', 'pydantic', 'dagster', 'dbt', 'rich.console', 'pyarrow') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert process("--help").returncode == 0


def test_choices_are_those_of_the_rooms_behind() -> None:
    assert commands.TIERS == TIERS
    assert set(commands.FORMATS) == {"table", "csv", "json"}
    assert list(commands.DEMO_COUNTIES) == county.names()


def test_init_makes_a_home_that_is_found_in_each_way(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = csp("init", "--home", home)
    assert made.exit_code == 0
    assert f"Made the home: {home}" in made.output
    assert (home / "csp.yml").is_file()
    assert (home / "pseudonym.key").stat().st_mode & 0o777 == 0o600
    key = (home / "pseudonym.key").read_text()
    assert "The home is ready" in csp("--home", home, "init").output
    assert csp("status", env={"CSP_HOME": str(home)}).exit_code == 0
    assert (home / "pseudonym.key").read_text() == key


def test_a_missing_home_is_a_usage_error(tmp_path: Path) -> None:
    for arguments in (["status"], ["feeds"], ["query", "select 1"], ["publications"], ["rollback"], ["run"], ["up"]):  # noqa: E501  # fmt: skip
        result = csp(*arguments, "--home", tmp_path / "none")
        assert result.exit_code == 2, arguments
        assert result.stderr == (
            f"csp: No home at {tmp_path / 'none'}: run `csp init --home {tmp_path / 'none'}`.\n"
        )


def test_a_wrong_setting_is_a_usage_error(home: Home) -> None:
    home.csp_yml.write_text(home.csp_yml.read_text().replace("geography:", "geographie:"))
    result = csp("run", "--home", home.root)
    assert result.exit_code == 2
    assert "geographie" in result.stderr
    assert "Traceback" not in result.output


def test_query_in_each_format(published: Home) -> None:
    sql = "select indicator_id, numerator from indicator_value order by all limit 2"
    table = csp("query", "--home", published.root, sql)
    assert table.stdout.splitlines() == [
        "indicator_id  numerator",
        "hate_reports          0",
        "hate_reports          1",
    ]
    assert "2 rows" in table.stderr
    as_csv = csp("query", "--home", published.root, sql, "--format", "csv")
    assert list(csv.DictReader(io.StringIO(as_csv.stdout)))[1] == {
        "indicator_id": "hate_reports",
        "numerator": "1",
    }
    as_json = csp("query", "--home", published.root, sql, "--format", "json", "--tier", "public")
    assert json.loads(as_json.stdout) == [
        {"indicator_id": "street_crime_rate", "numerator": 0},
        {"indicator_id": "street_crime_rate", "numerator": 1},
    ]


def test_a_long_table_says_that_it_was_cut(published: Home) -> None:
    shown = csp("query", "--home", published.root, "from indicator_value")
    assert len(shown.stdout.splitlines()) == 1001
    assert "first 1,000 rows" in shown.stderr
    whole = csp("query", "--home", published.root, "from indicator_value", "--format", "csv")
    assert len(whole.stdout.splitlines()) == 2401


def test_a_wrong_query_is_one_sentence(published: Home) -> None:
    for sql in ("from nowhere", "selec 1", "drop table indicator", "select x from indicator"):
        result = csp("query", "--home", published.root, sql)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1
        assert result.stderr.startswith("csp: ")
    assert "Traceback" in csp("query", "--home", published.root, "--debug", "from nowhere").stderr


def test_output_cut_by_its_reader_is_no_error(published: Home) -> None:
    sql = "from indicator_value a, range(50)"
    command = f"{Path(sys.executable).with_name('csp')} query --home {published.root} '{sql}' --format csv"  # noqa: E501
    done = subprocess.run(
        f"{command} | head -2", shell=True, capture_output=True, text=True, check=False
    )
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


def test_publications_and_rollback(night: Night) -> None:
    home = night.home.root
    assert "Nothing is published" in csp("publications", "--home", home).output
    assert csp("rollback", "--home", home).exit_code == 2
    first, second = night.publish(), night.publish()
    listed = csp("publications", "--home", home).stdout.splitlines()
    assert [line.split()[0] for line in listed[1:]] == ["current", first.id]
    back = csp("rollback", "--home", home)
    assert back.exit_code == 0
    assert f"Publication {first.id} of" in back.stdout
    listed = csp("publications", "--home", home).stdout.splitlines()
    assert [line.split()[0] for line in listed[1:]] == [second.id, "current"]
    assert csp("rollback", second.id, "--home", home).exit_code == 0
    unknown = csp("rollback", "nothing", "--home", home)
    assert unknown.exit_code == 2
    assert second.id in unknown.stderr


def test_status_for_people_and_for_programs(published: Home) -> None:
    found = json.loads(process("status", "--json", "--home", published.root).stdout)
    assert list(found)[:5] == ["home", "last_run", "publication", "feeds", "checks"]
    assert list(found["feeds"][0])[:5] == ["feed", "files", "accepted", "rejected", "latest_month"]
    shown = csp("status", "--home", published.root).stdout
    assert found["publication"]["id"] in shown
    assert "1 passed, 0 failed, 0 not applicable, 0 could not be evaluated" in shown
    assert "broken.csv" in shown
    assert "police/street_crime      1         9         1  2021-09" in shown


def test_status_says_what_waits_runs_stands_still_and_was_changed(night: Night) -> None:
    home = night.home
    publication = night.publish()
    shown = csp("status", "--home", home.root).output
    assert "nothing lies in landing/" in shown
    assert "`csp up` is not running: unless cron or another starts `csp run`, nothing" in shown
    land(home, "april.csv", b"x", LONG_AGO)
    partner = publication.folder / "partner.duckdb"
    partner.chmod(0o600)
    with partner.open("ab") as file:
        file.write(b"x")
    with RunLock(home) as run, ServiceLock(home):
        run.note("Publishing")
        shown = csp("status", "--home", home.root).output
    assert (
        "1 file in landing/ (police/street_crime: 1 file, the oldest of 2020-09-13T12:26:40Z)"
        in shown
    )
    assert "at the step 'Publishing' since" in shown
    assert "the nightly run and the landing sensor are on (`csp up`, process" in shown
    assert "NO LONGER WHAT ITS MANIFEST SAYS: partner.duckdb differs from its hash" in shown


def test_publications_are_verified_to_the_last_byte(night: Night) -> None:
    home = night.home
    first, second = night.publish(), night.publish()
    done = csp("publications", "--verify", "--home", home.root)
    assert done.exit_code == 0
    assert "2 publications read against the manifests: none differ." in done.stdout
    path = first.folder / "public.duckdb"
    then = path.stat()
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))
    done = csp("publications", "--verify", "--home", home.root)
    assert done.exit_code == 1
    assert f"publication {first.id}: public.duckdb differs from its hash." in done.stderr
    assert second.id not in done.stderr


def test_init_says_which_alerts_cannot_go_out(home: Home) -> None:
    with home.csp_yml.open("a", encoding="utf-8") as settings:
        settings.write("\nalerts:\n  - file:alerts.addresses\n")
    done = csp("init", "--home", home.root)
    assert done.exit_code == 0
    assert "No alert can go out by file:alerts.addresses" in done.stderr
    address = home.root / "alerts.addresses"
    address.touch(mode=0o600)
    address.write_text("jsons://chat.example.org/hook/secret\n", encoding="utf-8")
    done = csp("init", "--home", home.root)
    assert (done.exit_code, done.stderr) == (0, "")
    with home.csp_yml.open("a", encoding="utf-8") as settings:
        settings.write("  webhook: https://chat.example.org/hook/secret\n")
    done = csp("init", "--home", home.root)
    assert (done.exit_code, "secret" in done.output) == (2, False)


def test_status_answers_while_a_run_holds_the_warehouse(night: Night) -> None:
    with night.connect():
        done = process("status", "--json", "--home", night.home.root)
    assert done.returncode == 0
    assert json.loads(done.stdout)["last_run"] is None


def test_feeds_before_anything_was_received(home: Home) -> None:
    shown = csp("feeds", "--home", home.root)
    assert shown.exit_code == 0
    (street,) = [line for line in shown.stdout.splitlines() if "police/street_crime" in line]
    assert street.split() == ["police/street_crime", "monthly", "0"]


def test_feeds_compares_today_with_the_day_the_next_file_is_due(home: Home) -> None:
    days = {"police/incident": "2026-01-01", "hate/report": "9999-12-31", "fire/incident": None}
    feeds = [
        {"feed": feed, "files": 1, "latest_month": None, "due_on": day}
        for feed, day in days.items()
    ]
    home.status_file.write_text(json.dumps({"feeds": feeds}), encoding="utf-8")
    shown = csp("feeds", "--home", home.root).stdout.splitlines()
    assert [line.split()[0] for line in shown if "overdue" in line] == ["police/incident"]


def test_check_names_the_line_and_reason_and_loads_nothing(tmp_path: Path) -> None:
    file = tmp_path / "2020-04-leicestershire-street.csv"
    file.write_text(f"{HEADER}\n{ROW}\n{ROW.replace('2020-04', 'April')}\n{ROW}\n")
    result = csp(*("check", file, "--feed", "police/street_crime", "--home", tmp_path / "none"))
    assert result.exit_code == 0, result.output
    assert "3 data rows = 2 accepted + 1 rejected + 0 declared skips" in result.stdout
    (reject,) = [line for line in result.stdout.splitlines() if line.startswith(file.name + "  ")]
    assert reject.split()[1] == "3"
    assert "month (required)" in result.stdout
    assert not (tmp_path / "none").exists()


def test_check_says_why_a_file_would_be_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(HEADER.replace("Falls within", "Fell within") + "\n" + ROW + "\n")
    result = csp("check", file, "--feed", "police/street_crime")
    assert result.exit_code == 1
    assert "would be refused" in result.stdout
    assert "Falls within" in result.stdout


def test_check_of_a_wrong_feed_or_file_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a\n")
    assert csp("check", file, "--feed", "police/strete_crime").exit_code == 2
    missing = csp("check", tmp_path / "b.csv", "--feed", "police/street_crime")
    assert missing.exit_code == 2
    assert "b.csv" in missing.stderr
    assert csp("check", file).exit_code == 2


def test_the_demo_does_not_mix_with_a_partnerships_own_extracts(home: Home) -> None:
    (home.landing / "police/street_crime/real.csv").write_text(HEADER)
    result = csp("demo", "--home", home.root)
    assert result.exit_code == 2
    assert "landing/police/street_crime/real.csv" in result.stderr
    assert [p.name for p in home.landing.rglob("*") if p.is_file()] == ["real.csv"]


def test_the_demo_of_a_county_is_for_a_home_of_that_county(home: Home) -> None:
    """Neither the settings of another place are taken, nor two counties mixed."""
    settings = csp("demo", "--county", "cumbria", "--home", home.root)
    assert settings.exit_code == 2
    assert "names districts outside Cumbria" in settings.stderr
    (home.archive / ".demo").touch()
    mixed = csp("demo", "--county", "cumbria", "--home", home.root)
    assert mixed.exit_code == 2
    assert "holds the demo of leicestershire already" in mixed.stderr
    assert [p.name for p in home.landing.rglob("*") if p.is_file()] == []


def test_an_unexpected_error_is_one_sentence_and_a_traceback_with_debug(home: Home) -> None:
    home.status_file.write_text("{")
    plain = csp("status", "--home", home.root)
    assert plain.exit_code == 1
    assert len(plain.stderr.splitlines()) == 1
    assert "Traceback" in csp("--debug", "status", "--home", home.root).stderr


PROGRESS = [
    Progress("build", "started", "Building"),
    *(Progress("build", "detail", f"model {n}", n, 200) for n in range(1, 201)),
    Progress("build", "finished", "Building", seconds=2.5),
    Progress("publication", "started", "Publishing"),
    Progress("publication", "detail", "writing indicator"),
    Progress("publication", "failed", "Publishing", seconds=0.1),
]


def test_progress_as_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = PlainLines()
    for progress in PROGRESS:
        lines.hear(progress)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "Building ..."
    assert shown[1] == "  20 of 200: model 20"
    assert shown[11:] == [
        "Building: done, 2.5 s",
        "Publishing ...",
        "  writing indicator",
        "Publishing: failed, 0.1 s",
    ]


def test_a_step_that_says_nothing_is_heard_of_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Never ten seconds without a line, as long as signs of life come every two."""
    now = 0.0
    lines = PlainLines(lambda: now)
    lines.hear(Progress("build", "started", "Building"))
    said_at = [0.0]
    capsys.readouterr()
    for second in range(2, 100, 2):
        now = float(second)
        if second == 30:
            lines.hear(Progress("build", "detail", "model 7", 7, 200))
        lines.hear(Progress("build", "waiting", "Building", seconds=now))
        shown = capsys.readouterr().out.splitlines()
        assert len(shown) <= 1
        if shown:
            said_at.append(now)
            latest = " (7 of 200: model 7)" if second > 30 else ""
            assert shown == [f"  Building: {second} s so far{latest}"]
    gaps = {after - before for before, after in itertools.pairwise(said_at)}
    assert gaps == {8.0}


def test_progress_on_a_terminal() -> None:
    from rich.console import Console

    steps = LiveSteps()
    screens = []
    for progress in PROGRESS:
        steps.hear(progress)
        console = Console(width=100, file=io.StringIO())
        console.print(steps.render())
        screens.append(console.file.getvalue())  # type: ignore[attr-defined]
    assert "100/200 model 100" in screens[100]
    assert "✓ Building" in screens[-1]
    assert "✗ Publishing" in screens[-1]


def test_tables_and_ranges() -> None:
    assert plain_table(("a", "n"), [("x\ny", "1"), ("z", "20")], frozenset({1})) == [
        "a     n",
        "x y   1",
        "z    20",
    ]
    assert _ranges(["2019-12", "2020-01", "2020-03"]) == "2019-12 to 2020-01, 2020-03"


def test_an_extract_is_checked_in_a_home_that_names_nobody_yet(tmp_path: Path) -> None:
    home, file = tmp_path / "blank", tmp_path / "reports.csv"
    assert csp("init", "--home", str(home)).exit_code == 0
    file.write_text(
        "report_id,received_date,category,district_code\nR1,2011-03-01,Noise,E07000129\n"
    )
    said = csp("check", str(file), "--feed", "council/asb_report", "--home", str(home))
    assert said.exit_code == 0, said.output
    assert "1 accepted" in said.output
