"""Whether the figures of a document hold: a file of them, judged by the last build's own models."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.contract import Contract, load_contract
from warehouse.ddl import duckdb_limits
from warehouse.errors import CspError, UsageError
from warehouse.home import Home
from warehouse.ingest.checking import CheckReport, check_file
from warehouse.messages import is_damaged, mend_of, safe_message
from warehouse.reading import Limits
from warehouse.settings import load_settings
from warehouse.sql_text import quoted

FEED = "partnership/published_figure"
JUDGED = "indicators.int_judged_figure"


@dataclass(frozen=True)
class JudgedClaim:
    """One claim: verdict is reproduced, differs, inconsistent in source or not computable."""

    figure_id: str
    statement: str
    verdict: str
    explanation: str

    @property
    def holds(self) -> bool:
        """Whether the records say the same."""
        return self.verdict == "reproduced"


def judge_claims(
    home: Home, file: Path, limits: Limits | None = None
) -> tuple[CheckReport, list[JudgedClaim]]:
    """Judge the rows of `file`, read by the feed's contract, as the night judges loaded ones.

    Loads nothing and changes nothing: the rows are in a temporary table of a read-only session.
    Raises UsageError where there is no such file or nothing was built yet, CspError where a run
    has the warehouse.
    """
    contract = load_contract(FEED)
    rows: list[tuple[str | None, ...]] = []

    def keep(con: duckdb.DuckDBPyConnection) -> None:
        rows.extend(con.execute(f"SELECT {_columns(contract)} FROM incoming").fetchall())

    report = check_file(file, contract, limits, keep)
    return report, list(_judged(home, contract, rows)) if rows else []


def _judged(
    home: Home, contract: Contract, rows: list[tuple[str | None, ...]]
) -> Iterator[JudgedClaim]:
    home.require()
    nothing_built = UsageError(
        f"Nothing is built in {home.root} yet: `csp run` makes what claims are held against."
    )
    if not home.has_warehouse:
        raise nothing_built
    try:
        con = duckdb.connect(
            str(home.warehouse_file),
            read_only=True,
            config=duckdb_limits(home, load_settings(home)),
        )
    except duckdb.Error as error:
        mend = (
            mend_of(error)
            if is_damaged(error)
            else "While a run goes on it is closed: try again when `csp status` says that it has "
            "ended."
        )
        raise CspError(
            f"{home.warehouse_file} cannot be opened: {safe_message(error)}. {mend}"
        ) from error
    with con:
        names = [column.name for column in contract.columns]
        con.execute(f"CREATE TEMP TABLE claims_to_judge ({' VARCHAR, '.join(names)} VARCHAR)")
        con.executemany(f"INSERT INTO claims_to_judge VALUES ({', '.join('?' * len(names))})", rows)
        con.execute("SET VARIABLE figures_to_judge = 'claims_to_judge'")
        try:
            found = con.execute(
                f"SELECT figure_id, statement, verdict, explanation FROM {JUDGED} "
                "ORDER BY figure_id"
            ).fetchall()
        except duckdb.CatalogException as error:
            raise nothing_built from error
    for row in found:
        yield JudgedClaim(*row)


def _columns(contract: Contract) -> str:
    return ", ".join(quoted(column.name) for column in contract.columns)
