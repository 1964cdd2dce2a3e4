"""Every rejected row is kept with its text, and a file of nothing else is never held whole."""

import tracemalloc
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.reading_helpers import keyed, read_bytes
from warehouse.reading import Limits, read_batch, rejects
from warehouse.reading.archive import members

HEADER = b"report_id,received,note\n"
MANY = 60_000


@pytest.mark.parametrize("fast", [True, False])
def test_rejects_over_many_pages_keep_their_order_and_texts(
    fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "CHUNK_ROWS", 3)
    good = [b"%d,2020-01-02,ok\n" % n for n in range(5)]
    bad = [b"%d,never,note %d\n" % (n, n) for n in range(5, 15)]
    ragged = [b"%d,2020-01-02,a,b\n" % n for n in range(15, 25)]
    long = [b'%d,never,"two\nlines"\n' % n for n in range(25, 35)]
    again = [b"0,2020-01-02,again\n"] * 5
    rows = [row for five in zip(bad, ragged, long, strict=True) for row in five] + again + good
    read = read_bytes(HEADER + good[0] + b"".join(rows), tmp_path, fast=fast)
    assert read.counts == (41, 5, 36, 0)
    line, expected = 3, []
    for row in rows[:35] + good[:1]:
        expected.append((line, row.decode().rstrip("\n")))
        line += row.count(b"\n")
    assert [(r[0], r[3]) for r in read.rejects] == expected
    assert [row[1] for row in read.rows] == [2, *range(line, line + 4)]


def test_pages_end_by_the_size_of_their_texts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    keep = rejects._keep_page

    def keep_page(con: duckdb.DuckDBPyConnection, member: int, page: list) -> None:  # type: ignore[type-arg]
        sizes.append(sum(len(row[3]) for row in page))
        keep(con, member, page)

    monkeypatch.setattr(rejects, "CHUNK_TEXT", 100_000)
    monkeypatch.setattr(rejects, "_keep_page", keep_page)
    row = b"1,never," + b"x" * 50_000 + b"\n"
    read = read_bytes(HEADER + row * 9, tmp_path)
    assert len(read.rejects) == 9
    assert len(sizes) == 5
    assert max(sizes) < 101_000


@pytest.mark.parametrize(
    "row", ["{n},never,{x}\n", "{n},2020-01-02,{x},extra\n", '{n},never,"{x}\n"\n'],
    ids=["value", "ragged", "several lines"],
)  # fmt: skip
def test_memory_does_not_grow_with_the_rejected_rows(
    row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.reading.cells.CHUNK_ROWS", 2_000)
    monkeypatch.setattr("warehouse.reading.rejects.CHUNK_ROWS", 2_000, raising=False)
    path, work = tmp_path / "f.csv", tmp_path / "work"
    work.mkdir()
    path.write_text(HEADER.decode() + "".join(row.format(n=n, x="x" * 100) for n in range(MANY)))
    with duckdb.connect() as con, closing(members(path, keyed(), Limits(), work)) as found:
        batch = list(found)
        tracemalloc.start()
        try:
            (reading,) = read_batch(con, keyed(), batch)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        kept = con.execute("SELECT count(DISTINCT raw_line) FROM incoming_rejected").fetchone()
    assert (reading.rejected, kept) == (MANY, (MANY,))
    assert peak < 8 << 20  # the rejected texts alone are larger than that
