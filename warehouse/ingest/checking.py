"""`csp check`: read one extract as the nightly run would, and say what would become of it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.contract import Contract
from warehouse.errors import FileRefused, UsageError
from warehouse.faults import as_csp_error, refusing
from warehouse.reading import Limits, Member, Reading, batches, field_bucket_sql, read_batch
from warehouse.sql_text import quoted

MOST_REJECTS_SHOWN = 1000


@dataclass(frozen=True)
class RejectedLine:
    """One rejected row by its place; its text stays in the file."""

    file: str
    line: int
    column: str | None
    reason: str


@dataclass
class FieldCompleteness:
    """How many of the accepted rows hold a usable value in one column."""

    column: str
    required: bool
    valid: int = 0
    invalid: int = 0
    not_stated: int = 0
    missing: int = 0
    not_applicable: int = 0

    @property
    def records(self) -> int:
        """The records to which the field applies."""
        return self.valid + self.invalid + self.not_stated + self.missing

    @property
    def completeness_percent(self) -> float | None:
        """100 x valid / applicable records; None of no such record."""
        return 100 * self.valid / self.records if self.records else None


@dataclass
class CheckReport:
    """What `csp check` shows; of a zip `files` has each member."""

    feed: str
    files: list[Reading] = field(default_factory=list)
    rejects: list[RejectedLine] = field(default_factory=list)
    completeness: list[FieldCompleteness] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """Rejected rows in all; `rejects` holds the first MOST_REJECTS_SHOWN of them."""
        return sum(file.rejected for file in self.files)

    @property
    def ok(self) -> bool:
        """Whether every file would be loaded and every row accepted."""
        return not self.rejected and not any(file.refused for file in self.files)


def check_file(
    path: Path,
    contract: Contract,
    limits: Limits | None = None,
    with_rows: Callable[[duckdb.DuckDBPyConnection], None] = lambda con: None,
) -> CheckReport:
    """Read `path` against the contract in a database in memory; loads nothing, needs no home.

    `with_rows` is called after each batch, its accepted rows in the table `incoming`.
    Raises UsageError when there is no such file, CspError when the machine cannot read it. A file
    that breaks the contract raises nothing: its Reading says why it would be refused.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}: give the path of an extract.")
    report = CheckReport(contract.feed)
    totals = {
        column.name: FieldCompleteness(column.name, column.required) for column in contract.columns
    }
    with (
        as_csp_error(f"Checking {path.name}"),
        tempfile.TemporaryDirectory(prefix="csp-check-") as work,
        duckdb.connect(config={"temp_directory": work + "/spill", "memory_limit": "1400MB"}) as con,
    ):
        folder = Path(work) / "unpacked"
        folder.mkdir()
        try:
            with refusing():
                for members in batches(path, contract, limits or Limits(), folder):
                    report.passed_over += [m.label for m in members if m.skipped]
                    readings = read_batch(con, contract, [m for m in members if not m.skipped])
                    report.files += readings
                    _note_rejects(con, readings, report)
                    _add_buckets(con, contract, totals)
                    with_rows(con)
        except FileRefused as refused:
            report.files.append(Reading(Member(path.name, path.name), refused))
    report.completeness = list(totals.values())
    return report


def _note_rejects(
    con: duckdb.DuckDBPyConnection, readings: list[Reading], report: CheckReport
) -> None:
    room = MOST_REJECTS_SHOWN - len(report.rejects)
    found = con.execute(
        "SELECT _member, _line_number, column_name, reason FROM incoming_rejected "
        "ORDER BY _member, _line_number LIMIT ?",
        [max(room, 0)],
    ).fetchall()
    report.rejects += [
        RejectedLine(readings[member].member.label, line, column, reason)
        for member, line, column, reason in found
    ]


def _add_buckets(
    con: duckdb.DuckDBPyConnection, contract: Contract, totals: dict[str, FieldCompleteness]
) -> None:
    """Add the batch's rows to the counts: one pass over the rows for all columns."""
    buckets = ("valid", "invalid", "not_stated", "missing", "not_applicable")
    counts = ", ".join(
        f"count(*) FILTER (b{i} = '{bucket.replace('_', ' ')}')"
        for i, _ in enumerate(contract.columns)
        for bucket in buckets
    )
    cells = ", ".join(
        f"{field_bucket_sql(column, quoted(column.name))} AS b{i}"
        for i, column in enumerate(contract.columns)
    )
    row = con.execute(f"SELECT {counts} FROM (SELECT {cells} FROM incoming)").fetchone() or ()
    places = [(column.name, bucket) for column in contract.columns for bucket in buckets]
    for (name, bucket), count in zip(places, row, strict=True):
        setattr(totals[name], bucket, getattr(totals[name], bucket) + count)
