"""`csp check`: what would become of one extract."""

from pathlib import Path

from cli.show import heading, plural, say, table
from warehouse.contract import load_contract
from warehouse.home import Home
from warehouse.ingest.checking import CheckReport, check_file
from warehouse.ingest.loading import limits
from warehouse.reading import Limits
from warehouse.settings import load_settings

MOST_REJECTS_SHOWN = 50


def check(home: Home, file: Path, feed: str) -> int:
    """Print the dry run; exit status 1 if anything would be refused."""
    report = check_file(file, load_contract(feed), _limits(home))
    for checked in report.files:
        if checked.refused is not None:
            say(f"{checked.file}: would be refused: {checked.refused}")
            if checked.refused.what_to_do:
                say(f"  {checked.refused.what_to_do}")
            continue
        how = f" ({checked.layout}, {checked.encoding})" if checked.encoding else ""
        say(
            f"{checked.file}{how}: {plural(checked.data_rows, 'data row')} = "
            f"{checked.accepted:,} accepted + {checked.rejected:,} rejected + "
            f"{checked.skipped:,} declared skips"
        )
    if report.passed_over:
        say(f"{plural(len(report.passed_over), 'member')} of the zip not of this feed, skipped")
    _rejects(report)
    _completeness(report)
    refused = sum(checked.refused is not None for checked in report.files)
    say()
    if refused:
        say(f"{plural(refused, 'file')} would be refused. Nothing was loaded.")
        return 1
    say(
        "Every row would be loaded. Nothing was loaded."
        if report.ok
        else f"{plural(report.rejected, 'row')} would be rejected, the rest loaded. "
        "Nothing was loaded."
    )
    return 0


def _limits(home: Home) -> Limits:
    """The home's limits, or the defaults: a supplier checks an extract without a home."""
    if not home.csp_yml.is_file() or home.is_blank:
        return Limits()
    return limits(load_settings(home))


def _rejects(report: CheckReport) -> None:
    if not report.rejects:
        return
    say()
    heading("Rejected rows")
    table(
        ("file", "line", "column", "reason"),
        (
            (reject.file, f"{reject.line}", reject.column or "", reject.reason)
            for reject in report.rejects[:MOST_REJECTS_SHOWN]
        ),
        frozenset({1}),
    )
    if report.rejected > MOST_REJECTS_SHOWN:
        say(f"and {report.rejected - MOST_REJECTS_SHOWN:,} more")


def _completeness(report: CheckReport) -> None:
    if not any(field.records or field.not_applicable for field in report.completeness):
        return
    say()
    heading("Completeness of the accepted rows")
    table(
        ("column", "complete", "valid", "invalid", "not stated", "missing", "not applicable"),
        (
            (
                field.column + (" (required)" if field.required else ""),
                "" if percent is None else f"{percent:.1f} %",
                f"{field.valid:,}",
                f"{field.invalid:,}",
                f"{field.not_stated:,}",
                f"{field.missing:,}",
                f"{field.not_applicable:,}",
            )
            for field in report.completeness
            for percent in [field.completeness_percent]
        ),
        frozenset({1, 2, 3, 4, 5, 6}),
    )
