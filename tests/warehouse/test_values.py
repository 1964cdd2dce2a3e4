"""Words for nothing are blank, guards are taken off, rounded references are loaded nowhere.

Each rule is asked of every feed and of both readers; the cases beside the checkout are examples.
"""

import csv
import io
import random
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.warehouse.partner_files import ask, land, load
from tests.warehouse.reading_helpers import KEYED, Read, keyed, read_bytes
from tests.warehouse.test_buckets import cell
from warehouse.contract import Column, Contract, load_contract, load_contracts, parse_contract
from warehouse.errors import ContractError
from warehouse.home import Home
from warehouse.ingest.checking import check_file
from warehouse.ingest.pseudonyms import Pseudonyms
from warehouse.reading.checks import readable_sql
from warehouse.reading.header import HeaderRow, find_header
from warehouse.reading.values import (
    NULL_WORDS,
    WITHHELD_WORDS,
    blank_words,
    reading_sql,
    value_of,
    value_sql,
)

CRIMES = load_contract("police/recorded_crime")
NO_DATES = ["00/00/0000", "00/01/1900", "1900-01-01", "9999-12-31", "0000-00-00", "01/01/1900"]
CLOCKS = ["", " 00:00", " 00:00:00", " 00:00:00.000", "T00:00:00Z", " 23:59:59"]
GUARDS = ["{}", " {} ", "'{}", '="{}"', ' ="{}" ', "' {}"]
PARTNERS = [feed for feed, contract in load_contracts().items() if not contract.open_data]
# Of each property few files: what takes time is the file.
quick = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def nothing(rng: random.Random, column: Column | None = None) -> str:
    """A text that says nothing in the column, or in some column; guarded or not."""
    said = list(NULL_WORDS)
    if column is None or column.identifier:
        said += WITHHELD_WORDS
    if column is None or column.type in ("date", "datetime"):
        said += [day + clock for day in NO_DATES for clock in CLOCKS]
    case = rng.choice([str.lower, str.upper, str.title, str.swapcase])
    word = rng.choice(said)
    return rng.choice(GUARDS).format(word if word[0].isdigit() else case(word))


guarded = st.randoms(use_true_random=False).map(nothing)
# Lower case is one thing in ASCII; a text of another alphabet is none of these words.
texts = st.one_of(
    guarded, st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=14),
    st.text("='\" \t\u00a0naNA/(#0", max_size=6),
)  # fmt: skip


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def plain_header(contract: Contract) -> list[str]:
    return [column.header[0] for column in contract.columns]


def both_ways(content: bytes, folder: Path, contract: Contract) -> Read:
    """A file read by either reader, which must agree."""
    fast, exact = (read_bytes(content, folder, contract, fast=fast) for fast in (True, False))
    assert (fast.rows, fast.rejects, fast.counts) == (exact.rows, exact.rejects, exact.counts)
    return fast


def rows_of(contract: Contract, seed: int, count: int) -> list[list[str]]:
    """Sound rows of the feed, each with a key of its own."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        row = {column.name: cell(column, rng, number)[0] for column in contract.columns}
        keys = [contract.column(name) for name in contract.update.row_key]
        if not any(key.identifier for key in keys):
            free = next(key for key in keys if key.type == "text" and not key.values)
            row[free.name] += str(number)
        rows.append([row[column.name] for column in contract.columns])
    return rows


@settings(deadline=None, max_examples=20)
@given(said=st.lists(texts, min_size=1, max_size=30), odd=st.booleans())
@example(said=["="], odd=False)
@example(said=['="'], odd=False)
@example(said=['=""', '="a""b"'], odd=False)
def test_sql_and_python_say_the_same_of_a_cell(said: list[str], odd: bool) -> None:
    if not odd:
        said = [text.replace("\t", " ").replace("\u00a0", " ") for text in said]
    with duckdb.connect() as con:
        con.execute("create table cells as select unnest(?) as c", [said])
        for column in (*CRIMES.columns, None):
            by_rule = value_sql(CRIMES, column, "c", odd)
            [(level,)] = con.execute(
                f"select max({reading_sql(CRIMES, column, 'c', odd)}) from cells"
            ).fetchall()
            least = value_sql(CRIMES, column, "c", odd, level)
            found = con.execute(f"select {by_rule}, {least} from cells").fetchall()
            expected = [value_of(CRIMES, column, text) for text in said]
            assert found == [(text, text) for text in expected], (column, level)


@pytest.mark.parametrize("feed", PARTNERS)
def test_a_word_for_nothing_loads_as_a_blank_does(feed: str, tmp_path: Path) -> None:
    contract, rng = load_contract(feed), random.Random(1)
    optional = [n for n, column in enumerate(contract.columns) if not column.required]
    blank = rows_of(contract, 1, 40)
    said = [list(row) for row in blank]
    for row, worded in zip(blank, said, strict=True):
        for at in rng.sample(optional, rng.randint(0, len(optional))):
            row[at], worded[at] = "", nothing(rng, contract.columns[at])
    header = plain_header(contract)
    as_blank = read_bytes(as_csv(header, blank), tmp_path, contract)
    as_word = both_ways(as_csv(header, said), tmp_path, contract)
    assert as_word.rows == as_blank.rows
    assert as_word.counts == as_blank.counts


@pytest.mark.parametrize("feed", PARTNERS)
def test_a_required_field_of_nothing_rejects_its_row_alone(feed: str, tmp_path: Path) -> None:
    contract, rng = load_contract(feed), random.Random(2)
    required = [n for n, column in enumerate(contract.columns) if column.required]
    rows = rows_of(contract, 2, len(required) + 2)
    for row, at in zip(rows[1:], required, strict=False):
        row[at] = nothing(rng, contract.columns[at])
    read = both_ways(as_csv(plain_header(contract), rows), tmp_path, contract)
    assert read.counts == (len(rows), 2, len(required), 0)
    assert [reject[:3] for reject in read.rejects] == [
        (line, contract.columns[at].header[0], "the required field is missing")
        for line, at in enumerate(required, start=3)
    ]


def excel(number: int, digits: int) -> str:
    mantissa, exponent = f"{number:.{digits}E}".split("E")
    return f"{mantissa}E{exponent}"


def rounded(rng: random.Random) -> str:
    """A long number as programs round it."""
    number = rng.randrange(10 ** rng.randint(11, 15), 10**20)
    return rng.choice(
        [
            excel(number, rng.randint(0, 5)),
            excel(number, 5).lower(),
            repr(float(number)) if number > 10**16 else f"{number:.4E}",
            f"{rng.randrange(10**12, 10**17)}000",
            excel(rng.randrange(10**11, 10**15), 5).replace(".", ","),
        ]
    )


def texts_that_identify(contract: Contract) -> list[int]:
    return [
        n
        for n, column in enumerate(contract.columns)
        if column.identifier or (column.name in contract.key_columns and column.type == "text")
    ]


@pytest.mark.parametrize("feed", PARTNERS)
def test_a_rounded_reference_is_never_loaded(feed: str, tmp_path: Path) -> None:
    contract, rng = load_contract(feed), random.Random(3)
    rows, broken = rows_of(contract, 3, 41), []
    for row in rows[1:]:
        at = rng.choice(texts_that_identify(contract))
        row[at] = rng.choice(GUARDS).format(rounded(rng))
        broken.append(contract.columns[at])
    read = both_ways(as_csv(plain_header(contract), rows), tmp_path, contract)
    assert read.counts == (41, 1, 40, 0)
    for column, (_, name, reason, _) in zip(broken, read.rejects, strict=True):
        assert name == column.header[0]
        known = column.values or (column.pattern and column.pattern != "^[A-Za-z0-9]")
        assert known or "format the column as text" in reason


@pytest.mark.parametrize("feed", sorted(set(load_contracts()) - set(PARTNERS)))
def test_no_key_of_a_reference_file_reads_a_rounded_number(feed: str) -> None:
    contract, rng = load_contract(feed), random.Random(4)
    with duckdb.connect() as con:
        con.execute(
            "create table cells as select unnest(?) as c", [[rounded(rng) for _ in range(50)]]
        )
        for at in texts_that_identify(contract):
            column = contract.columns[at]
            read = con.execute(f"select c from cells where {readable_sql(column, 'c')}").fetchall()
            assert read == [], column.name


@settings(quick, max_examples=5)
@given(said=st.text("0123456789AZaz/ -", min_size=1, max_size=9).filter(str.strip))
@example(said="00123")
def test_guards_are_taken_off_before_anything_looks(
    said: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A guarded key is the key, so that it repeats one written without."""
    if value_of(keyed(), None, said) is None:
        return
    rows = [[guard.format(said), "2010-04-05", guard.format(said)] for guard in GUARDS]
    folder = tmp_path_factory.mktemp("guards")
    read = both_ways(as_csv(["report_id", "received", "note"], rows), folder, keyed())
    assert [row[2:] for row in read.rows] == [(said.strip(), "2010-04-05", said.strip())]
    assert read.counts == (len(GUARDS), 1, len(GUARDS) - 1, 0)


def test_an_unquoted_guard_as_excel_takes_it(tmp_path: Path) -> None:
    content = b'report_id,received,note\n="00123",2010-04-05,a\n\'00124,2010-04-05,b\n'
    read = both_ways(content, tmp_path, keyed())
    assert [row[2] for row in read.rows] == ["00123", "00124"]


def test_what_the_contract_names_is_what_it_says() -> None:
    """A value of the domain, or a code for unknown, wins over the words that are blank."""
    column = Column(
        name="note", description="What was said.", values=("None", "Some"), not_stated=("N/A",)
    )
    contract = load_contract("hate/report")
    assert value_of(contract, column, " none ") == "none"
    assert value_of(contract, column, "N/A") == "N/A"
    assert value_of(contract, column, "NULL") is None
    day = Column(
        name="day",
        description="Some day or none.",
        type="date",
        not_stated=("1900-01-01", "9999-12-31"),
    )
    assert value_of(contract, day, "1900-01-01") == "1900-01-01"
    assert value_of(contract, day, "01/01/1900") is None
    for found in load_contracts().values():
        for each in found.columns:
            named = {word.lower() for word in (*each.values, *each.not_stated)}
            assert not named & set(NULL_WORDS), f"{found.feed}.{each.name} names a word for nothing"


def test_persons_and_keys_may_be_withheld_and_nothing_else() -> None:
    hearing = load_contract("marac/hearing")
    assert value_of(hearing, hearing.column("victim_id"), "Redacted") is None
    assert value_of(hearing, hearing.column("referring_agency"), "Redacted") == "Redacted"
    survey = load_contract("survey/perception")
    assert value_of(survey, survey.column("question_id"), "withheld") is None
    assert "redacted" not in blank_words(survey, survey.column("question"))


@pytest.mark.parametrize("fast", [True, False])
def test_a_row_of_nothing_is_a_blank_row(fast: bool, tmp_path: Path) -> None:
    rows = ["report_id,received,note", "a,2010-04-05,x", "NULL,N/A,", "b,2010-04-05,y", "(null),,"]
    read = read_bytes("\n".join(rows).encode() + b"\n", tmp_path, keyed(), fast=fast)
    assert read.counts == (3, 2, 0, 1)


def test_a_kept_line_shows_what_was_read(home: Home) -> None:
    land(
        home,
        "marac/hearing",
        "h.csv",
        ["case_id,victim_id,perpetrator_id,referral_date,hearing_date,referring_agency,"
         "repeat_flag,district_code",
         "'C1,REDACTED,P1,2010-01-01,2010-01-15,N/A,N,E07000129",
         "C1,V1,P1,2010-01-01,2010-01-15,Police,N,E07000129"],
    )  # fmt: skip
    load(home)
    [(case,)] = ask(home, "select case_id from raw.marac__hearing")
    [(kept, person)] = ask(
        home, "select raw_line, (select perpetrator_id from raw.marac__hearing) "
        "from quality.rejected_row"
    )  # fmt: skip
    assert kept == f"{case},,{person},2010-01-01,2010-01-15,,N,E07000129"


@given(said=texts)
def test_a_word_for_nothing_has_no_pseudonym(said: str) -> None:
    contract = load_contract("marac/hearing")
    names = plain_header(contract)
    if value_of(contract, contract.column("victim_id"), said) is not None:
        return
    header = find_header(contract, contract.layouts, [HeaderRow(names, 1, 1)], {})
    line = as_csv(names, [[said] * len(names)]).decode().split("\n", 1)[1].rstrip("\n")
    kept = Pseudonyms(bytes(32)).masked(contract, header, line)
    assert kept is not None
    assert not any(len(each) == 64 for each in kept.split(","))


class TestCases:
    """The cases of the shared folder: what each must give."""

    @pytest.fixture
    def cases(self, shared: Path) -> Path:
        return shared / "cases"

    def landed(self, home: Home, feed: str, path: Path) -> None:
        land(home, feed, path.name, path.read_text().splitlines())

    def test_crimes_incidents_and_hearings_of_null(self, home: Home, cases: Path) -> None:
        folder = cases / "01-textual-nulls"
        self.landed(home, "police/recorded_crime", folder / "crimes_null.csv")
        self.landed(home, "police/incident", folder / "incidents_null.csv")
        self.landed(home, "marac/hearing", folder / "marac_null.csv")
        load(home)
        assert ask(
            home,
            "select count(*), count(cancelled_date), any_value(cancelled_date_bucket) "
            "from raw.police__recorded_crime__typed",
        ) == [(5, 0, "not applicable")]
        assert ask(
            home,
            "select count(*), count(linked_crime_ref), any_value(linked_crime_ref_bucket) "
            "from raw.police__incident__typed where category = 'Domestic'",
        ) == [(5, 0, "not applicable")]
        assert ask(home, "select count(*) from raw.marac__hearing") == [(0,)]
        assert ask(
            home,
            "select list(line_number order by line_number), any_value(column_name) "
            "from quality.rejected_row",
        ) == [([2, 3, 4, 5, 6, 7], "victim_id")]

    def test_rounded_references_overwrite_nothing(self, home: Home, cases: Path) -> None:
        folder = cases / "04-ids-ruined-by-excel"
        for name in ("crimes_a.csv", "crimes_b.csv"):
            self.landed(home, "police/recorded_crime", folder / name)
        load(home)
        assert ask(home, "select count(*) from raw.police__recorded_crime") == [(0,)]
        rejected = ask(home, "select reason from quality.rejected_row")
        assert len(rejected) == 3
        assert all("format the column as text" in reason for (reason,) in rejected)  # type: ignore[operator]

    @pytest.mark.parametrize(
        ("feed", "name", "line", "column"),
        [
            ("police/recorded_crime", "05-month-day-dates/crimes_us.csv", 14, "recorded_date"),
            ("survey/perception", "08-percent-as-fraction/survey_fraction.csv", 2, "percent"),
        ],
    )
    def test_another_notation_is_refused(
        self, feed: str, name: str, line: int, column: str, cases: Path
    ) -> None:
        [file] = check_file(cases / name, load_contract(feed)).files
        assert file.refused is not None
        assert (file.refused.line, file.refused.column) == (line, column)
        assert file.refused.what_to_do.split()[0] in ("Export", "Send")


def test_a_contract_may_not_leave_a_key_unread() -> None:
    for wrong, says in (
        (KEYED.replace("    pattern: '.'\n", ""), "an unreadable one is known"),
        (KEYED.replace("    required: true\n", "", 1), "so it must be required"),
    ):
        with pytest.raises(ContractError, match=says):
            parse_contract(wrong, "council/report.yml")
