"""What a library says of a value it was given is never passed on."""

import csv
import errno
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import apprise
import dagster as dg
import duckdb
import pyarrow as pa
import pytest
import python_calamine
import sqlalchemy
import yaml
from dbt_common.exceptions import CompilationError, DbtRuntimeError
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import CspError, FileRefused
from warehouse.faults import as_csp_error, refusing
from warehouse.messages import KINDS, mend_of, safe_message

PERSON = "MARY SMITH"


def _sql(text: str) -> Callable[[Path], object]:
    return lambda folder: duckdb.sql(text).fetchall()


def _constraint(folder: Path) -> object:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (a VARCHAR PRIMARY KEY)")
        con.execute("INSERT INTO t VALUES (?), (?)", [PERSON, PERSON])
    return None


def _raise(error: BaseException) -> Callable[[Path], object]:
    def fail(folder: Path) -> object:
        raise error

    return fail


def _expectations(folder: Path) -> object:
    import great_expectations as gx

    return gx.expectations.ExpectColumnValuesToBeInSet(column=1, value_set=PERSON)


def _calamine(folder: Path) -> object:
    (folder / "f.xlsx").write_text(PERSON)
    return python_calamine.CalamineWorkbook.from_path(str(folder / "f.xlsx"))


def _zip(folder: Path) -> object:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(PERSON, PERSON * 9)
    damaged = packed.getvalue().replace(PERSON.encode() * 9, PERSON.encode()[::-1] * 9)
    with zipfile.ZipFile(io.BytesIO(damaged)) as archive:
        return archive.read(PERSON)


def _sqlalchemy(folder: Path) -> object:
    with sqlalchemy.create_engine("sqlite://").connect() as con:
        return con.execute(sqlalchemy.text("SELECT :a FROM nowhere"), {"a": PERSON})


def _dagster(folder: Path) -> object:
    return dg.AssetCheckResult(passed=True, metadata={"a": PERSON}, severity=PERSON)  # type: ignore[arg-type]


LIBRARIES: dict[str, Callable[[Path], object]] = {
    "conversion": _sql(f"SELECT CAST('{PERSON}' AS INTEGER)"),
    "constraint": _constraint,
    "binder": _sql(f'SELECT "{PERSON}"'),
    "parser": _sql(f"SELEKT '{PERSON}'"),
    "catalog": _sql(f'FROM "{PERSON}"'),
    "io": _sql(f"FROM read_csv('/nowhere/{PERSON}.csv')"),
    "dbt runtime": _raise(DbtRuntimeError(f"Runtime Error: {PERSON}")),
    "dbt compilation": _raise(CompilationError(f"no column {PERSON}")),
    "great expectations": _expectations,
    "dagster": _dagster,
    "sqlalchemy": _sqlalchemy,
    "apprise": lambda folder: apprise.Apprise().add(PERSON, tag=1, wrong=PERSON),  # type: ignore[call-arg]
    "pyarrow": lambda folder: pa.array([PERSON], pa.string()).cast(pa.int64()),
    "calamine": _calamine,
    "zipfile": _zip,
    "json": lambda folder: json.loads(PERSON),
    "int": lambda folder: int(PERSON),
    "struct": lambda folder: struct.unpack(PERSON, b""),
    "unicode": lambda folder: f"{PERSON}\ud800".encode(),
    "yaml": lambda folder: yaml.safe_load(f"a: *{PERSON.replace(' ', '_')}"),
    "csv": lambda folder: list(csv.reader([f'"{PERSON}"x'], strict=True)),
    "os": _raise(OSError(errno.EINVAL, PERSON)),
    "os without a number": _raise(OSError(PERSON)),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_of_a_library_s_error_only_the_kind_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - each library has its own
        LIBRARIES[name](tmp_path)
    error = caught.value
    assert not isinstance(error, (CspError, KeyboardInterrupt))
    said = [safe_message(error), mend_of(error), safe_message(str(error))]
    for doing in (as_csp_error("Loading"), refusing()):
        with pytest.raises(Exception) as wrapped, doing:  # noqa: PT011
            raise error
        if isinstance(wrapped.value, CspError):
            said.append(str(wrapped.value))
    assert len(said) > 3 or isinstance(error, duckdb.Error)
    for text in said:
        assert text
        assert not any(part in text for part in PERSON.split())


def test_a_file_that_the_system_refuses_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "absent").open()
    assert safe_message(caught.value) == f"No such file or directory ({tmp_path / 'absent'})"
    full = OSError(errno.ENOSPC, PERSON, "x.csv")
    assert (safe_message(full), mend_of(full)) == (
        "the disk is full (x.csv)",
        "Make room, and run again.",
    )


def test_who_holds_the_warehouse_is_told_by_number() -> None:
    lock = duckdb.IOException(
        f"IO Error: Could not set lock on file: Conflicting lock is held in {PERSON} (PID 4711)."
    )
    assert safe_message(lock) == "another program holds it (process 4711)"


def test_our_own_sentences_are_told_as_they_are() -> None:
    assert safe_message(FileRefused("it is empty", line=3)) == "line 3: it is empty"


@given(st.text())
def test_a_text_gives_a_kind_and_nothing_else(text: str) -> None:
    assert safe_message(text) in (*KINDS, "an error")


@given(st.text(min_size=1), st.sampled_from([ValueError, KeyError, RuntimeError, OSError]))
def test_an_error_of_python_gives_its_name(text: str, kind: type[Exception]) -> None:
    assert safe_message(kind(text)) == kind.__name__
