"""The street crime as the police publish it: an archive, and deliveries that went wrong.

What a data engineer meets in a year is here once: a month delivered again with late records, the
same archive sent twice, rows with too few or too many fields, a file without a required column,
members that are not street files, Windows line ends.
"""

from collections.abc import Mapping, Sequence

from demo.county import County
from demo.formats import csv_bytes, zip_bytes
from demo.street_crime import MONTHS, TRANSPORT, Files, Incident

HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
OUTCOMES_HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Outcome type",
)  # fmt: skip
RAGGED_MONTH, REFUSED_MONTH, REDELIVERED_MONTH = "2011-01", "2011-02", "2010-12"
"""Of the own force, of the other force, and of the own force again."""
LATE_RECORDS = 25
"""Rows that the first delivery of the redelivered month lacked."""


ARCHIVE = "2010-12-to-2011-03.zip"


def street_files(county: County, files: Files) -> dict[str, bytes]:
    """The files of `landing/police/street_crime/` by name, oldest delivery first."""
    own, other = (each.name for each in county.facts.forces)
    archive = zip_bytes(_archive(county, files, MONTHS))
    return {
        ARCHIVE: archive,
        ARCHIVE.replace(".zip", "-sent-again.zip"): archive,
        file_name(county, REDELIVERED_MONTH, own): _street_csv(files[REDELIVERED_MONTH, own]),
        file_name(county, REFUSED_MONTH, other): _without_falls_within(files[REFUSED_MONTH, other]),
    }


def _archive(county: County, files: Files, wanted: Sequence[str]) -> Mapping[str, bytes]:
    own, other = (each.name for each in county.facts.forces)
    slugs = _slugs(county)
    members = {}
    for month in wanted:
        for force in sorted(slugs, key=slugs.__getitem__):
            if (month, force) == (REFUSED_MONTH, other):
                continue
            rows = files[month, force]
            if (month, force) == (REDELIVERED_MONTH, own):
                rows = rows[:-LATE_RECORDS]
            content = _street_csv(rows, line_end="\r\n" if month > "2011-01" else "\n")
            if (month, force) == (RAGGED_MONTH, own):
                content = _ragged(content)
            members[f"{month}/{file_name(county, month, force)}"] = content
    month = wanted[-1]
    outcomes = file_name(county, month, own).replace("-street", "-outcomes")
    members[f"{month}/{outcomes}"] = _outcomes_csv(files[month, own][:40])
    return members


def file_name(county: County, month: str, force: str) -> str:
    """What the publisher calls the file of a month and force."""
    return f"{month}-{_slugs(county)[force]}-street.csv"


def _slugs(county: County) -> dict[str, str]:
    return {each.name: each.file for each in county.facts.forces} | {TRANSPORT: "btp"}


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
