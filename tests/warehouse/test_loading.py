"""Ingest: no silent row, the same bytes change nothing, one bad file spoils no other."""

import gzip
import hashlib
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.warehouse.street_files import (
    FEED,
    FORCE,
    HEADER,
    LONG_AGO,
    SETTINGS,
    ask,
    audit,
    everything,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
)
from warehouse import ddl
from warehouse.home import Home
from warehouse.ingest.loading import ingest

APRIL = street_csv([row(1), row(2), row(3)])
MAY = street_csv([row(4, "2020-05"), row(5, "2020-05")])


def refused_reason(home: Home, name: str) -> dict[str, object]:
    path = home.refused / FEED / f"{name}.reason.json"
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_landed_file_is_loaded_audited_archived_and_cleared(home: Home) -> None:
    path = land(home, "april.csv", APRIL)
    result = night(home)
    assert result.changed
    feed = result.feeds[FEED]
    assert (feed.loaded, feed.accepted, feed.rejected, feed.latest_month) == (
        *(1, 3, 0),
        date(2020, 4, 1),
    )
    assert not path.exists()
    assert (home.archive / FEED / "april.csv").read_bytes() == APRIL
    sha256 = hashlib.sha256(APRIL).hexdigest()
    assert ask(
        home,
        "SELECT file_id, partner, feed, file_name, sha256, bytes, status, reason, "
        "epoch(landed_at)::BIGINT, container_sha256, layout, encoding, archive_path, cleared "
        "FROM quality.load_audit",
    ) == [
        (
            *(1, "police", FEED, "april.csv", sha256, len(APRIL), "loaded", None, LONG_AGO),
            *(sha256, "data_police_uk", "utf-8", f"archive/{FEED}/april.csv", True),
        )
    ]
    assert ask(
        home, "SELECT _file_id, _line_number, month, location FROM raw.police__street_crime"
    ) == [(1, n + 1, "2020-04", f"On or near Road {n}") for n in (1, 2, 3)]
    assert ask(home, "SELECT * FROM raw.load_period") == [
        (1, FEED, FORCE, date(2020, 4, 1), 3),
    ]


def test_the_same_bytes_again_change_nothing(home: Home) -> None:
    land(home, "april.csv", APRIL)
    night(home)
    before = ask(home, "SELECT * FROM raw.police__street_crime")
    land(home, "copy of april.csv", APRIL, LONG_AGO + 5)
    land(home, "april.csv.gz", gzip.compress(APRIL, mtime=0), LONG_AGO + 6)
    land(home, "april.zip", street_zip({member("2020-04"): APRIL}), LONG_AGO + 7)
    result = night(home)
    assert not result.changed
    assert result.feeds[FEED].duplicates == 3
    assert audit(home)[1:] == [
        ("copy of april.csv", "duplicate", 0, 0, 0, 0),
        ("april.csv.gz", "duplicate", 0, 0, 0, 0),
        (f"april.zip/{member('2020-04')}", "duplicate", 0, 0, 0, 0),
    ]
    assert ask(home, "SELECT * FROM raw.police__street_crime") == before
    assert not list((home.landing / FEED).iterdir())
    assert [p.name for p in (home.archive / FEED).iterdir()] == ["april.csv"]


def test_a_zip_loaded_before_is_known_without_unpacking_it(home: Home) -> None:
    content = street_zip({member("2020-04"): APRIL, member("2020-05"): MAY})
    for name in ("first.zip", "again.zip"):
        land(home, name, content)
        night(home)
    assert ask(
        home, "SELECT file_name, status, reason FROM quality.load_audit WHERE file_id = 3"
    ) == [("again.zip", "duplicate", "same bytes as first.zip")]


def test_a_zip_is_audited_member_by_member_and_other_members_are_counted(home: Home) -> None:
    content = street_zip(
        {
            member("2020-05"): MAY,
            "2020-04/2020-04-leicestershire-outcomes.csv": b"a,b\n1,2\n",
            member("2020-04"): APRIL,
            member("2020-06"): APRIL,
        }
    )
    land(home, "all.zip", content)
    feed = night(home).feeds[FEED]
    assert (feed.loaded, feed.duplicates, feed.accepted) == (2, 1, 5)
    assert audit(home) == [
        (f"all.zip/{member('2020-04')}", "loaded", 3, 3, 0, 0),
        (f"all.zip/{member('2020-05')}", "loaded", 2, 2, 0, 0),
        (f"all.zip/{member('2020-06')}", "duplicate", 0, 0, 0, 0),
    ]
    assert "1 files of other feeds passed over" in feed.messages[0]
    assert (home.archive / FEED / "all.zip").read_bytes() == content


def test_rejected_rows_are_kept_with_line_column_reason_and_text(home: Home) -> None:
    lines = [row(1), row(2, month="April"), "too,few", row(3, force=""), row(4)]
    land(home, "april.csv", street_csv(lines))
    feed = night(home).feeds[FEED]
    assert (feed.accepted, feed.rejected) == (2, 3)
    kept = ask(
        home,
        "SELECT file_id, feed, file_name, line_number, column_name, raw_line, reason "
        "FROM quality.rejected_row ORDER BY line_number",
    )
    assert [k[:4] for k in kept] == [(1, FEED, "april.csv", n) for n in (3, 4, 5)]
    assert [k[4] for k in kept] == ["Month", None, "Falls within"]
    assert [k[5] for k in kept] == lines[1:4]
    assert all(k[6] for k in kept)


@pytest.mark.parametrize(
    ("name", "content", "says", "line", "column"),
    [
        ("x.csv", APRIL.replace(b"Falls within,", b"Force,"), "Falls within", 1, "Falls within"),
        ("x.csv", b"", "", None, None),
        ("x.pdf", b"%PDF", "takes", None, None),
        ("x.zip", street_zip({member("2020-04"): APRIL})[:-40], "cut short", None, None),
        ("x.zip", street_zip({"notes.txt": b"x"}), "no member", None, None),
        ("x.csv.gz", gzip.compress(APRIL)[:-9], "cut short", None, None),
    ],
)
def test_a_file_that_breaks_its_contract_is_refused_and_spoils_no_other(
    home: Home, name: str, content: bytes, says: str, line: int | None, column: str | None
) -> None:
    land(home, name, content)
    land(home, "may.csv", MAY, LONG_AGO + 1)
    feed = night(home).feeds[FEED]
    assert (feed.refused, feed.loaded, feed.accepted) == (1, 1, 2)
    assert (home.refused / FEED / name).read_bytes() == content
    assert not list((home.landing / FEED).iterdir())
    reason = refused_reason(home, name)
    assert says in str(reason["reason"])
    assert reason["what_to_do"]
    if line:
        assert (reason["line"], reason["column"]) == (line, column)
    assert audit(home)[0][:3] == (name, "refused", 0)
    assert any(f"{FEED}/{name} refused" in message for message in feed.messages)


def test_a_refused_file_is_read_again_when_it_lands_again(home: Home) -> None:
    for _ in range(2):
        land(home, "x.csv", b"nothing,known\n1,2\n")
        night(home)
    assert [a[1] for a in audit(home)] == ["refused", "refused"]
    assert len(list((home.refused / FEED).iterdir())) == 2


def broken_zip() -> bytes:
    """Two members; a byte in the data of the second is wrong."""
    plain = street_zip({member("2020-04"): APRIL, member("2020-05"): MAY})
    spot = plain.rindex(b"street.csv", 0, plain.index(b"PK\x01\x02")) + 40
    return plain[:spot] + bytes([plain[spot] ^ 0xFF]) + plain[spot + 1 :]


def test_a_broken_member_is_refused_alone(home: Home) -> None:
    land(home, "all.zip", broken_zip())
    feed = night(home).feeds[FEED]
    assert (feed.loaded, feed.refused, feed.accepted) == (1, 1, 3)
    name = f"all.zip/{member('2020-05')}"
    assert [a[:2] for a in audit(home)] == [
        (f"all.zip/{member('2020-04')}", "loaded"),
        (name, "refused"),
    ]
    assert (home.archive / FEED / "all.zip").exists()
    assert refused_reason(home, name.replace("/", "__"))["file"] == name

    land(home, "mended.zip", street_zip({member("2020-04"): APRIL, member("2020-05"): MAY}))
    feed = night(home).feeds[FEED]
    assert (feed.loaded, feed.duplicates, feed.accepted) == (1, 1, 2)


def test_a_zip_of_nothing_but_bad_members_is_refused_whole(home: Home) -> None:
    content = street_zip({member("2020-04"): b"no,such\n", member("2020-05"): b"none,either\n"})
    land(home, "bad.zip", content)
    assert night(home).feeds[FEED].refused == 2
    assert (home.refused / FEED / "bad.zip").read_bytes() == content
    assert "none of its 2 files" in str(refused_reason(home, "bad.zip")["reason"])
    assert not (home.archive / FEED).exists()


def test_a_link_is_refused_and_what_it_points_to_left_alone(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.csv"
    target.write_bytes(APRIL)
    (home.landing / FEED / "link.csv").symlink_to(target)
    feed = night(home).feeds[FEED]
    assert (feed.refused, feed.accepted) == (1, 0)
    assert target.read_bytes() == APRIL
    assert not list((home.landing / FEED).iterdir())
    assert refused_reason(home, "link.csv")["what_to_do"] == (
        "Land the file itself; links are not followed."
    )


def test_a_file_over_the_limit_is_refused_unread(home: Home) -> None:
    home.csp_yml.write_text("", encoding="utf-8")
    big = land(home, "big.csv", b"x" * ((1 << 20) + 1))
    small = SETTINGS.model_copy(update={"max_file_mb": 1})
    with ddl.open_warehouse(home, small) as con:
        feed = ingest(home, small, con, lambda message: None).feeds[FEED]
    assert feed.refused == 1
    assert not big.exists()
    assert "larger than the 1 MB" in str(refused_reason(home, "big.csv")["reason"])


def test_files_are_loaded_oldest_first_whatever_their_names(home: Home) -> None:
    land(home, "b.csv", MAY, LONG_AGO + 5)
    land(home, "a.csv", APRIL, LONG_AGO + 9)
    land(home, "c.csv", street_csv([row(9)]), LONG_AGO + 5)
    night(home)
    assert [a[0] for a in audit(home)] == ["b.csv", "c.csv", "a.csv"]


def test_a_newer_file_for_a_month_is_told_from_the_older_by_its_file(home: Home) -> None:
    land(home, "april.csv", APRIL)
    night(home)
    land(home, "april.csv", street_csv([row(1), row(7, kind="Drugs")]), LONG_AGO + 60)
    night(home)
    assert ask(home, "SELECT file_id, month, row_count FROM raw.load_period ORDER BY 1") == [
        (1, date(2020, 4, 1), 3),
        (2, date(2020, 4, 1), 2),
    ]
    assert len(list((home.archive / FEED).iterdir())) == 2


def test_a_file_still_growing_is_left_and_counted_as_waiting(home: Home) -> None:
    path = land(home, "april.csv", APRIL, 4_000_000_000)
    land(home, "may.csv", MAY)
    (home.landing / FEED / "june.csv.part").write_bytes(b"x")
    with ddl.open_warehouse(home, SETTINGS) as con:
        # The file changes after the first listing: while ingest waits for it to be still.
        told: list[str] = []
        grown = ingest(
            home,
            SETTINGS,
            con,
            told.append,
            lambda step: path.write_bytes(APRIL + b"x") if step == "listed" else None,
        )
    feed = grown.feeds[FEED]
    assert (feed.waiting, feed.loaded) == (2, 1)
    assert path.exists()
    assert any("april.csv is still being written" in message for message in told)


def test_an_empty_landing_folder_changes_nothing_at_all(home: Home) -> None:
    land(home, "april.csv", APRIL)
    night(home)
    before, bytes_before = everything(home), home.warehouse_file.read_bytes()
    assert not night(home).changed
    assert everything(home) == before
    assert home.warehouse_file.read_bytes() == bytes_before


def test_progress_is_one_plain_line_a_landed_file(home: Home) -> None:
    land(home, "all.zip", street_zip({member("2020-04"): APRIL, member("2020-05"): MAY}))
    (line,) = night(home).feeds[FEED].messages
    assert re.fullmatch(rf"{FEED}/all\.zip: 5 rows, 2 files \(\d+\.\d s\)", line)


def test_the_warehouse_is_the_owners_alone(home: Home) -> None:
    land(home, "april.csv", APRIL)
    night(home)
    for path in [home.warehouse_file, *home.archive.rglob("*"), *home.work.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_published_header_is_the_one_the_tests_write(shared: Path) -> None:
    real = shared / "data" / "police-street" / "leicestershire-2018-10-to-2021-09.zip"
    with zipfile.ZipFile(real) as archive, archive.open(archive.namelist()[0]) as file:
        assert file.readline().decode().strip() == HEADER
