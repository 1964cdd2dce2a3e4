"""`csp rotate-key`, `csp erase` and `csp purge`: what a home keeps of persons, and for how long."""

from cli.show import plural, say, table, warn
from warehouse import status
from warehouse.home import Home
from warehouse.ingest import erasure, rekeying, retention
from warehouse.publication.store import current_folder


def rotate_key(home: Home) -> None:
    """Make every pseudonym anew, and say what comes next."""
    files = rekeying.rotate_key(home, lambda line: say(f"  {line}"), status.record)
    say(f"The home has a new key; {plural(files, 'file')} were read again under it.")
    say(f"Keep a backup of {home.key_file}, apart from that of the home, and destroy the former.")
    say("`csp run` builds and publishes what the rows are counted into.")


def erase(home: Home, kind: str, value: str, feed: str | None) -> None:
    """Erase a subject, and say what was removed, without naming them."""
    done = erasure.erase(home, kind, value, feed, lambda line: say(f"  {line}"), status.record)
    files = plural(len(done.files) + done.refused_files, "file")
    say(f"Erased: {plural(done.lines, 'line')} of rows, in {files}.")
    for path in done.unread:
        warn(f"{path} cannot be read as text: look into it, and delete it if it names the subject.")
    say("No file that lands later brings the subject back. Backups of the home are yours to mend.")
    say(f"Certificate: {done.certificate}")
    say("`csp run` builds and publishes the tables without the subject's rows.")


def purge(home: Home, really: bool) -> None:
    """Show what is past its retention, and remove it if that is meant."""
    current = current_folder(home)
    done = retention.purge(
        home, really=really, record=status.record, publication=current.name if current else None
    )
    if not done.feeds and done.certificate is None:
        say("Nothing is past its retention.")
        return
    table(
        ("feed", "rows before", "rows", "rejected rows", "files received before", "files"),
        (
            (
                each.feed,
                each.records_before.isoformat(),
                f"{sum(each.rows.values()):,}",
                f"{sum(each.rejected.values()):,}",
                each.archive_before.isoformat(),
                f"{len(each.originals):,}",
            )
            for each in done.feeds
        ),
        frozenset({2, 3, 5}),
    )
    if not really:
        say("Nothing was removed: `csp purge --yes` removes it, for good.")
        return
    say(f"Removed. Certificate: {done.certificate}")
    if current is not None:
        say(f"Publication {current.name} keeps its aggregates, and is kept for good.")
    say("`csp run` builds and publishes the tables from what is left.")
