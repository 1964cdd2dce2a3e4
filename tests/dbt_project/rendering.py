"""Renders the project's macros without dbt, so that other people's vectors run through real SQL."""

import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import yaml

from warehouse import distributions

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros"
# dbt's own `test` blocks are macros by another name.
TEST_BLOCK = re.compile(r"{%\s*test\s+(\w+)\((.*?)\)\s*%}(.*?){%\s*endtest\s*%}", re.DOTALL)
# How dbt writes a table is nothing that a test calls.
MATERIALIZATION = re.compile(
    r"{%-?\s*materialization\b.*?{%-?\s*endmaterialization\s*-?%}", re.DOTALL
)


def macros() -> Any:
    """A namespace with every macro of the project as a Python function giving SQL."""
    return SimpleNamespace(**_project()[1])


def connection() -> duckdb.DuckDBPyConnection:
    """An empty DuckDB in memory with the distribution functions the models have."""
    connection = duckdb.connect()
    distributions.register(connection)
    return connection


def asked(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query of such an empty DuckDB."""
    with connection() as con:
        return con.execute(sql).fetchall()


PROJECT = MACROS.parent
# Everything else a test writes by hand; the thresholds are the project's own.
THRESHOLDS = f"read_csv('{PROJECT.parent / 'seeds' / 'threshold.csv'}', header = true)"


def model(name: str) -> str:
    """The SQL of a model or singular test, its refs and sources as plain names (`ref('x')` is x).

    Rows by hand in tables of those names then run through the very SQL of the project.
    """
    [path] = [
        path for room in ("models", "tests") for path in (PROJECT / room).rglob(f"{name}.sql")
    ]
    return rendered(path.read_text())


def rendered(text: str) -> str:
    """The SQL of a text that calls the project's macros, refs and sources as plain names."""
    environment, functions = _project()
    return environment.from_string(text).render(**functions)


def declared_feeds() -> list[dict[str, str]]:
    """Each feed of records as the project declares it."""
    feeds: list[dict[str, str]] = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"][
        "feeds"
    ]
    return feeds


@cache
def _project() -> tuple[jinja2.Environment, dict[str, Any]]:
    """The project's macros by name, and the environment that knows what dbt gives them."""
    source = "\n".join(file.read_text() for file in sorted(MACROS.rglob("*.sql")))
    source = MATERIALIZATION.sub("", source)
    source = TEST_BLOCK.sub(r"{% macro test_\1(\2) %}\3{% endmacro %}", source)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals.update(
        var={"feeds": declared_feeds()}.get,
        ref=lambda table: THRESHOLDS if table == "threshold" else table,
        source=lambda schema, table: table,
        config=lambda **settings: "",
        is_incremental=lambda: False,
    )
    module = environment.from_string(source).module
    return environment, {k: v for k, v in vars(module).items() if not k.startswith("_")}
