"""`csp check`: what would become of one extract; `csp check-claims`: which of its claims hold."""

from pathlib import Path

from cli.show import heading, plural, say, table
from warehouse.claims import judge_claims
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


VERDICTS = {
    "reproduced": "holds",
    "differs": "does not hold",
    "inconsistent in source": "does not hold",
    "not computable": "cannot be checked",
}


def check_claims(home: Home, file: Path) -> int:
    """Print each claim of the file with what became of it; exit status 1 unless all hold."""
    report, claims = judge_claims(home, file, _limits(home))
    for read in report.files:
        if read.refused is not None:
            say(f"{read.file}: cannot be read: {read.refused}")
            if read.refused.what_to_do:
                say(f"  {read.refused.what_to_do}")
    _rejects(report)
    for claim in claims:
        say(f"{claim.figure_id}  {VERDICTS[claim.verdict]}: {claim.statement}")
        say(f"  {claim.explanation}")
    say()
    held = sum(claim.holds for claim in claims)
    counts = dict.fromkeys(VERDICTS.values(), 0)
    for claim in claims:
        counts[VERDICTS[claim.verdict]] += 1
    say(
        f"{plural(len(claims), 'claim')}: {held:,} hold, {counts['does not hold']:,} do not, "
        f"{counts['cannot be checked']:,} cannot be checked"
        + (f"; {plural(report.rejected, 'row')} could not be read" if report.rejected else "")
        + ". Nothing was loaded."
    )
    return 0 if claims and held == len(claims) and report.ok else 1


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
