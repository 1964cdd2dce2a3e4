"""The command group: names, help and options; what a command does is imported when it runs."""

from pathlib import Path

import click

from cli.options import Place, command_of
from warehouse import __version__

# The tiers and formats are repeated here, and held equal by a test: naming them must not cost
# the second that importing DuckDB takes.
TIERS = ("partner", "public")
FORMATS = ("table", "csv", "json")
DEMO_COUNTIES = ("leicestershire", "cumbria")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="csp")
@click.option(
    "--home",
    "group_home",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The home; the same as --home after the command.",
)
@click.option("--debug", "group_debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def main(context: click.Context, group_home: Path | None, group_debug: bool) -> None:
    """The data warehouse of an English Community Safety Partnership.

    A home is the folder of one partnership. Make one with `csp init`, put extracts into its
    landing folders, run the nightly job with `csp run`, and read with `csp query`.
    """
    context.obj = {"home": group_home, "debug": group_debug}


command = command_of(main)


@command("init")
@click.option(
    "--county",
    metavar="NAME|CODE",
    help="Whose settings to write: a county, district, partnership or police force area.",
)
def init(place: Place, county: str | None) -> None:
    """Make the home: folders, csp.yml, a pseudonym key."""
    from cli import night

    night.init(place.home, county)


@command("demo")
@click.option(
    "--county",
    type=click.Choice(DEMO_COUNTIES, case_sensitive=False),
    help="Blaby in Leicestershire (unless said), or West Cumbria: small, of two districts.",
)
def demo(place: Place, county: str | None) -> int:
    """Make a generated partnership and run its night."""
    from cli import night

    return night.demo(place.home, place.debug, county)


@command("run")
@click.option("--full-refresh", is_flag=True, help="Build every table anew, and publish.")
def run(place: Place, full_refresh: bool) -> int:
    """The nightly job: ingest, build, check, publish.

    Changes nothing, and says so, if nothing is new.
    """
    from cli import night

    return night.run(place.home, full_refresh, place.debug)


@command("up")
def up(place: Place) -> int:
    """Serve Dagster on 127.0.0.1.

    Its web page and daemon: the schedule and the landing sensor run until this is stopped.
    """
    from cli import night

    return night.up(place.home)


@command("check", trail=False)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--feed", required=True, metavar="PARTNER/FEED", help="The feed the file is of.")
def check(place: Place, file: Path, feed: str) -> int:
    """Dry-run one extract against its contract.

    Shows rows, rejects with line and reason, and completeness; loads nothing.

    Exit status 1 if the file, or a member of it, would be refused.
    """
    from cli import check

    return check.check(place.home, file, feed)


@command("check-claims")
@click.argument("file", type=click.Path(path_type=Path))
def check_claims(place: Place, file: Path) -> int:
    """Say which claims of a CSV hold.

    FILE has the columns of partnership/published_figure: a statement, its area and year, the
    indicator and aspect, the figure as printed. Each is held against what the last run built, with
    the reason where it does not hold or cannot be checked. Loads nothing and changes nothing.

    Exit status 1 unless every claim holds.
    """
    from cli import check

    return check.check_claims(place.home, file)


@command("feeds", trail=False)
def feeds(place: Place) -> None:
    """The feeds: cadence, last file received, months missing."""
    from cli import status

    status.feeds(place.home)


@command("status", trail=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(place: Place, as_json: bool) -> None:
    """Last run, what waits and runs, loads, rejects, checks, current publication."""
    from cli import status

    status.status(place.home, as_json)


@command("query")
@click.argument("sql")
@click.option(
    "--tier", type=click.Choice(TIERS), default="partner", show_default=True, help="Which file."
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
def query(place: Place, sql: str, tier: str, form: str) -> None:
    """Read the current publication with one SELECT.

    For example: csp query "select table_name, comment from duckdb_tables()"
    """
    from cli import publications

    publications.query(place.home, sql, tier, form)


@command("assess")
@click.option(
    "--area",
    metavar="CODE",
    help="A district of the county, the partnership or the county; else that of the settings.",
)
@click.option("--year", metavar="2010/11", help="A complete financial year; else the latest.")
@click.option("--freeze", metavar="NAME", help="Keep it as it stands, for ever, under this name.")
def assess(place: Place, area: str | None, year: str | None, freeze: str | None) -> None:
    """Write the Partnership Strategic Assessment.

    From what is published, as pages and as a document, into assessments/ of the home. The
    night writes that of the settings; this any other, and those that go to the board.
    """
    from cli import assess

    assess.assess(place.home, area, year, freeze)


@command("publications")
@click.option("--verify", is_flag=True, help="Read every file, and hold it against its manifest.")
def publications(place: Place, verify: bool) -> int:
    """What has been published and is kept, newest first."""
    from cli import publications

    return publications.publications(place.home, verify)


@command("compare")
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", default="current")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
def compare(place: Place, before: str, after: str, form: str) -> None:
    """What differs between two publications, and why.

    A and B are ids of `csp publications`, or `current`; B is the current one if it is left out.
    Shows the rows that were added, removed and changed in each table, the figures that moved, and
    the files that moved them. As csv or json: every figure that moved.
    """
    from cli import compare

    compare.compare_publications(place.home, before, after, form)


@command("rollback")
@click.argument("publication", required=False, metavar="[ID]")
def rollback(place: Place, publication: str | None) -> None:
    """Make an earlier publication current.

    The one named ID, or the one before the current one. Later runs leave it current until
    something new arrives.
    """
    from cli import publications

    publications.rollback(place.home, publication)


@command("rotate-key")
def rotate_key(place: Place) -> None:
    """Give the home a new key of pseudonyms.

    Every file with identifiers is read again from the archive, and every pseudonym made anew: who
    had copied some can do nothing more with them. All or nothing; the next `csp run` builds the
    tables again. Keep a backup of the new pseudonym.key.
    """
    from cli import safekeeping

    safekeeping.rotate_key(place.home)


@command("rebuild")
@click.option(
    "--without-missing",
    is_flag=True,
    help="Leave out files that are no longer in the archive, instead of stopping.",
)
def rebuild(place: Place, without_missing: bool) -> None:
    """Make the warehouse anew from the archive.

    For a warehouse.duckdb that is damaged or gone. Every file is read again from the archive, by
    today's contracts, without what was erased or purged; what was withdrawn or held stays so. The
    former file stays until the new one is whole. The next `csp run` builds and publishes the
    tables.
    """
    from cli import safekeeping

    safekeeping.rebuild(place.home, without_missing)


@command("erase")
@click.argument("value")
@click.option(
    "--kind", required=True, metavar="KIND", help="What VALUE identifies: person, crime ..."
)
@click.option("--feed", metavar="PARTNER/FEED", help="Of one feed alone.")
def erase(place: Place, value: str, kind: str, feed: str | None) -> None:
    """Remove every row of one subject, for good.

    From the raw tables, the rejected rows, and the files of archive/ and refused/, which are
    written anew without them. A keyed hash of VALUE stays, so that no file that lands brings the
    subject back. What is published are aggregates, which stay. Writes a certificate. VALUE may be
    `-`: then it is read from standard input, and in no history of commands.
    """
    from cli import safekeeping

    if value == "-":
        value = click.get_text_stream("stdin").readline().rstrip("\r\n")
    safekeeping.erase(place.home, kind, value, feed)


@command("purge")
@click.option("--yes", is_flag=True, help="Remove what is shown without it.")
def purge(place: Place, yes: bool) -> None:
    """Remove what is past its retention.

    Without --yes nothing is removed: it shows, feed by feed, how many rows, rejected rows and
    original files are past the retention of the feed's contract. What is published stays as it is,
    and the current publication is kept for good. Writes a certificate.
    """
    from cli import safekeeping

    safekeeping.purge(place.home, yes)


@command("withdraw")
@click.argument("file")
@click.option("--feed", metavar="PARTNER/FEED", help="The feed the file is of.")
@click.option("--reason", metavar="TEXT", help="Why; kept in the warehouse, not published.")
@click.option("--back", is_flag=True, help="Bring a withdrawn file back.")
def withdraw(place: Place, file: str, feed: str | None, reason: str | None, back: bool) -> None:
    """Take a loaded file out of force, or back.

    FILE is named as load_audit and `csp status` name it: partner/feed/name, or its name alone where
    no other file has it; archive.zip/member, or the whole archive.zip; or the beginning of its
    SHA-256. What was in force before it is in force again; the next `csp run` publishes that.
    """
    from cli import withdraw

    withdraw.withdraw(place.home, file, feed, reason, back)
