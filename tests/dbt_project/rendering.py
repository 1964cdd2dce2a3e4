"""Renders the project's macros without dbt, so that other people's vectors run through real SQL."""

import re
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from warehouse import distributions

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros"
# dbt's own `test` blocks are macros by another name.
TEST_BLOCK = re.compile(r"{%\s*test\s+(\w+)\((.*?)\)\s*%}(.*?){%\s*endtest\s*%}", re.DOTALL)


def macros() -> Any:
    """A module-like object with every macro of the project as a Python function giving SQL."""
    source = "\n".join(path.read_text() for path in sorted(MACROS.rglob("*.sql")))
    source = TEST_BLOCK.sub(r"{% macro test_\1(\2) %}\3{% endmacro %}", source)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    return environment.from_string(source).module


def connection() -> duckdb.DuckDBPyConnection:
    """An empty DuckDB in memory with the distribution functions the models have."""
    connection = duckdb.connect()
    distributions.register(connection)
    return connection
