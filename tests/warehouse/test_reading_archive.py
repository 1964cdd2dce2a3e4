"""Nothing an archive says is believed, and one bad member costs only itself."""

import hashlib
import stat
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.reading_helpers import Read, keyed
from warehouse.errors import FileRefused
from warehouse.reading import Limits, Member, batches, read_batch
from warehouse.reading.archive import members

GOOD = b"report_id,received,note\n1,2020-01-02,hello\n"


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unpack(path: Path, folder: Path, limits: Limits | None = None) -> list[Member]:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    with closing(members(path, keyed(), limits or Limits(), work)) as found:
        return list(found)


def only_refusal(found: list[Member]) -> FileRefused:
    (refusal,) = [m.refused for m in found if m.refused]
    return refusal


def test_members_are_read_in_order_of_name_and_others_are_declared_skips(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"x/1.csv": GOOD, "readme.txt": b"hi", "2.csv": GOOD})
    read = Read(path, keyed(), tmp_path / "work")
    assert [(r.member.label, r.accepted, r.member.skipped) for r in read.readings] == [
        ("a.zip/2.csv", 1, None),
        ("a.zip/readme.txt", 0, "not of this feed"),
        ("a.zip/x/1.csv", 1, None),
    ]
    assert [row[0] for row in read.rows] == [0, 2]
    assert read.readings[0].member.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert read.readings[0].member.size == len(GOOD)


@pytest.mark.parametrize(
    "name", ["../up.csv", "/root.csv", "a/../../b.csv", "C:/x.csv", "..\\x.csv"]
)
def test_a_name_that_leads_out_of_the_archive_is_refused(name: str, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"ok.csv": GOOD, name: GOOD})
    found = unpack(path, tmp_path)
    assert "leads out" in only_refusal(found).reason
    assert [m.name for m in found if m.path] == ["ok.csv"]
    (unpacked,) = tmp_path.rglob("*.csv")
    assert unpacked.parent == tmp_path / "work"


def test_links_in_an_archive_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"ok.csv": GOOD})
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "a link" in only_refusal(unpack(path, tmp_path)).reason


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"ok.csv": GOOD, "secret.csv": GOOD})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    found = unpack(path, tmp_path)
    assert "encrypted" in only_refusal(found).reason
    assert found[0].refused is None


def test_a_name_given_twice_is_refused_the_second_time(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"1.csv": GOOD})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("1.csv", GOOD)
    found = unpack(path, tmp_path)
    assert [m.refused is None for m in found] == [True, False]


def test_a_bomb_is_stopped_by_what_it_really_unpacks_to(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"bomb.csv": GOOD + b" " * (64 << 20), "ok.csv": GOOD})
    found = unpack(path, tmp_path)
    assert "200 times" in only_refusal(found).reason
    assert found[1].refused is None
    assert not [p for p in (tmp_path / "work").iterdir() if p.stat().st_size > len(GOOD)]


def test_a_lie_about_the_size_does_not_help_a_bomb(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"bomb.csv": b"9" * (64 << 20)})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rfind(signature)
        data[at + offset : at + offset + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    assert only_refusal(unpack(path, tmp_path))
    assert not list((tmp_path / "work").iterdir())


def test_a_bomb_spread_over_many_members_is_stopped_by_their_sum(tmp_path: Path) -> None:
    # Each member alone is small enough to be harmless; together they are far above the ratio.
    small = GOOD + b" " * (3 << 20)
    path = make_zip(tmp_path / "a.zip", {f"{n}.csv": small for n in range(6)})
    found = unpack(path, tmp_path, Limits(max_ratio=200))
    allowed = max(200 * path.stat().st_size, 4 << 20) // len(small)
    assert 0 < allowed < 6
    assert [m.refused is None for m in found] == [n < allowed for n in range(6)]
    assert all("200 times" in m.refused.reason for m in found if m.refused)
    left = [p for p in (tmp_path / "work").iterdir() if p.stat().st_size >= len(small)]
    assert len(left) == allowed


def test_names_in_an_archive_are_cleaned_of_what_moves_a_cursor(tmp_path: Path) -> None:
    names = ["a\nb.csv", "\x1b[2Jc.csv", "../d\n.csv", "e\x1b.txt"]
    path = make_zip(tmp_path / "a.zip", dict.fromkeys(names, GOOD))
    read = Read(path, keyed(**{"members: '.*": "members: '(?s).*"}), tmp_path / "work")
    for reading in read.readings:
        assert (reading.member.name + reading.member.label).isprintable()
    assert sorted(r.member.label for r in read.readings) == [
        "a.zip/../d\ufffd.csv",
        "a.zip/a\ufffdb.csv",
        "a.zip/e\ufffd.txt",
        "a.zip/\ufffd[2Jc.csv",
    ]
    assert [r.accepted for r in read.readings if r.member.path] == [1, 1]


@pytest.mark.parametrize("fast", [True, False])
def test_a_quote_in_a_file_name_is_part_of_the_name(tmp_path: Path, fast: bool) -> None:
    (tmp_path / "it's.csv").write_bytes(GOOD)
    read = Read(tmp_path / "it's.csv", keyed(), tmp_path / "work", fast)
    assert read.counts == (1, 1, 0, 0)
    packed = make_zip(tmp_path / "o'clock.zip", {'it\'s "1".csv': GOOD + b",2020-01-01,no id\n"})
    read = Read(packed, keyed(), tmp_path / "work2", fast)
    assert read.one.member.label == "o'clock.zip/it's \"1\".csv"
    assert read.counts == (2, 1, 1, 0)


def test_too_large_and_too_many_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"1.csv": GOOD, "2.csv": GOOD * 9})
    assert "100 bytes" in only_refusal(unpack(path, tmp_path, Limits(max_bytes=100))).reason
    with pytest.raises(FileRefused, match="2 members, more than the 1"):
        unpack(path, tmp_path, Limits(max_members=1))
    plain = tmp_path / "big.csv"
    plain.write_bytes(GOOD * 9)
    with pytest.raises(FileRefused, match="larger than the 100 bytes"):
        unpack(plain, tmp_path, Limits(max_bytes=100))


def test_a_truncated_zip_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"1.csv": GOOD, "2.csv": GOOD})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FileRefused, match="damaged or cut short") as caught:
        unpack(path, tmp_path)
    assert "again" in caught.value.what_to_do


def test_a_damaged_member_is_refused_and_the_others_load(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"1.csv": GOOD, "2.csv": GOOD * 40, "3.csv": GOOD})
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("2.csv")
    data = bytearray(path.read_bytes())
    data[info.header_offset + 30 + len("2.csv") + 4] ^= 0xFF
    path.write_bytes(data)
    read = Read(path, keyed(), tmp_path / "work")
    assert [r.refused is None for r in read.readings] == [True, False, True]
    assert [r.accepted for r in read.readings] == [1, 0, 1]
    assert [row[0] for row in read.rows] == [0, 2]


def test_a_member_that_breaks_the_contract_leaves_the_others(tmp_path: Path) -> None:
    files = {"1.csv": GOOD, "2.csv": b"report_id\n1\n", "3.csv": b"\xff\xfe\x00", "4.csv": GOOD}
    read = Read(make_zip(tmp_path / "a.zip", files), keyed(), tmp_path / "work")
    assert [r.refused is None for r in read.readings] == [True, False, False, True]
    assert [row[0] for row in read.rows] == [0, 3]


def test_an_archive_without_a_member_of_the_feed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no member"):
        unpack(make_zip(tmp_path / "a.zip", {"x.txt": b""}), tmp_path)


def test_a_landed_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(GOOD)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with pytest.raises(FileRefused, match="link"):
        unpack(tmp_path / "link.csv", tmp_path)


def test_batches_hold_few_unpacked_files_and_lose_none(tmp_path: Path) -> None:
    names = [f"{n:02d}.csv" for n in range(20)]
    path = make_zip(tmp_path / "a.zip", dict.fromkeys(names, GOOD))
    work = tmp_path / "work"
    work.mkdir()
    seen: list[str] = []
    with (
        duckdb.connect() as con,
        closing(batches(path, keyed(), Limits(), work, batch_bytes=3 * len(GOOD))) as found,
    ):
        for batch in found:
            # This batch of three, the next one, and the three members on their way.
            assert len(list(work.iterdir())) <= 9
            assert [r.accepted for r in read_batch(con, keyed(), batch)] == [1] * len(batch)
            seen += [member.name for member in batch]
    assert seen == names
    assert not list(work.iterdir())


def test_a_reading_stays_whole_across_a_commit(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {f"{n}.csv": GOOD + b"2,2020-01-02,b\n" for n in range(3)})
    with duckdb.connect() as con:
        batch = unpack(path, tmp_path)
        con.begin()
        read_batch(con, keyed(), batch)
        before = con.execute("FROM incoming ORDER BY ALL").fetchall()
        con.commit()
        assert con.execute("FROM incoming ORDER BY ALL").fetchall() == before
        assert [row[:2] for row in before] == [(m, line) for m in range(3) for line in (2, 3)]
