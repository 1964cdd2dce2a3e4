"""Small contracts and files for the tests of the reader."""

from contextlib import closing
from functools import cache
from pathlib import Path

import duckdb

from warehouse.contract import Contract, parse_contract
from warehouse.reading import Limits, Reading
from warehouse.reading.archive import members
from warehouse.reading.table import read_batch

KEYED = """
feed: council/report
title: Reports
publisher: The council
grain: one report
open_data: false
cadence: monthly
update: {rule: upsert, key: [report_id]}
files: {formats: [csv, csv.gz, zip, xlsx, geojson], members: '.*\\.(csv|xlsx)'}
columns:
  - name: report_id
    header: [report_id, Report No]
    required: true
    pattern: '.'
    description: The report.
  - {name: received, header: [received], type: date, required: true, description: The day it came.}
  - {name: note, header: [note], description: What was said.}
layouts:
  - {name: plain, format: csv, ignore: ['^x_']}
  - {name: book, format: xlsx}
"""


@cache
def keyed(**changes: str) -> Contract:
    """A keyed feed of three columns; changes replace text in its YAML."""
    text = KEYED
    for old, new in changes.items():
        text = text.replace(old, new)
    return parse_contract(text, "council/report.yml")


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """One for all files read: its first statements take most of the time of a small one."""
    return duckdb.connect()


class Read:
    """A file read: its readings, accepted rows and rejects."""

    def __init__(self, path: Path, contract: Contract, workdir: Path, fast: bool = True) -> None:
        workdir.mkdir(exist_ok=True)
        con = connection()
        with closing(members(path, contract, Limits(), workdir)) as found:
            self.readings: list[Reading] = read_batch(con, contract, list(found), fast=fast)
        self.rows = con.execute("FROM incoming ORDER BY _member, _line_number").fetchall()
        self.columns = [d[0] for d in con.execute("FROM incoming").description or []]
        self.rejects = con.execute(
            "SELECT _line_number, column_name, reason, raw_line FROM incoming_rejected "
            "ORDER BY _member, _line_number"
        ).fetchall()

    @property
    def one(self) -> Reading:
        (reading,) = self.readings
        return reading

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """(data rows, accepted, rejected, skipped), summed over members."""
        r = self.readings
        return (
            sum(x.data_rows for x in r),
            sum(x.accepted for x in r),
            sum(x.rejected for x in r),
            sum(x.skipped for x in r),
        )


def read_bytes(
    content: bytes,
    folder: Path,
    contract: Contract | None = None,
    name: str = "f.csv",
    fast: bool = True,
) -> Read:
    """Write the bytes as a landed file and read it."""
    path = folder / name
    path.write_bytes(content)
    return Read(path, contract or keyed(), folder / "work", fast)
