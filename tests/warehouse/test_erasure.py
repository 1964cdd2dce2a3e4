"""One subject's rows are removed everywhere, for good, and nobody else's."""

import gzip
import json
import os
import re
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from tests.warehouse.partner_files import LONG_AGO, ask, land, load
from tests.warehouse.processes import ended
from warehouse import ddl
from warehouse.errors import CspError, UsageError
from warehouse.home import Home
from warehouse.ingest import erasure
from warehouse.ingest.erasure import erase
from warehouse.ingest.pseudonyms import load_pseudonyms
from warehouse.ingest.rekeying import rotate_key
from warehouse.settings import load_settings

MARAC = "case_id,victim_id,perpetrator_id,referral_date,hearing_date,district_code,referring_agency"
YOUTH = "disposal_id,young_person_id,disposal_date,tier,court_conviction,first_entry,district_code"
SUBJECT = "ZQX 7781-k"
# As the partners write them: each is the same subject.
WAYS = ["ZQX 7781-K", "zqx-7781-k", '"zqx  7781 k"', "ZQX\u20137781-K"]
TRACE = re.compile(rb"(?i)zqx.{0,4}7781")
COUNTS = (
    "select feed, file_name, data_rows, accepted, rejected, skipped from quality.load_audit "
    "where status = 'loaded' order by file_id"
)


def hearing(case: str, victim: str, perpetrator: str = "P1", day: str = "2010-04-20") -> str:
    return f"{case},{victim},{perpetrator},2010-04-01,{day},E07000129,Police"


def disposal(number: str, person: str) -> str:
    return f"{number},{person},2010-04-01,first_tier,Y,Y,E07000129"


def hearings() -> list[str]:
    return [
        MARAC, hearing("M1", WAYS[0]), hearing("M2", "V2"), hearing("M3", "V3", WAYS[1]),
        hearing("M4", WAYS[2], day="no day"), hearing("M5", "V5", day="no day"),
        f"M6,{WAYS[3]},too,few", "M7,V7,too,few", hearing("M8", "V8"),
    ]  # fmt: skip


def loaded(home: Home) -> Home:
    """A home with the subject in accepted, rejected and broken rows, in text and packed files."""
    land(home, "marac/hearing", "h.csv", hearings())
    packed = land(home, "youth/disposal", "d.csv.gz", [])
    rows = [YOUTH, disposal("D1", WAYS[0]), disposal("D2", "Y2")]
    packed.write_bytes(gzip.compress("\r\n".join(rows).encode("cp1252", "replace")))
    os.utime(packed, (LONG_AGO, LONG_AGO))
    land(home, "youth/disposal", "other.csv", [YOUTH, disposal("D3", "Y3")])
    land(home, "marac/hearing", "no-header.csv", [f"a;b;{WAYS[1]}", "c;d;e"])
    land(home, "marac/hearing", "also-refused.csv", ["a;b;c"])
    load(home)
    (home.failures / "x.debug.txt").write_text(f"a row of {WAYS[0]}")
    with ddl.open_warehouse(home, load_settings(home)) as con:
        con.execute("create schema if not exists facts")
        con.execute("create table facts.hearing as from raw.marac__hearing")
    return home


def traces(home: Home) -> list[str]:
    """The files that say anything of the subject, packed ones unpacked."""
    found = []
    for path in home.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            if TRACE.search(content):
                found.append(path.relative_to(home.root).as_posix())
    return sorted(found)


def pseudonyms(home: Home) -> list[bytes]:
    own = load_pseudonyms(home, load_settings(home))
    return [
        own.of(f"person of {f}", "zqx-7781-k").encode() for f in ("marac/hearing", "youth/disposal")
    ]


def test_nothing_of_the_subject_is_left_and_everybody_else_is(home: Home) -> None:
    loaded(home)
    assert traces(home) == [
        "archive/marac/hearing/h.csv", "archive/youth/disposal/d.csv.gz", "failures/x.debug.txt",
        "refused/marac/hearing/no-header.csv",
    ]  # fmt: skip
    done = erase(home, "person", SUBJECT)
    assert traces(home) == []
    names = pseudonyms(home)
    for path in home.root.rglob("*"):
        if path.is_file():
            assert not any(name in path.read_bytes() for name in names), path
    assert ask(home, COUNTS) == [
        ("marac/hearing", "h.csv", 4, 2, 2, 0),
        ("youth/disposal", "d.csv.gz", 1, 1, 0, 0),
        ("youth/disposal", "other.csv", 1, 1, 0, 0),
    ]
    assert ask(home, "select count(*) from quality.rejected_row") == [(2,)]
    kept = (home.archive / "marac/hearing/h.csv").read_text().splitlines()
    assert kept == [row for n, row in enumerate(hearings()) if n in (0, 2, 5, 7, 8)]
    unpacked = gzip.decompress((home.archive / "youth/disposal/d.csv.gz").read_bytes())
    assert unpacked == "\r\n".join([YOUTH, disposal("D2", "Y2")]).encode()
    assert (done.lines, len(done.files), done.refused_files, done.unread) == (5, 2, 1, [])
    assert (home.refused / "marac/hearing/also-refused.csv").exists()
    assert ask(home, "select count(*) from duckdb_tables() where schema_name = 'facts'") == [(0,)]
    for path in (home.archive / "marac/hearing/h.csv", home.removals_file, home.erasure_key_file):
        assert path.stat().st_mode & 0o077 == 0


def test_the_certificate_counts_and_names_nobody(home: Home) -> None:
    loaded(home)
    certificate = erase(home, "person", SUBJECT).certificate
    assert certificate is not None
    said = json.loads(certificate.read_text())
    assert (said["certificate"], said["kind"], said["lines"]) == ("erasure", "person", 5)
    assert said["feeds"] == ["marac/hearing", "probation/caseload", "youth/disposal"]
    assert len(said["files"]) == 2
    assert (certificate.stat().st_mode & 0o777, home.certificates.stat().st_mode & 0o777) == (
        0o400,
        0o700,
    )
    assert not TRACE.search(certificate.read_bytes())


def test_what_lands_again_is_not_loaded_nor_kept(home: Home) -> None:
    loaded(home)
    erase(home, "person", SUBJECT)
    land(home, "marac/hearing", "again.csv", [*hearings(), hearing("M9", "V9")], LONG_AGO + 9)
    land(home, "marac/hearing", "h.csv", hearings(), LONG_AGO + 10)
    land(home, "marac/hearing", "bad.csv", [f"a;b;{WAYS[0]}", "c;d;e"], LONG_AGO + 11)
    load(home)
    assert traces(home) == []
    again = ask(home, COUNTS)[-1]
    assert again == ("marac/hearing", "again.csv", 9, 3, 3, 3)
    assert ask(home, "select count(*) from raw.marac__hearing") == [(5,)]
    assert [
        status
        for (status,) in ask(
            home, "select status from quality.load_audit where file_name = 'h.csv'"
        )
    ] == ["loaded", "duplicate"]
    assert not load(home).changed, "the archived file is the one that was kept"


def test_a_warehouse_built_anew_from_the_files_leaves_the_subject_out(home: Home) -> None:
    """Also from files of before the erasure, as a backup has them."""
    loaded(home)
    erase(home, "person", SUBJECT)
    home.warehouse_file.unlink()
    land(home, "marac/hearing", "h.csv", hearings())
    load(home)
    assert ask(home, "select count(*) from raw.marac__hearing") == [(2,)]
    assert traces(home) == []


def test_a_file_is_read_again_from_what_is_left_of_it_and_under_another_key(home: Home) -> None:
    loaded(home)
    erase(home, "person", SUBJECT)
    counts = ask(home, COUNTS)
    with ddl.open_warehouse(home, load_settings(home)) as con:
        con.execute("update quality.load_audit set contract_sha256 = 'earlier'")
    load(home)
    assert ask(home, COUNTS) == counts
    assert rotate_key(home) == 3
    land(home, "marac/hearing", "again.csv", [*hearings(), hearing("M9", "V9")], LONG_AGO + 9)
    load(home)
    assert ask(home, COUNTS)[:3] == counts
    assert ask(home, "select count(*) from raw.marac__hearing") == [(5,)]
    assert traces(home) == []


def test_one_feed_alone(home: Home) -> None:
    loaded(home)
    erase(home, "person", SUBJECT, "youth/disposal")
    assert "archive/marac/hearing/h.csv" in traces(home)
    assert "archive/youth/disposal/d.csv.gz" not in traces(home)
    land(home, "youth/disposal", "e.csv", [YOUTH, disposal("D9", WAYS[0])], LONG_AGO + 5)
    land(home, "marac/hearing", "e.csv", [MARAC, hearing("M9", WAYS[0])], LONG_AGO + 5)
    load(home)
    assert [row[2:] for row in ask(home, COUNTS)[-2:]] == [(1, 1, 0, 0), (1, 0, 0, 1)]


def test_a_case_is_erased_like_a_person(home: Home) -> None:
    loaded(home)
    erase(home, "marac_case", "m2")
    assert ask(home, "select count(*) from raw.marac__hearing") == [(3,)]


def test_without_the_original_nothing_is_said_to_be_erased(home: Home) -> None:
    loaded(home)
    kept = home.archive / "marac/hearing/h.csv"
    content = kept.read_bytes()
    kept.unlink()
    with pytest.raises(CspError, match="Put the original back there"):
        erase(home, "person", SUBJECT)
    assert list(home.certificates.glob("*")) == [] if home.certificates.exists() else True
    kept.write_bytes(content)
    assert erase(home, "person", SUBJECT).lines == 5
    assert traces(home) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("weather", "x"), "No feed identifies a weather"),
        (("person", "x", "police/incident"), "no column that identifies a person"),
        (("person", "x", "a/b"), "There is no feed a/b"),
    ],
)
def test_wrong_words(home: Home, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        erase(home, *words)


def test_a_value_that_nobody_has_is_remembered_too(home: Home) -> None:
    loaded(home)
    done = erase(home, "person", "nobody")
    assert (done.lines, done.files, len(traces(home))) == (0, [], 3)
    land(home, "youth/disposal", "e.csv", [YOUTH, disposal("D9", "Nobody")], LONG_AGO + 5)
    load(home)
    assert ask(home, COUNTS)[-1][2:] == (1, 0, 0, 1)


def die_at(root: Path, moment: str) -> list[str]:
    """Erase, and be killed when the first file is about to be replaced, or just has been."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(erasure, moment, die)
    erase(Home(root), "person", SUBJECT)
    return []


@pytest.mark.parametrize("moment", ["sync", "forget_built", "rewrite_warehouse", "certify"])
def test_killed_at_any_moment_the_same_command_finishes_it(home: Home, moment: str) -> None:
    loaded(home)
    status, _ = ended(die_at, home.root, moment)
    assert status == -signal.SIGKILL
    erase(home, "person", SUBJECT)
    assert traces(home) == []
    assert ask(home, "select count(*) from raw.marac__hearing") == [(2,)]
    assert not load(home).changed
    assert json.loads(home.removals_file.read_text())["rewritten"] == {}


def test_the_command_takes_the_value_from_standard_input_and_says_nothing_of_it(
    home: Home,
) -> None:
    loaded(home)
    words = ["erase", "-", "--kind", "person", "--home", str(home.root)]
    done = CliRunner().invoke(main, words, input=f"{SUBJECT}\n")
    assert done.exit_code == 0, done.output
    assert "Erased: 5 lines of rows, in 3 files." in done.output
    assert not TRACE.search(done.output.encode())
    assert traces(home) == []
