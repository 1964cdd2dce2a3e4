"""access.log says who did what to which publication and tables, never what was asked or found."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from tests.warehouse.small_night import Night, small_night
from warehouse import trail
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.users import user_name


def csp(home: Home, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home.root)])


def lines(home: Home) -> list[dict[str, Any]]:
    return [json.loads(line) for line in home.access_log.read_text().splitlines()]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    made = small_night(Home(tmp_path / "home"))
    made.publish()
    return made


def test_a_query_leaves_its_tables_and_nothing_it_says(night: Night) -> None:
    publication = night.home.current.readlink().name
    sql = (
        "select 'zqx-secret' as indicator from indicator_value v join marts.indicator i "
        "using (indicator_id) where area_code <> 'E07000129'"
    )
    assert csp(night.home, "query", sql, "--format", "csv").exit_code == 0
    assert csp(night.home, "query", "select 1 as publication").exit_code == 0
    assert csp(night.home, "query", "from zqx_nowhere").exit_code == 2
    assert csp(night.home, "query", "delete from indicator").exit_code == 2
    first, second, wrong, refused = lines(night.home)
    assert set(first) == {"at", "user", "command", "publications", "tables", "exit_status"}
    assert (first["command"], first["publications"], first["user"], first["exit_status"]) == (
        "query", [publication], user_name(), 0,
    )  # fmt: skip
    assert first["tables"] == ["indicator", "indicator_value"]
    assert (second["tables"], wrong["tables"], refused["tables"]) == ([], [], [])
    assert (wrong["exit_status"], refused["exit_status"]) == (2, 2)
    text = night.home.access_log.read_text()
    assert not [word for word in ("zqx", "secret", "E07000129", "select") if word in text]


def test_every_command_that_reads_or_changes_leaves_a_line(night: Night) -> None:
    home = night.home
    first = home.current.readlink().name
    second = night.publish().id
    for words in (
        ("rollback",), ("compare", first, second), ("publications", "--verify"), ("init",),
        ("purge",), ("erase", "zqx", "--kind", "person"), ("withdraw", "zqx.csv"), ("rotate-key",),
        ("status",), ("feeds",),
    ):  # fmt: skip
        csp(home, *words)
    told = [(line["command"], sorted(line["publications"])) for line in lines(home)]
    assert told == [
        ("rollback", [first]), ("compare", [first, second]), ("publications", [first, second]),
        ("init", []), ("purge", []), ("erase", []), ("withdraw", []), ("rotate-key", []),
    ]  # fmt: skip
    assert "zqx" not in home.access_log.read_text()


def test_only_its_owner_reads_it_and_lines_are_added_at_its_end(home: Home) -> None:
    csp(home, "purge")
    assert stat.S_IMODE(home.access_log.stat().st_mode) == 0o620
    home.access_log.write_text("as it was\n")
    csp(home, "purge")
    assert home.access_log.read_text().splitlines()[0] == "as it was"
    assert len(home.access_log.read_text().splitlines()) == 2


def test_without_leave_to_write_it_says_so_and_goes_on(night: Night) -> None:
    night.home.access_log.unlink(missing_ok=True)
    night.home.access_log.mkdir()
    done = csp(night.home, "query", "select 1")
    assert done.exit_code == 0
    assert "this command is not in" in done.output
    assert "chmod 620" in done.output


def test_a_link_in_its_place_is_not_followed(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("")
    home.access_log.unlink(missing_ok=True)
    home.access_log.symlink_to(target)
    csp(home, "purge")
    assert target.read_text() == ""


def test_lines_of_several_processes_do_not_mix(home: Home) -> None:
    code = (
        "from pathlib import Path; "
        "import sys; from warehouse import trail; from warehouse.home import Home\n"
        "for n in range(200):\n"
        "    with trail.recording(Home(Path(sys.argv[1])), 'a' * 300): trail.tell('x' * 300)\n"
    )
    words = [sys.executable, "-c", code, str(home.root)]
    running = [
        subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(Path.cwd())}) for _ in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(lines(home)) == 600


def test_the_way_it_ended_is_in_it_also_without_a_home(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError), trail.recording(home, "one"):
        raise UsageError("wrong")
    with pytest.raises(RuntimeError), trail.recording(home, "two"):
        raise RuntimeError
    with trail.recording(home, "three"):
        pass
    assert [line["exit_status"] for line in lines(home)] == [2, 1, 0]
    nowhere = Home(tmp_path / "nowhere")
    with trail.recording(nowhere, "four"):
        trail.tell("x")
    assert not nowhere.root.exists()
    trail.tell("outside of any command")
