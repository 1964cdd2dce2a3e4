"""`csp query` reads one publication, changes nothing, sees no file, and says what is wrong."""

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.small_night import Night, small_night
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.publication.query import Reader, _connect, as_csv, as_json, text_cell


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    made = small_night(Home(tmp_path_factory.mktemp("query") / "home"), rows=3000)
    made.publish()
    return made


def one(night: Night, sql: str, tier: str = "partner") -> list[tuple[object, ...]]:
    with Reader(night.home, tier) as reader:
        return [row for batch in reader.run(sql).batches for row in batch]


def refusal(night: Night, sql: str) -> str:
    with Reader(night.home) as reader, pytest.raises(UsageError) as raised:
        reader.run(sql)
    assert raised.value.exit_code == 2
    return str(raised.value)


@pytest.mark.parametrize("table", ["indicator_value", "marts.indicator_value", "INDICATOR_VALUE"])
def test_tables_are_found_with_and_without_their_schema(night: Night, table: str) -> None:
    assert one(night, f"select count(*) from {table}") == [(12_000,)]


def test_each_tier_is_read(night: Night) -> None:
    assert one(night, "select count(*) from indicator_value", "public") == [(3000,)]
    with pytest.raises(UsageError, match="partner or public"):
        Reader(night.home, "secret")


@pytest.mark.parametrize("sql", ["describe indicator", "show tables", "summarize indicator", "explain from indicator", "EXPLAIN (analyze, format json)\nfrom indicator", "explain analyze (select 1)", "from indicator", "with a as (select 1) from a", "select 1;"])  # noqa: E501  # fmt: skip
def test_every_kind_of_reading_is_answered(night: Night, sql: str) -> None:
    assert one(night, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "delete from indicator",
        "create table t as select 1",
        "create temp table t as select 1",
        "insert into indicator values ('a', 1, 'b')",
        "set threads = 1",
        "attach ':memory:' as other",
        "install httpfs",
        "load json",
        "copy indicator to 'x.csv'",
        "export database 'x'",
        "pragma version",
        "call pragma_version()",
        "checkpoint",
        "select 1; select 2",
        "",
        "-- nothing",
        "explain analyze create temp table t as select 1",
        "explain analyze delete from indicator",
        "explain analyze set threads = 1",
        "explain (analyze, format json) copy (select 1) to 'x.csv'",
        "explain copy indicator to 'x.csv'",
        # Where comments nest, DuckDB reads another statement than one who does not know of it.
        "/* /* */ explain select 1 -- */ explain analyze create temp table t as select 1",
    ],
)
def test_what_is_not_one_select_is_refused(night: Night, sql: str) -> None:
    assert "answers one SELECT" in refusal(night, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_text(['/etc/passwd'])",
        "select * from read_blob('/etc/passwd')",
        "select * from read_json('/etc/passwd')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from parquet_metadata('/etc/passwd')",
        "select * from query('select * from read_text(''/etc/passwd'')')",
        "select * from json_execute_serialized_sql(json_serialize_sql("
        "'select * from read_text(''/etc/passwd'')'))",
        "select * from duckdb_extensions()",
        "select * from glob('*')",
        "select * from glob('/etc/*')",
        "select * from read_parquet('https://example.org/x.parquet')",
    ],
)
def test_files_and_the_network_are_out_of_reach(night: Night, sql: str) -> None:
    assert "no files and no network" in refusal(night, sql)


def test_a_file_named_as_a_table_is_out_of_reach(night: Night, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a\n1\n")
    assert "no files and no network" in refusal(night, f"select * from '{file}'")


def test_the_file_that_is_open_is_read_by_its_tables_alone(night: Night) -> None:
    """DuckDB leaves its own file, and the log beside it, open to statements: read and written."""
    file = night.home.current.resolve() / "partner.duckdb"
    before = sorted(file.parent.iterdir())
    for name in (file, f"{file}.wal", f"{file}.wal.checkpoint"):
        assert "no files and no network" in refusal(night, f"from read_blob('{name}')")
        assert "answers one SELECT" in refusal(
            night, f"explain analyze copy (select 1) to '{name}'"
        )
    with _connect(file) as con, pytest.raises(duckdb.PermissionException):
        con.execute(f"copy (select 1) to '{file}.wal'")
    assert sorted(file.parent.iterdir()) == before


@pytest.mark.parametrize(
    "sql",
    [
        "select * from enable_logging(storage = 'file', storage_path = '/tmp/log')",
        "select * from enable_profiling()",
        "select * from query('attach '':memory:''')",
        "with gone as (delete from indicator returning *) from gone",
        "select getenv('HOME')",
        "from statements",
    ],
)
def test_neither_settings_nor_the_environment_nor_the_program_answer(
    night: Night, sql: str
) -> None:
    assert refusal(night, sql)


def test_the_settings_are_closed_and_no_secret_of_the_user_is_read(night: Night) -> None:
    assert one(night, "from duckdb_secrets()") == []
    settings = {str(n): v for n, v in one(night, "select name, value from duckdb_settings()")}
    closed = ("enable_external_access", "allow_persistent_secrets", "python_enable_replacements")
    assert {settings[name] for name in closed} == {"false"}
    assert settings["lock_configuration"] == "true"


def test_an_unknown_table_is_answered_with_the_nearest(night: Night) -> None:
    said = refusal(night, "from indicator_valeu")
    assert "There is no table indicator_valeu in the partner publication" in said
    assert "Nearest: indicator_value" in said
    assert "duckdb_tables()" in said


def test_an_unknown_column_is_answered_with_the_nearest(night: Night) -> None:
    said = refusal(night, "select\n  numeratr from indicator_value")
    assert 'Referenced column "numeratr" not found' in said
    assert "numerator" in said.split("Candidate")[1]
    assert "(line 2: numeratr from indicator_value)" in said
    assert "\n" not in said


def test_csv_is_read_back_with_nulls_quotes_and_lists(night: Night) -> None:
    with Reader(night.home) as reader:
        text = "".join(
            as_csv(
                reader.run(
                    "select 'a,\"b\"' as q, null as n, date '2020-04-01' as d, true as t, "
                    "[1, 2] as l, 1.50::decimal(9, 2) as c, timestamp '2020-04-01 02:00:00' as ts"
                )
            )
        )
    assert list(csv.reader(io.StringIO(text))) == [
        ["q", "n", "d", "t", "l", "c", "ts"],
        ['a,"b"', "", "2020-04-01", "true", "[1, 2]", "1.50", "2020-04-01 02:00:00"],
    ]


def test_json_is_read_back_whole_over_many_batches(night: Night) -> None:
    with Reader(night.home) as reader:
        text = "".join(as_json(reader.run("from indicator_value order by all")))
    found = json.loads(text)
    assert len(found) == 12_000
    assert found[0] == {
        "indicator_id": "hate_reports",
        "indicator_version": 1,
        "area_code": "E07000120",
        "period_start": "2020-04-01",
        "numerator": 0,
        "value": 0.0,
    }


def test_json_of_no_rows_and_of_what_json_has_not(night: Night) -> None:
    with Reader(night.home) as reader:
        assert json.loads("".join(as_json(reader.run("from indicator where false")))) == []
        odd = reader.run(
            "select 'nan'::double as n, {'a': 1.5::decimal(4,1)} as s, '5s'::interval i"
        )
        assert json.loads("".join(as_json(odd))) == [{"n": None, "s": {"a": 1.5}, "i": 5.0}]


def test_cells_for_people() -> None:
    assert [text_cell(v) for v in (None, True, 1.0, 0.123456789, 12345678.9, 1234567, "x")] == [
        *("", "true", "1", "0.123457", "12,345,679", "1234567", "x")
    ]


def test_a_reader_stays_with_its_publication(tmp_path: Path) -> None:
    night = small_night(Home(tmp_path / "home"))
    night.publish()
    with Reader(night.home) as reader:
        first = reader.publication_id
        night.publish()
        answer = reader.run("select publication_id from publication")
        assert list(answer.batches) == [[(first,)]]
    assert one(night, "select publication_id from publication") != [(first,)]


def test_reading_leaves_the_publication_as_it_was(night: Night) -> None:
    with Reader(night.home) as reader:
        folder = night.home.published / reader.publication_id
        before = sorted(path.name for path in folder.iterdir())
        list(reader.run("from indicator_value order by hash(numerator)").batches)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_before_the_first_publication(home: Home) -> None:
    with pytest.raises(UsageError, match="Nothing is published"):
        Reader(home)
    with pytest.raises(UsageError, match="csp init"):
        Reader(Home(home.root / "elsewhere"))
