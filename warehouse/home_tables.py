"""The tables an owner may keep beside csp.yml: completeness standards of the home's, and waivers.

Each is read whole, or refused with the line and column at fault, and put where the models read it.
Standards replace or add to the project's (models/quality/completeness_standard.sql).
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import duckdb

from warehouse.errors import UsageError
from warehouse.writing import replace_rows, transaction

MOST_DIGITS = 15  # of a ceiling: more rows than any feed has, and a number that DuckDB holds

Check = Callable[[str], str]  # what is wrong with a text; empty if nothing is


@dataclass(frozen=True)
class HomeTable:
    """A table of the home; unique: columns that no two rows have alike, the first of them the key.

    columns: each with the check of its texts.
    """

    table: str
    columns: dict[str, Check]
    unique: tuple[tuple[str, ...], ...]

    def read(self, path: Path) -> list[tuple[str, ...]]:
        """The trimmed rows of a CSV with just these columns, in any order; none without the file.

        Raises UsageError with line and column for a header or a value that makes no sense, and with
        the line of bytes that are no UTF-8.
        """
        if not path.is_file():
            return []
        content = path.read_bytes()
        try:
            return self._rows(path, content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise UsageError(
                f"{path}, line {line}: this is not UTF-8. In Excel save it as 'CSV UTF-8 (Comma "
                "delimited)'."
            ) from error
        except csv.Error as error:
            raise UsageError(f"{path}: this is not a CSV file. Save it as one.") from error

    def _rows(self, path: Path, text: str) -> list[tuple[str, ...]]:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        if sorted(reader.fieldnames or ()) != sorted(self.columns):
            raise UsageError(
                f"{path}, line 1: the columns must be {','.join(self.columns)}. Correct the header."
            )
        found: list[dict[str, str]] = []
        for row in reader:
            values = {name: (row[name] or "").strip() for name in self.columns}
            column, wrong = self._fault(values, found)
            if wrong:
                raise UsageError(
                    f"{path}, line {reader.line_num}, column {column}: {wrong}. Correct it, or "
                    "remove the row."
                )
            found.append(values)
        return [tuple(row.values()) for row in found]

    def _fault(self, values: dict[str, str], earlier: list[dict[str, str]]) -> tuple[str, str]:
        """(column, what is wrong) of a row, or two empty texts."""
        for name, check in self.columns.items():
            if wrong := check(values[name]):
                return name, wrong
        for names in self.unique:
            for row in earlier:
                if all(values[name] == row[name] for name in names):
                    key = next(iter(row.values()))
                    return names[-1], f"an earlier line, {key}, has the same {', '.join(names)}"
        return "", ""

    def write(self, con: duckdb.DuckDBPyConnection, rows: list[tuple[str, ...]]) -> None:
        """Put the rows where the models read them, if they are other than those there."""
        with transaction(con):
            replace_rows(con, self.table, list(self.columns), rows)


def _given(text: str) -> str:
    return "" if text else "each row needs it"


def _severity(text: str) -> str:
    known = text in ("blocking", "warning")
    return "" if known else f"{text!r} is neither blocking nor warning"


def _percentage(text: str) -> str:
    try:
        within = 0 <= float(text) <= 100
    except ValueError:
        within = False
    return "" if within else f"{text!r} is not a percentage from 0 to 100"


def _count(text: str) -> str:
    counted = text.isdecimal() and len(text) <= MOST_DIGITS
    return "" if counted else f"{text!r} is not a whole number of failed records"


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"{text!r} is not a date as YYYY-MM-DD"
    return ""


STANDARDS = HomeTable(
    "raw.standard_override",
    {
        "standard_id": _given,
        "partner": _given,
        "feed": _given,
        "field": _given,
        "threshold_percent": _percentage,
        "severity": _severity,
        "tolerated_not_stated_percent": lambda text: _percentage(text or "0"),
        "reason": _given,
        "since": _day,
    },
    (("standard_id",), ("partner", "feed", "field", "since")),
)
WAIVERS = HomeTable(
    "quality.check_waiver",
    {"check_id": _given, "ceiling": _count, "reason": _given, "owner": _given, "expires": _day},
    (("check_id",),),
)


@dataclass(frozen=True)
class Waiver:
    """Up to `ceiling` failed records of a check are borne to the end of the day `expires`."""

    check_id: str
    ceiling: int
    reason: str
    owner: str
    expires: date


def waivers_of(con: duckdb.DuckDBPyConnection) -> dict[str, Waiver]:
    """The waivers of the warehouse, by check."""
    columns = ", ".join(field.name for field in fields(Waiver))
    found = con.execute(f"select {columns} from {WAIVERS.table} order by check_id").fetchall()
    return {row[0]: Waiver(*row) for row in found}
