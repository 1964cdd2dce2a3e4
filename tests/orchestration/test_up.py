"""`csp up`: the page on the loopback alone, the daemon at work, and all of it ends on a signal."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    SensorInstigatorData,
)

from orchestration import snapshot, up
from orchestration.instance import opened, prune_runs
from tests.warehouse.street_files import land, row, street_csv
from warehouse import status
from warehouse.errors import AlreadyRunning, UsageError
from warehouse.home import Home

COMMAND = [sys.executable, "-X", "importtime", "-c", "from cli import main; main()", "up"]
# Far beyond what a loaded machine needs; a test that passes never waits so long.
DEADLINE_SECONDS = 300.0
LISTENING = "0A"
LOOPBACK = "0100007F"  # 127.0.0.1 as /proc/net/tcp writes it

PAGE = """{
  assetNodes {
    assetKey { path }
    assetChecksOrError { ... on AssetChecks { checks { name } } }
  }
  workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
    ... on RepositoryLocation { repositories {
      schedules { name scheduleState { status } }
      sensors { name sensorState { status } }
    } }
  } } } }
}"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/net/tcp").is_file(), reason="processes and ports are listed from /proc"
)
Serve = Callable[[int], subprocess.Popen[bytes]]


def said_file(home: Home) -> Path:
    return home.work / "said.txt"


@pytest.fixture
def serve(home: Home, project: Path) -> Iterator[Serve]:
    """Starts `csp up` of the home; what it says, and imports, is in work/said.txt."""
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int) -> subprocess.Popen[bytes]:
        settings = home.csp_yml.read_text()
        home.csp_yml.write_text(
            settings.replace("# webserver_port: 3000", f"webserver_port: {port}")
        )
        with said_file(home).open("w") as said:
            started.append(
                subprocess.Popen(
                    [*COMMAND, "--home", str(home.root)],
                    cwd=project, stdout=said, stderr=subprocess.STDOUT,
                )
            )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
    for pid in processes_of(home):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def wait_for(what: Callable[[], Any], deadline: float) -> bool:
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.5)
    return False


def processes_of(home: Home) -> dict[int, str]:
    """Living processes whose environment names the home's instance: id to command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"DAGSTER_HOME={home.dagster}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def all_ended(home: Home) -> bool:
    """Whether no process of the home is left, given time to end."""
    return wait_for(lambda: not processes_of(home), time.monotonic() + DEADLINE_SECONDS)


def umasks(home: Home) -> set[str]:
    """The umasks of the home's processes."""
    found = set()
    for pid in processes_of(home):
        with suppress(OSError):  # ended meanwhile
            text = Path(f"/proc/{pid}/status").read_text()
            found |= {line.split()[1] for line in text.splitlines() if line.startswith("Umask:")}
    return found


def listening(port: int) -> list[str]:
    """The addresses, as the kernel writes them, on which any process listens to the port."""
    found = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.is_file():
            for line in table.read_text().splitlines()[1:]:
                address, _, at = line.split()[1].partition(":")
                if int(at, 16) == port and line.split()[3] == LISTENING:
                    found.append(address)
    return found


def ask(port: int, query: str) -> Any:
    """What the page's GraphQL answers."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def test_the_page_is_on_the_loopback_alone_and_the_daemon_runs_for_a_landed_file(
    home: Home, serve: Serve, port: int
) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    served = serve(port)
    land(home, "april.csv", street_csv([row(number) for number in range(5)]))
    assert wait_for(lambda: listening(port), deadline), "the web server did not start in time"
    assert listening(port) == [LOOPBACK]

    page = ask(port, PAGE)
    shown = {
        "/".join(node["assetKey"]["path"]): sorted(
            check["name"] for check in node["assetChecksOrError"]["checks"]
        )
        for node in page["assetNodes"]
    }
    reviewed = json.loads(snapshot.SNAPSHOT.read_text(encoding="utf-8"))["assets"]
    assert shown == {name: sorted(asset["checks"]) for name, asset in reviewed.items()}
    (entry,) = page["workspaceOrError"]["locationEntries"]
    (repository,) = entry["locationOrLoadError"]["repositories"]
    assert repository["schedules"] == [{"name": "nightly", "scheduleState": {"status": "RUNNING"}}]
    assert repository["sensors"] == [{"name": "landing", "sensorState": {"status": "RUNNING"}}]

    already = rf"`csp up` of this home is already running \(process {served.pid}, .* stop it"
    for other in (port, port + 1):  # on another port it would start each night twice
        with pytest.raises(AlreadyRunning, match=already):
            up.serve(home, other)
    service = status.read(home)["service"]
    assert (service["running"]["pid"], service["stopped"]) == (served.pid, [])
    assert umasks(home) == {"0077"}

    said_at_once(said_file(home).read_text())
    archived = home.archive / "police" / "street_crime" / "april.csv"
    assert wait_for(archived.exists, deadline), "the daemon's run did not load the file in time"
    with opened(home) as instance:
        (run,) = instance.get_runs(limit=1)
        assert run.tags["dagster/sensor_name"] == "landing"
        assert run.tags["started_by"] == "landing"
    os.kill(served.pid, signal.SIGTERM)
    assert served.wait(timeout=DEADLINE_SECONDS) == 0
    assert all_ended(home), processes_of(home)
    assert listening(port) == []
    assert status.read(home)["service"]["running"] is None


def said_at_once(text: str) -> None:
    """The first line needs nothing that takes seconds to import, and each step has one."""
    lines = text.splitlines()
    said = [line.strip() for line in lines if not line.startswith("import time:")]
    assert said[0].startswith("Starting Dagster for ")
    assert said[1] == "Reading the definitions ..."
    assert "Starting Dagster" in said
    assert any("landing sensor are running" in line for line in said)
    first = next(n for n, line in enumerate(lines) if line.startswith("Starting Dagster for "))
    assert any(" | " in line for line in lines[:first])
    assert not any("dagster" in line for line in lines[:first])


def test_what_was_turned_off_is_told(home: Home) -> None:
    """As Dagster keeps what somebody does on its page."""
    code = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name="csp")
    repository = RemoteRepositoryOrigin(code, "__repository__")
    assert status.read(home)["service"] == {"running": None, "stopped": []}
    with opened(home) as instance:
        for name, kind, how, data in (
            (
                *("nightly", InstigatorType.SCHEDULE, InstigatorStatus.STOPPED),
                ScheduleInstigatorData("0 2 * * *", None),
            ),
            (
                *("landing", InstigatorType.SENSOR, InstigatorStatus.RUNNING),
                SensorInstigatorData(),
            ),
        ):
            origin = RemoteInstigatorOrigin(repository, name)
            instance.add_instigator_state(InstigatorState(origin, kind, how, data))
        assert status.read(home)["service"]["stopped"] == ["nightly"]
    assert status.read(home)["service"]["stopped"] == ["nightly"]


def test_a_port_of_another_program_is_said_to_be_taken(home: Home) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {taken} .* set webserver_port in csp\.yml"):
            up.serve(home, taken)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells children of a death")
def test_a_server_killed_hard_leaves_no_process(home: Home, serve: Serve, port: int) -> None:
    served = serve(port)

    def parts() -> bool:
        words = " ".join(processes_of(home).values())
        return all(part in words for part in ("code-server", "dagster._daemon", "webserver"))

    assert wait_for(parts, time.monotonic() + DEADLINE_SECONDS)
    served.kill()
    served.wait()
    assert all_ended(home), processes_of(home)


def test_pruned_runs_take_their_files_along(home: Home) -> None:
    @dg.asset
    def nothing() -> None: ...

    with opened(home) as instance:
        for _ in range(3):
            dg.materialize([nothing], instance=instance)
        newest = instance.get_runs(limit=1)[0].run_id
        assert prune_runs(instance, keep=1) == 2
        assert [run.run_id for run in instance.get_runs()] == [newest]
    files = {path.name for path in (home.dagster / "history" / "runs").iterdir()}
    assert {name for name in files if not name.startswith("index.db")} == {f"{newest}.db"}
