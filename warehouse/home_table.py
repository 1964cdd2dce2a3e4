"""The tables an owner may keep beside csp.yml, read whole or refused with the place at fault."""

import csv
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from warehouse.errors import UsageError

# The rows so far by key, and the row in hand: (column, what is wrong), or two empty texts.
Fault = Callable[[Mapping[str, str], Collection[str]], tuple[str, str]]


def read(path: Path, columns: tuple[str, ...], fault: Fault) -> list[dict[str, str]]:
    """The trimmed rows of a CSV with just these columns, in any order; none without the file.

    The first column is the key: `fault` is given a row and the keys before it. Raises UsageError
    with line and column for a header or a value that makes no sense.
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
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
