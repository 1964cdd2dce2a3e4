"""The street crime as the police publish it: an archive, and deliveries that went wrong.

What a data engineer meets in a year is here once: a month delivered again with late records, the
same archive sent twice, rows with too few or too many fields, a file without a required column,
members that are not street files, Windows line ends.
"""

from collections.abc import Mapping, Sequence

from demo.formats import csv_bytes, zip_bytes
from demo.street_crime import LEICESTERSHIRE, MONTHS, TRANSPORT, WARWICKSHIRE, Files, Incident

HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
OUTCOMES_HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Outcome type",
)  # fmt: skip
FORCE_FILES = {LEICESTERSHIRE: "leicestershire", WARWICKSHIRE: "warwickshire", TRANSPORT: "btp"}

RAGGED = ("2011-01", LEICESTERSHIRE)
REFUSED = ("2011-02", WARWICKSHIRE)
REDELIVERED = ("2010-12", LEICESTERSHIRE)
LATE_RECORDS = 25
"""Rows that the first delivery of the redelivered month lacked."""


ARCHIVE = "2010-12-to-2011-03.zip"


def street_files(files: Files) -> dict[str, bytes]:
    """The files of `landing/police/street_crime/` by name, oldest delivery first."""
    archive = zip_bytes(_archive(files, MONTHS))
    return {
        ARCHIVE: archive,
        ARCHIVE.replace(".zip", "-sent-again.zip"): archive,
        _name(*REDELIVERED): _street_csv(files[REDELIVERED]),
        _name(*REFUSED): _without_falls_within(files[REFUSED]),
    }


def _archive(files: Files, wanted: Sequence[str]) -> Mapping[str, bytes]:
    members = {}
    for month in wanted:
        for force in sorted(FORCE_FILES, key=FORCE_FILES.__getitem__):
            if (month, force) == REFUSED:
                continue
            rows = files[month, force]
            if (month, force) == REDELIVERED:
                rows = rows[:-LATE_RECORDS]
            content = _street_csv(rows, line_end="\r\n" if month > "2011-01" else "\n")
            if (month, force) == RAGGED:
                content = _ragged(content)
            members[f"{month}/{_name(month, force)}"] = content
    month = wanted[-1]
    outcomes = _name(month, LEICESTERSHIRE).replace("-street", "-outcomes")
    members[f"{month}/{outcomes}"] = _outcomes_csv(files[month, LEICESTERSHIRE][:40])
    return members


def _name(month: str, force: str) -> str:
    return f"{month}-{FORCE_FILES[force]}-street.csv"


def _street_csv(rows: Sequence[Incident], line_end: str = "\n") -> bytes:
    return csv_bytes([HEADER, *(row.cells() for row in rows)], line_end=line_end)


def _outcomes_csv(rows: Sequence[Incident]) -> bytes:
    cells = [(*row.cells()[:9], row.outcome) for row in rows if row.crime_id]
    return csv_bytes([OUTCOMES_HEADER, *cells])


def _ragged(content: bytes) -> bytes:
    """Break three rows: one cut short, one with a field too many, one without its crime type."""
    lines = content.decode().splitlines()
    lines[100] = ",".join(lines[100].split(",")[:5])
    lines[200] += ",note added by hand"
    cells = lines[300].split(",")
    cells[-3] = ""
    lines[300] = ",".join(cells)
    return ("\n".join(lines) + "\n").encode()


def _without_falls_within(rows: Sequence[Incident]) -> bytes:
    position = HEADER.index("Falls within")
    table = [HEADER, *(row.cells() for row in rows)]
    return csv_bytes([(*row[:position], *row[position + 1 :]) for row in table])
