"""The extracts of police incidents: history by the year, then by the month.

One month first comes with a column that the contract does not know, and is refused; it comes again
without. Categories are now and then in capitals, and flags not filled in.
"""

import random
from collections.abc import Sequence

from demo.calendar_days import FINANCIAL_YEARS, LAST_YEAR, months, span
from demo.county import County
from demo.extracts import PLAIN, Extract, Files, Manner, Row
from demo.incidents import Incident

HEADER = (
    "incident_no", "created_at", "category", "qualifier", "lsoa_code", "domestic_flag",
    "linked_crime_ref",
)  # fmt: skip
REFUSED_MONTH = "2010-12"
UNKNOWN_COLUMN = "officer_notes"
BROKEN_MONTH = "2010-08"
LATE_MONTH = "2011-02"
LATE_ROWS = 30
"""Incidents of that month that only the next month's extract has."""
MANNERS = {
    2006: Manner(byte_order_mark=True),
    2007: PLAIN,
    2008: Manner(line_end="\r\n", trailing_lines=2),
    2009: Manner(reordered=True),
}


def incident_files(county: County, incidents: Sequence[Incident], scale: int = 1) -> Files:
    """The files of `landing/police/incident/` by name, oldest first."""
    rng = random.Random(county.seed + 21)
    extract = Extract(HEADER, ("incident_no", "linked_crime_ref"), scale)
    by_month: dict[str, list[Row]] = {}
    for incident in incidents:
        by_month.setdefault(incident.created[:7], []).append(_row(rng, incident))
    late = by_month[LATE_MONTH][-LATE_ROWS:]
    del by_month[LATE_MONTH][-LATE_ROWS:]
    files = {}
    for year in FINANCIAL_YEARS[:-1]:
        rows = [row for month in months(year) for row in by_month[month]]
        files[f"incident_{span(year)}.csv"] = extract.file(rows, MANNERS[year])
    for month in months(LAST_YEAR):
        rows = by_month[month]
        if month == BROKEN_MONTH:
            rows[40:40] = _broken(rows[40])
        if month > LATE_MONTH:
            rows = late + rows
        if month == REFUSED_MONTH:
            noted = Extract((*HEADER, UNKNOWN_COLUMN), extract.identifiers)
            files[f"incident_{month}-with-notes.csv"] = noted.file((*row, "") for row in rows)
        files[f"incident_{month}.csv"] = extract.file(rows)
    return files


def _row(rng: random.Random, incident: Incident) -> Row:
    category, flag = incident.category, "Y" if incident.domestic else "N"
    drawn = rng.random()
    if drawn < 0.01:
        category = category.upper()
    elif drawn < 0.03 and flag == "N":
        flag = "" if drawn < 0.02 else "U"
    return (
        incident.number, incident.created, category, incident.qualifier, incident.lsoa, flag,
        incident.linked_crime,
    )  # fmt: skip


def _broken(row: Row) -> list[Row]:
    """Rows without a category, with one that nobody knows, cut short, and from the future."""
    return [
        ("10-900001", row[1], "", *row[3:]),
        ("10-900002", row[1], "Ghost", *row[3:]),
        ("10-900003", *row[1:4]),
        ("10-900004", "2101-08-01 10:00", *row[2:]),
        row,
    ]
