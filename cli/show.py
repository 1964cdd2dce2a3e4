"""How the commands show things: tables in colour on a terminal, plain lines elsewhere."""

import re
import sys
from collections.abc import Iterable, Sequence

import click

# Escape sequences of a file's text could rewrite what a terminal shows; so could marks that turn
# the direction of writing. Ends of lines and tabs are left: cells are folded to one line elsewhere.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")


def harmless(text: str) -> str:
    """The text with each control character shown as U+FFFD."""
    return CONTROLS.sub("\ufffd", text)


def on_terminal() -> bool:
    """Whether standard output is read by a person."""
    return sys.stdout.isatty()


def say(line: str = "") -> None:
    """One line of the answer."""
    click.echo(harmless(line) if on_terminal() else line)


def warn(line: str) -> None:
    """One line that asks for attention, on standard error."""
    click.secho(f"warning: {harmless(line)}", err=True, fg="yellow")


def complain(line: str) -> None:
    """One line that says why the command ends badly, on standard error."""
    click.echo(f"csp: {harmless(line)}", err=True)


def heading(text: str) -> None:
    """A line above a part of the answer."""
    click.secho(harmless(text), bold=True)


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int]) -> None:
    """Rows of text cells below headers; columns numbered in `right` are numbers.

    Control characters of cells are made harmless, also in a pipe: it may end in a pager.
    """
    found = [[harmless(cell) for cell in row] for row in rows]
    if on_terminal():
        _rich_table(headers, found, right)
    else:
        for line in plain_table(headers, found, right):
            say(line)


def plain_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]
) -> list[str]:
    """The lines of a table aligned by spaces, never cut to a width."""
    cells = [list(headers), *([" ".join(cell.split()) for cell in row] for row in rows)]
    widths = [max(len(row[number]) for row in cells) for number in range(len(headers))]
    lines = []
    for row in cells:
        aligned = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(aligned).rstrip())
    return lines


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 file`, `2 files`, `1,200 files`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _rich_table(headers: Sequence[str], rows: list[list[str]], right: frozenset[int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for number, header in enumerate(headers):
        shown.add_column(
            Text(header), justify="right" if number in right else "left", overflow="fold"
        )
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(shown)
