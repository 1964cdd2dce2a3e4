"""`csp compare`: two publications side by side."""

from dataclasses import fields

import click

from cli.show import heading, plural, say, table
from warehouse import trail
from warehouse.home import Home
from warehouse.publication.comparison import Comparison, MovedFigure, TableChange, compare
from warehouse.publication.query import Answer, as_csv, as_json, text_cell

MOST_FIGURES_SHOWN = 40
MOST_FILES_SHOWN = 20
MOST_COLUMNS_SHOWN = 4


def compare_publications(home: Home, before: str, after: str, form: str) -> None:
    """Print what differs: the tables' rows, the figures that moved, and why.

    As csv or json every figure that moved, and nothing else.
    """
    found = compare(home, before, after)
    trail.tell(
        *(found.before.publication_id, found.after.publication_id),
        tables=(each.name for each in found.tables),
    )
    if form != "table":
        names = [field.name for field in fields(MovedFigure)]
        rows = [tuple(getattr(figure, name) for name in names) for figure in found.figures]
        answer = Answer(names, iter([rows] if rows else []))
        for piece in (as_csv if form == "csv" else as_json)(answer):
            click.echo(piece, nl=False)
        return
    for word, manifest in (("From", found.before), ("To", found.after)):
        say(f"{word:5} {manifest.publication_id}, published {manifest.published_at}")
    _files(found)
    if found.software:
        say()
        heading("Software that differs")
        for line in found.software:
            say(f"  {line}")
    say()
    if not found.tables:
        say("Every table is the same in both.")
        return
    _tables(found)
    _figures(found)


def _files(found: Comparison) -> None:
    rows = [
        (event, file.feed, file.file, f"{file.rows:,}")
        for event, files in (("arrived", found.arrived), ("no longer counts", found.gone))
        for file in files
    ]
    say()
    if not rows:
        say("Both are made of the same files.")
        return
    heading("Files that differ")
    table(("", "feed", "file", "rows"), rows[:MOST_FILES_SHOWN], frozenset({3}))
    if len(rows) > MOST_FILES_SHOWN:
        say(f"and {plural(len(rows) - MOST_FILES_SHOWN, 'file')} more")


def _tables(found: Comparison) -> None:
    heading("Tables that differ")
    table(
        ("table", "rows before", "rows", "added", "removed", "changed", "in the columns"),
        (
            (
                each.name,
                f"{each.rows_before:,}",
                f"{each.rows:,}",
                f"{each.added:,}",
                f"{each.removed:,}",
                "no key" if each.changed is None else f"{each.changed:,}",
                _columns(each),
            )
            for each in found.tables
        ),
        frozenset({1, 2, 3, 4, 5}),
    )


def _columns(change: TableChange) -> str:
    """The columns that changed in most rows, and those that only one of the two has."""
    most = sorted(change.columns, key=lambda name: (-change.columns[name], name))
    said = [f"{name} ({change.columns[name]:,})" for name in most[:MOST_COLUMNS_SHOWN]]
    more = len(most) - MOST_COLUMNS_SHOWN
    said += [f"and {more} more"] if more > 0 else []
    said += [f"{name} is new" for name in change.new_columns]
    said += [f"{name} is gone" for name in change.lost_columns]
    if not said and not (change.added or change.removed):
        said = ["comments only"]
    return ", ".join(said)


def _figures(found: Comparison) -> None:
    of_years = [figure for figure in found.figures if figure.is_of_a_year]
    others = len(found.figures) - len(of_years)
    say()
    if not found.figures:
        say("No value of an indicator moved.")
        return
    heading("Figures that moved, of districts and larger areas by year: the largest first")
    table(
        ("indicator", "area", "period", "events", "value", "why"),
        (
            (
                f"{figure.indicator_id} v{figure.indicator_version}",
                figure.area_name,
                figure.period_label,
                _moved(figure.numerator_before, figure.numerator),
                f"{_moved(figure.value_before, figure.value)} {figure.unit}",
                figure.why,
            )
            for figure in of_years[:MOST_FIGURES_SHOWN]
        ),
        frozenset(),
    )
    if len(of_years) > MOST_FIGURES_SHOWN:
        say(f"and {plural(len(of_years) - MOST_FIGURES_SHOWN, 'figure')} more")
    if others:
        say(f"and {plural(others, 'figure')} of months, rolling years and small areas")
    say("--format csv gives every figure that moved, with why.")


def _moved(before: float | None, after: float | None) -> str:
    was, now = (text_cell(value) or "none" for value in (before, after))
    return was if was == now else f"{was} → {now}"
