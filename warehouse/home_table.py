"""The tables an owner may keep beside csp.yml, read whole or refused with the place at fault."""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from warehouse.errors import UsageError

# The row in hand, and the rows so far by key: (column, what is wrong), or two empty texts.
Fault = Callable[[Mapping[str, str], Mapping[str, Mapping[str, str]]], tuple[str, str]]


def read(path: Path, columns: tuple[str, ...], fault: Fault) -> list[dict[str, str]]:
    """The trimmed rows of a CSV with just these columns, in any order; none without the file.

    The first column is the key: `fault` is given a row and the rows before it. Raises UsageError
    with line and column for a header or a value that makes no sense, and with the line of bytes
    that are no UTF-8.
    """
    if not path.is_file():
        return []
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(
            f"{path}, line {line}: this is not UTF-8. In Excel save it as 'CSV UTF-8 (Comma "
            "delimited)'."
        ) from error
    try:
        return _rows(path, text, columns, fault)
    except csv.Error as error:
        raise UsageError(f"{path}: this is not a CSV file. Save it as one.") from error


def _rows(path: Path, text: str, columns: tuple[str, ...], fault: Fault) -> list[dict[str, str]]:
    with io.StringIO(text, newline="") as lines:
        reader = csv.DictReader(lines)
        if sorted(reader.fieldnames or ()) != sorted(columns):
            raise UsageError(
                f"{path}, line 1: the columns must be {','.join(columns)}. Correct the header."
            )
        found: dict[str, dict[str, str]] = {}
        for row in reader:
            values = {name: (row[name] or "").strip() for name in columns}
            column, wrong = fault(values, found)
            if wrong:
                raise UsageError(
                    f"{path}, line {reader.line_num}, column {column}: {wrong}. Correct it, or "
                    "remove the row."
                )
            found[values[columns[0]]] = values
    return list(found.values())
