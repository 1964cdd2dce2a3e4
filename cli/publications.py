"""`csp query`, `csp publications` and `csp rollback`: what is published."""

import click

from cli.show import plural, say, table, warn
from warehouse import trail
from warehouse.home import Home
from warehouse.publication import Publication, list_publications, problems
from warehouse.publication import rollback as roll_back
from warehouse.publication.query import Reader, as_csv, as_json, text_cell

# A table is for reading; what is longer goes to a file as csv or json.
MOST_ROWS_SHOWN = 1_000
# As Dagster's page shows them; the manifest has the whole id.
RUN_ID_SHOWN = 8


def query(home: Home, sql: str, tier: str, form: str) -> None:
    """Print the answer to one SELECT."""
    with Reader(home, tier) as reader:
        answer = reader.run(sql)
        if form != "table":
            for piece in (as_csv if form == "csv" else as_json)(answer):
                click.echo(piece, nl=False)
            return
        rows: list[tuple[object, ...]] = []
        for batch in answer.batches:
            rows += batch
            if len(rows) > MOST_ROWS_SHOWN:
                break
    numbers = frozenset(
        number
        for number in range(len(answer.columns))
        if any(_is_number(row[number]) for row in rows)
    )
    table(
        answer.columns,
        ([text_cell(value) for value in row] for row in rows[:MOST_ROWS_SHOWN]),
        numbers,
    )
    if len(rows) > MOST_ROWS_SHOWN:
        click.echo(
            f"The first {MOST_ROWS_SHOWN:,} rows; --format csv or json gives all of them.", err=True
        )
    else:
        click.echo(plural(len(rows), "row"), err=True)


def publications(home: Home, verify: bool) -> int:
    """Print what is kept, newest first; with verify hold every byte against the manifests.

    Exit status 1 if a publication is not what its manifest says.
    """
    home.require()
    found = list_publications(home)
    if not found:
        say("Nothing is published yet: `csp run` makes the first publication.")
        return 0
    table(
        ("", "publication", "published (UTC)", "files", "tables", "passed", "run"),
        (
            (
                "current" if publication.is_current else "",
                publication.id,
                (publication.published_at or "")[:16].replace("T", " "),
                _count(publication.source_files),
                _count(publication.tables),
                _count(publication.blocking_checks_passed),
                publication.problem or (publication.run_id or "")[:RUN_ID_SHOWN],
            )
            for publication in found
        ),
        frozenset({3, 4, 5}),
    )
    return _verify(found) if verify else 0


def _verify(found: list[Publication]) -> int:
    damaged = 0
    for publication in found:
        trail.tell(publication.id)
        wrong = problems(publication, every_byte=True)
        damaged += bool(wrong)
        for problem in wrong:
            warn(f"publication {publication.id}: {problem}.")
    kept = plural(len(found), "publication")
    say(f"{kept} read against the manifests: {damaged or 'none'} differ{'s' * (damaged == 1)}.")
    return 1 if damaged else 0


def rollback(home: Home, publication_id: str | None) -> None:
    """Make an earlier publication current, and say which."""
    publication = roll_back(home, publication_id)
    trail.tell(publication.id)
    say(f"Publication {publication.id} of {publication.published_at} is current.")
    say(
        "A run publishes again when something new arrives or a definition changes; "
        "`csp publications` lists the others."
    )


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _is_number(value: object) -> bool:
    from decimal import Decimal

    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
