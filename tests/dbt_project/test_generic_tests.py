"""The project's generic dbt tests fail on bad rows and on nothing else."""

import duckdb
import pytest

from tests.dbt_project.rendering import macros


def _failures(sql: str, rows: str) -> int:
    con = duckdb.connect()
    con.execute(f"create table given as {rows}")
    return len(con.sql(sql.strip()).fetchall())


EMPTY = "select 1 as a, 1 as b, 1 as c, 1 as d where false"


@pytest.mark.parametrize(
    ("rows", "failures"),
    [
        ("from (values (1, 1), (1, 2), (2, 1)) t(a, b)", 0),
        ("from (values (1, 1), (1, 1), (2, 1), (2, 1), (3, 1)) t(a, b)", 2),
        # Two rows that lack the same part of the key have one key.
        ("from (values (1, null), (1, null)) t(a, b)", 1),
        ("from (values (1, null), (2, null)) t(a, b)", 0),
        (EMPTY, 0),
    ],
)
def test_unique_combination(rows: str, failures: int) -> None:
    assert _failures(macros().test_unique_combination("given", ["a", "b"]), rows) == failures


@pytest.mark.parametrize(
    ("rows", "failures"),
    [
        ("from (values (1, 1)) t(a, b)", 0),
        ("from (values (1, null), (1, null)) t(a, b)", 1),
        ("from (values (null, null)) t(a, b)", 2),
        (EMPTY, 0),
    ],
)
def test_never_null(rows: str, failures: int) -> None:
    assert _failures(macros().test_never_null("given", ["a", "b"]), rows) == failures


@pytest.mark.parametrize(
    ("rows", "failures"),
    [
        ("from (values (1, 2, 3), (1, 1, 1)) t(a, b, c)", 0),
        ("from (values (2, 1, 3)) t(a, b, c)", 1),
        ("from (values (1, 3, 2)) t(a, b, c)", 1),
        ("from (values (null, null, null), (1, null, 2)) t(a, b, c)", 0),
        # What stands either side of a NULL is still compared.
        ("from (values (3, null, 2)) t(a, b, c)", 1),
        (EMPTY, 0),
    ],
)
def test_in_order(rows: str, failures: int) -> None:
    assert _failures(macros().test_in_order("given", ["a", "b", "c"]), rows) == failures


@pytest.mark.parametrize(
    ("rows", "failures"),
    [
        ("from (values (1, 2, 3)) t(a, b, c)", 0),
        ("from (values (1, 2, 4)) t(a, b, c)", 1),
        ("from (values (1, null, 1)) t(a, b, c)", 1),
        ("from (values (1, 2, null)) t(a, b, c)", 1),
        (EMPTY, 0),
    ],
)
def test_buckets_add_up(rows: str, failures: int) -> None:
    assert _failures(macros().test_buckets_add_up("given", "c", ["a", "b"]), rows) == failures


@pytest.mark.parametrize(
    ("rows", "failures"),
    [
        ("from (values (1), (2)) t(a)", 0),
        ("from (values (1), (1), (2), (2), (3)) t(a)", 2),
        ("from (values (1), (null)) t(a)", 1),
        (EMPTY, 0),
    ],
)
def test_is_key(rows: str, failures: int) -> None:
    assert _failures(macros().test_is_key("given", "a"), rows) == failures
