"""What a home keeps: `csp rebuild`, `csp rotate-key`, `csp erase` and `csp purge`."""

from cli.show import plural, say, table, warn
from warehouse import status
from warehouse.home import Home
from warehouse.ingest import erasure, rebuilding, rekeying, retention
from warehouse.publication.store import current_folder

KNOWN_BY = {
    "records": (
        "The former warehouse could not be read: what no file says was taken from its copy, "
        "records.duckdb, as it was at the end of the last command that wrote it."
    ),
    "": (
        "Neither the former warehouse nor its copy records.duckdb could be read. Lost are: "
        "which files were withdrawn, held or accepted, and by whom; which landed again; the "
        "history of runs, checks and completeness; and what earlier publications showed. Withdraw "
        "again what was withdrawn. Before the next publication is given away, have whoever signs "
        "for it look at what earlier ones showed."
    ),
}


def rebuild(home: Home, without_missing: bool) -> None:
    """Make the warehouse anew, and say what is lost and what comes next."""
    done = rebuilding.rebuild(
        home,
        without_missing=without_missing,
        report=lambda line: say(f"  {line}"),
        record=status.changed,
    )
    if done.known_by in KNOWN_BY:
        warn(KNOWN_BY[done.known_by])
    for name in done.missing:
        warn(f"{name} is left out: its original is not in the archive. Ask the sender for it.")
    for feed in done.without_contract:
        warn(f"{feed} has no contract any more: its files stay in archive/, and were not read.")
    if done.put_back:
        files = plural(len(done.put_back), "file")
        say(f"{files} of the archive that no record names lie in landing again.")
    say(f"The warehouse is made anew from {plural(done.files, 'file')} of the archive.")
    say("`csp run` builds and publishes the tables.")


def rotate_key(home: Home) -> None:
    """Make every pseudonym anew, and say what comes next."""
    files = rekeying.rotate_key(home, lambda line: say(f"  {line}"), status.changed)
    say(f"The home has a new key; {plural(files, 'file')} were read again under it.")
    say(f"Keep a backup of {home.key_file}, apart from that of the home, and destroy the former.")
    say("`csp run` builds and publishes what the rows are counted into.")


def erase(home: Home, kind: str, value: str, feed: str | None) -> None:
    """Erase a subject, and say what was removed, without naming them."""
    done = erasure.erase(home, kind, value, feed, lambda line: say(f"  {line}"), status.changed)
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
        home,
        really=really,
        record=status.changed,
        publication=current.name if current else None,
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
