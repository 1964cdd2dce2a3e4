"""The documented modes of a landing folder: partners write into it, read nothing, and are loaded.

As root alone, who can be another user: one account of the police, one of the council, the service.
"""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.processes import PROJECT, ended, ended_as, owned_by
from tests.warehouse.street_files import FEED, LONG_AGO, land, row, street_csv
from warehouse import status
from warehouse.home import Home
from warehouse.ingest import landing

POLICE, COLLEAGUE, COUNCIL, SERVICE = 64101, 64102, 64103, 64104
POLICE_GROUP, COUNCIL_GROUP, ANALYSTS = 64201, 64203, 64204

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")

# A partner stands in the folder as SFTP puts it there, without a way through the home.
PARTNER = """
import errno, json, os, sys
folder, user, group, content = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.chdir(folder)
# Not its first group: that a file is of the folder's group is the folder's doing.
os.setgroups([group]); os.setgid(user); os.setuid(user)
os.umask(0o027)

def write(name):
    with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w") as file:
        file.write(content)

def deliver():
    write(f"{user}.csv.part")
    os.rename(f"{user}.csv.part", f"{user}.csv")

def tried(what, *given):
    try:
        what(*given)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

print(json.dumps({
    "deliver": tried(deliver),
    "list": tried(os.listdir, "."),
    "read": tried(open, "other.csv"),
    "overwrite": tried(open, "other.csv", "w"),
    "delete": tried(os.unlink, "other.csv"),
    "rename": tried(os.rename, "other.csv", "gone.csv"),
    "replace": tried(os.rename, f"{user}.csv", "other.csv"),
    "chmod": tried(os.chmod, ".", 0o777),
    "leave": tried(os.listdir, ".."),
}))
"""


def status_for_an_analyst(root: Path, warm_root: Path) -> list[str]:
    """Of the owner's group, in a process that has imported what status needs."""
    status.read(Home(warm_root))
    os.setgroups([ANALYSTS])
    os.setgid(ANALYSTS)
    os.setuid(COUNCIL)
    return [json.dumps(status.read(Home(root)))]


@pytest.fixture
def service_home(home: Home) -> Iterator[Home]:
    """A home of the service, with a landing folder as the document says."""
    with owned_by(home, SERVICE, ANALYSTS):
        text = (PROJECT / "docs" / "schedule-on-a-server.md").read_text(encoding="utf-8")
        [block] = re.findall(r"^```sh landing\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        for command in block.splitlines():
            said, argument, *_ = command.removeprefix("sudo ").split()
            argument = argument.replace("csp-police", str(POLICE_GROUP))
            subprocess.run([said, argument, str(home.landing / FEED)], check=True)
        yield home


def as_partner(home: Home, user: int, group: int, content: str = "x") -> dict[str, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-c", PARTNER, str(home.landing / FEED)),
            *(str(user), str(group), content),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, str] = json.loads(done.stdout)
    return told


def night_of_service(home: Home, *groups: int) -> str:
    status, messages = ended_as(home, SERVICE, *groups)
    assert status == 0, messages
    return "\n".join(messages)


def of_a_colleague(home: Home, mode: int) -> Path:
    path = land(home, "other.csv", street_csv([row(1)]))
    os.chown(path, COLLEAGUE, POLICE_GROUP)
    path.chmod(mode)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_partner_can_deliver_and_nothing_else(service_home: Home) -> None:
    of_a_colleague(service_home, 0o640)
    told = as_partner(service_home, POLICE, POLICE_GROUP)
    # A file of one's own group opens by its exact name; the document says so.
    assert told.pop("read") == "done"
    assert told.pop("deliver") == "done"
    assert set(told.values()) <= {"EACCES", "EPERM"}, told


def test_another_partner_cannot_even_deliver(service_home: Home) -> None:
    of_a_colleague(service_home, 0o640)
    told = as_partner(service_home, COUNCIL, COUNCIL_GROUP)
    assert set(told.values()) <= {"EACCES", "EPERM"}, told


def test_the_service_loads_what_partners_deliver_and_keeps_the_modes(service_home: Home) -> None:
    folder = service_home.landing / FEED
    private = of_a_colleague(service_home, 0o600)
    as_partner(service_home, POLICE, POLICE_GROUP, street_csv([row(2)]).decode())
    delivered = folder / f"{POLICE}.csv"
    assert (delivered.stat().st_gid, mode(delivered)) == (POLICE_GROUP, 0o640)
    os.utime(delivered, (LONG_AGO, LONG_AGO))
    told = night_of_service(service_home, ANALYSTS, POLICE_GROUP)
    assert f"{POLICE}.csv: 1 rows" in told
    assert "other.csv cannot be read by this user; give it read access: left in landing" in told
    assert [path.name for path in folder.iterdir()] == [private.name]
    [kept] = (service_home.archive / FEED).iterdir()
    assert (kept.stat().st_uid, mode(kept)) == (SERVICE, 0o400)
    assert (mode(folder), folder.stat().st_gid) == (0o3730, POLICE_GROUP)


def test_a_service_that_lacks_the_group_says_so_and_breaks_no_mode(service_home: Home) -> None:
    path = of_a_colleague(service_home, 0o640)
    told = night_of_service(service_home, ANALYSTS)
    assert "other.csv cannot be read by this user" in told
    assert path.exists()
    folder = service_home.landing / FEED
    assert (mode(folder), folder.stat().st_gid) == (0o3730, POLICE_GROUP)


def test_a_folder_of_another_owner_stops_nothing(service_home: Home) -> None:
    folder = service_home.landing / FEED
    path = of_a_colleague(service_home, 0o640)
    os.chown(folder, 0, POLICE_GROUP)
    assert night_of_service(service_home, ANALYSTS, POLICE_GROUP) == ""
    folder.chmod(0o3770)
    told = night_of_service(service_home, ANALYSTS, POLICE_GROUP)
    assert "other.csv: 1 rows" in told
    assert "other.csv is loaded but cannot be taken out of its folder; make the user" in told
    assert path.exists()
    os.chown(folder, SERVICE, POLICE_GROUP)
    told = night_of_service(service_home, ANALYSTS, POLICE_GROUP)
    assert told == ""
    assert not path.exists()


def test_an_analyst_is_told_what_cannot_be_seen_not_that_it_is_not_there(
    service_home: Home, tmp_path: Path
) -> None:
    of_a_colleague(service_home, 0o640)
    Home(tmp_path / "warm").init()
    exit_status, [text] = ended(status_for_an_analyst, service_home.root, tmp_path / "warm")
    assert exit_status == 0
    found = json.loads(text)
    assert (found["waiting"], found["service"]) == (None, None)


def test_a_file_of_another_is_copied_never_linked(home: Home, tmp_path: Path) -> None:
    """A link would leave it to its sender, who could write what has been hashed and refused."""
    path = land(home, "large.csv", b"x" * 100)
    [found] = landing.listing(home, [FEED]).files
    taken = landing.take(found, tmp_path / "taken", 10)
    assert taken is not None
    assert taken[0].stat().st_ino == path.stat().st_ino
    os.chown(path, COLLEAGUE, POLICE_GROUP)
    taken = landing.take(found, tmp_path / "taken", 10)
    assert taken is not None
    assert (taken[0].stat().st_ino == path.stat().st_ino, taken[0].stat().st_uid) == (False, 0)
