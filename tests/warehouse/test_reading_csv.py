"""Every line of a CSV is accepted, rejected with its reason or a declared skip; none vanishes."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.reading_helpers import Read, keyed, read_bytes
from warehouse.errors import FileRefused
from warehouse.reading.values import value_of

HEADER = b"report_id,received,note\n"
GOOD = HEADER + b"1,2020-01-02,hello\n2,03/04/2020,world\n"


@pytest.fixture(params=[True, False], ids=["fast", "exact"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def accepted(read: Read) -> list[tuple[object, ...]]:
    return [row[1:] for row in read.rows]


def test_rows_come_as_text_with_their_physical_line(tmp_path: Path, fast: bool) -> None:
    read = read_bytes(GOOD, tmp_path, fast=fast)
    assert read.columns == ["_member", "_line_number", "report_id", "received", "note"]
    assert accepted(read) == [(2, "1", "2020-01-02", "hello"), (3, "2", "03/04/2020", "world")]
    assert (read.one.layout, read.one.encoding) == ("plain", "utf-8")
    assert read.counts == (2, 2, 0, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n", b"\r"),
        GOOD + b"\n\r\n  \n",
        GOOD + b",,\n,,\n",
        GOOD.rstrip(b"\n"),
        GOOD.replace(b"report_id,received", b" report_id , RECEIVED "),
        GOOD.replace(b"hello", b"  hello\xc2\xa0").replace(b"1,", b"\t1 ,"),
        GOOD.replace(b"hello", b'"hello"'),
        GOOD.replace(b"report_id", b"Report No"),
    ],
    ids=[
        "bom",
        "crlf",
        "cr",
        "trailing",
        "commas",
        "no-eol",
        "headers",
        "spaces",
        "quotes",
        "alias",
    ],
)
def test_harmless_differences_change_nothing(content: bytes, tmp_path: Path, fast: bool) -> None:
    read = read_bytes(content, tmp_path, fast=fast)
    assert accepted(read) == [(2, "1", "2020-01-02", "hello"), (3, "2", "03/04/2020", "world")]
    assert read.counts == (2, 2, 0, 0)


def test_columns_may_come_in_another_order_and_optional_ones_may_be_absent(tmp_path: Path) -> None:
    read = read_bytes(b"received,x_1,report_id\n2020-01-02,z,1\n", tmp_path)
    assert accepted(read) == [(2, "1", "2020-01-02", None)]
    assert read.one.absent == ("note",)


def test_windows_1252_is_recorded_and_read(tmp_path: Path, fast: bool) -> None:
    read = read_bytes(
        HEADER + "1,2020-01-02,caf\u00e9 \u2013 \u20ac5\n".encode("cp1252"), tmp_path, fast=fast
    )
    assert accepted(read) == [(2, "1", "2020-01-02", "caf\u00e9 \u2013 \u20ac5")]
    assert read.one.encoding == "windows-1252"


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (
            HEADER + b"1,2020-01-02,\xe9\n2,2020-01-02,\x81\n",
            3,
            "see line 3, byte 14",
        ),
        (GOOD.decode().encode("utf-16-le"), 1, "UTF-16"),
        (HEADER + b"1,2020-01-02,a\x00b\n", 2, "NUL byte (line 2, byte 15)"),
        (b"", None, "empty"),
    ],
    ids=["neither", "utf-16 without its mark", "nul", "empty"],
)
def test_unreadable_bytes_refuse_the_file_and_say_where(
    content: bytes, line: int | None, says: str, tmp_path: Path
) -> None:
    refused = read_bytes(content, tmp_path).one.refused
    assert refused is not None
    assert refused.line == line
    assert says in refused.reason
    assert refused.what_to_do


@pytest.mark.parametrize(
    ("header", "column", "says"),
    [
        (b"report_id,note", "received", "1 of 2 required headers found on line 1; missing: `rec"),
        (b"report_id,received,surprise", "column 3", "column 3 is not a header that the contract"),
        (b"report_id,received,note,note", "note", "appears twice"),
        (b"report_id,received,", None, "column 3 has no header"),
    ],
)
def test_a_header_that_breaks_the_contract_refuses_the_file(
    header: bytes, column: str | None, says: str, tmp_path: Path
) -> None:
    refused = read_bytes(header + b"\n1,2020-01-02,x,y\n", tmp_path).one.refused
    assert refused is not None
    assert (refused.line, refused.column) == (1, column)
    assert says in refused.reason


def test_a_file_without_its_header_is_refused_without_quoting_its_first_record(
    tmp_path: Path,
) -> None:
    refused = read_bytes(b"1,2020-01-02,Ann Example\n", tmp_path).one.refused
    assert refused is not None
    assert "the first row has 3 cells, none a required header" in refused.reason
    assert "is the header row missing?" in refused.reason
    assert "Ann" not in str(refused)
    assert "2020" not in str(refused)


def test_a_reason_counts_the_cells_that_are_no_headers(tmp_path: Path) -> None:
    header = "report_id," + "x" * 5000 + "".join(f",c{n}" for n in range(900))
    refused = read_bytes(header.encode() + b"\n", tmp_path).one.refused
    assert refused is not None
    assert refused.reason == (
        "1 of 2 required headers found on line 1; missing: `received`; columns 2 to 902 are not "
        "headers of the contract"
    )
    unknown = read_bytes(b"report_id,received," + b"y" * 5000 + b"\n", tmp_path).one.refused
    assert unknown is not None
    assert unknown.column == "column 3"
    assert "yy" not in f"{unknown} {unknown.what_to_do}"


def test_rejected_rows_keep_line_column_reason_and_text(tmp_path: Path, fast: bool) -> None:
    content = HEADER + (
        b"1,2020-01-02,ok\n"
        b",2020-01-02,no id\n"
        b"3,02.01.2020,bad date\n"
        b"1,2020-01-03,again\n"
        b"5,2020-13-01,no such month\n"
    )
    read = read_bytes(content, tmp_path, fast=fast)
    assert accepted(read) == [(2, "1", "2020-01-02", "ok")]
    assert [(r[0], r[1], r[3]) for r in read.rejects] == [
        (3, "report_id", ",2020-01-02,no id"),
        (4, "received", "3,02.01.2020,bad date"),
        (5, "report_id", "1,2020-01-03,again"),
        (6, "received", "5,2020-13-01,no such month"),
    ]
    assert "missing" in read.rejects[0][2]
    assert "not a date as" in read.rejects[1][2]
    assert "first stays" in read.rejects[2][2]
    assert read.counts == (5, 1, 4, 0)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"2,2020-01-02", "has 2 fields, not 3"),
        (b"2,2020-01-02,x,", "has 4 fields, not 3"),
        (b"2,2020-01-02,x,y", "has 4 fields, not 3"),
        (b'2,2020-01-02,"x"y', "text after a closing quote"),
        (b'2,2020-01-02,"x', "never closed"),
        (b"2,2020\r-01-02,x", "carriage return"),
    ],
)
def test_a_ragged_or_broken_line_costs_only_itself(row: bytes, says: str, tmp_path: Path) -> None:
    read = read_bytes(HEADER + b"1,2020-01-02,a\n" + row + b"\n3,2020-01-04,c\n", tmp_path)
    assert [r[1] for r in accepted(read)] == ["1", "3"]
    ((line, _, reason, raw),) = read.rejects
    assert (line, raw) == (3, row.decode())
    assert says in reason
    assert read.counts == (3, 2, 1, 0)


def test_a_stray_quote_far_from_the_next_swallows_nothing(tmp_path: Path) -> None:
    rows = [f"{n},2020-01-02,x" for n in range(1000)]
    rows[10] = '10,2020-01-02,"open'
    rows[900] = '900,2020-01-02,shut"'
    read = read_bytes(HEADER + "\n".join(rows).encode(), tmp_path)
    assert read.counts == (1000, 999, 1, 0)
    assert [r[0] for r in read.rejects] == [12]


def test_a_line_break_inside_quotes_is_text_and_keeps_the_line_numbers(tmp_path: Path) -> None:
    content = HEADER + b'1,2020-01-02,"two\r\nlines, really"\n2,bad,"x\ny"\n3,2020-01-04,c\n'
    read = read_bytes(content, tmp_path)
    assert accepted(read) == [
        (2, "1", "2020-01-02", "two\r\nlines, really"),
        (6, "3", "2020-01-04", "c"),
    ]
    assert [(r[0], r[3]) for r in read.rejects] == [(4, '2,bad,"x\ny"')]


def test_blank_lines_inside_the_file_are_declared_skips(tmp_path: Path) -> None:
    read = read_bytes(HEADER + b"1,2020-01-02,a\n\n  \n,,\n2,2020-01-02,b\n\n", tmp_path)
    assert read.counts == (5, 2, 0, 3)
    assert [row[1] for row in read.rows] == [2, 6]


def test_preamble_footer_and_declared_row_skips_are_counted(tmp_path: Path) -> None:
    contract = keyed(
        **{
            "{name: plain, format: csv, ignore: ['^x_']}": (
                "{name: plain, format: csv, header_within: 9, footer: '^Notes', skip_rows: "
                "[{column: report_id, pattern: '^Total', reason: a total}], capture: "
                "{note: {from: preamble, pattern: 'year (\\d+)'}}}"
            )
        }
    )
    content = (
        b'Reports of year 2020,,\n"A ""title""\nover two lines",,\n\nreport_id,received\n'
        b"1,2020-01-02\nTotal,9\nNotes,\none,two,three,four\nlast\n"
    )
    read = read_bytes(content, tmp_path, contract)
    assert accepted(read) == [(6, "1", "2020-01-02", "2020")]
    assert read.one.captured == {"note": "2020"}
    assert read.counts == (8, 1, 0, 7)


def test_a_file_name_with_pattern_characters_is_just_a_name(tmp_path: Path) -> None:
    read = read_bytes(GOOD, tmp_path, name="extract [1]*.csv")
    assert read.counts == (2, 2, 0, 0)
    assert (tmp_path / "extract [1]*.csv").exists()


def test_a_gzip_reads_like_its_file_and_a_cut_one_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(GOOD * 1)
    assert read_bytes(packed, tmp_path, name="f.csv.gz").counts == (2, 2, 0, 0)
    with pytest.raises(FileRefused, match="cut short"):
        read_bytes(packed[:-9], tmp_path, name="g.csv.gz")


def test_a_format_the_feed_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"takes \.csv"):
        read_bytes(b"%PDF", tmp_path, name="f.pdf")


# Bytes that make CSV readers disagree, more often than chance would.
PIECES = st.sampled_from(
    [
        *(b",", b"\n", b"\r\n", b'"', b'""', b" ", b"1", b"x", b"2020-01-02", b"\t", b"\xc2\xa0"),
        *(b"\r", b"\xe9", b"\\", b"#", b"1,2020-01-02,x\n", b"7,02/03/2021,\n"),
        b'8,2020-01-02,"a,b"\n',
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=30).map(b"".join), st.sampled_from([b"\n", b"\r\n"]))
def test_the_fast_reader_and_the_exact_one_agree_on_any_bytes(body: bytes, end: bytes) -> None:
    content = b"report_id,received,note" + end + body
    with TemporaryDirectory() as folder:
        results = []
        for fast in (True, False):
            read = read_bytes(content, Path(folder), fast=fast)
            reading = read.one
            results.append((read.rows, read.rejects, read.counts, str(reading.refused)))
            assert reading.data_rows == reading.accepted + reading.rejected + reading.skipped
            assert len(read.rows) == reading.accepted
            assert len(read.rejects) == reading.rejected
        assert results[0] == results[1]


@pytest.mark.parametrize(
    "row",
    [
        b'1,2020-01-02,a"b',
        b'1,2020-01-02,a""b',
        b'1,2020-01-02, "x,y"',
        b'1,2020-01-02, "x"',
        b'1,"2020-01-02" ,x',
        b'1,2020-01-02,"a""b"',
        b'1,2020-01-02,"""',
        b'1,2020-01-02,""""',
        b'"1","2020-01-02",""',
        b'1,2020-01-02,\\"x',
        b"1,2020-01-02,x\r",
        b"\n1,2020-01-02,x",
    ],
)
def test_the_readers_agree_on_odd_quotes_and_line_ends(row: bytes, tmp_path: Path) -> None:
    content = HEADER + b"7,2020-01-02,before\n" + row + b"\n8,2020-01-02,after\n"
    fast, exact = (read_bytes(content, tmp_path, fast=way) for way in (True, False))
    assert (fast.rows, fast.rejects, fast.counts) == (exact.rows, exact.rejects, exact.counts)
    assert {"7", "8"} <= {r[2] for r in fast.rows}


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=8)


@settings(max_examples=25, deadline=None)
@given(st.lists(CELL, max_size=12), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_whatever_a_csv_writer_wrote_comes_back_cell_for_cell(notes: list[str], code: str) -> None:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["report_id", "received", "note"])
    writer.writerows([[n, "2020-01-02", note] for n, note in enumerate(notes)])
    with TemporaryDirectory() as folder:
        read = read_bytes(out.getvalue().encode(code), Path(folder))
    column = keyed().column("note")
    assert [row[1:] for row in read.rows] == [
        (n + 2, str(n), "2020-01-02", value_of(keyed(), column, note))
        for n, note in enumerate(notes)
    ]


SNAPSHOT = {
    "{rule: upsert, key: [report_id]}": "{rule: snapshot, row: [report_id]}",
    "type: date, required": "type: month, earliest: 2010-12, required",
}


@pytest.mark.parametrize("fast", [True, False])
def test_a_snapshot_with_a_row_key_keeps_the_first_of_two_rows(tmp_path: Path, fast: bool) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"report_id,received,note\n1,2020-01,x\n2,2020-01,y\n1,2020-01,z\n")
    read = Read(path, keyed(**SNAPSHOT), tmp_path / "work", fast)
    assert [row[-1] for row in read.rows] == ["x", "y"]
    assert [(line, column) for line, column, _, _ in read.rejects] == [(4, "report_id")]
    assert (read.one.data_rows, read.one.accepted, read.one.rejected) == (3, 2, 1)


@pytest.mark.parametrize("month", ["2010-11", "2202-04", "2020-13"])
def test_a_month_before_the_feed_began_or_yet_to_come_is_rejected(
    tmp_path: Path, month: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"report_id,received,note\n1,{month},x\n2,2010-12,y\n")
    read = Read(path, keyed(**SNAPSHOT), tmp_path / "work")
    assert [row[-1] for row in read.rows] == ["y"]
    ((line, column, reason, _),) = read.rejects
    assert (line, column) == (2, "received")
    assert "from 2010-12 on" in reason
