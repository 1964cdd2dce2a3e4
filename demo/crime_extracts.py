"""The extracts of recorded crime: history by the year, then by the month, with its corrections.

What real extracts are like is here a few times: a file in Windows-1252, one with a byte-order mark
and CRLF, one with its columns in another order, blank lines at the end; crimes reclassified,
cancelled, moved, dated anew or sent late; the same file twice; rows that cannot be read. The state
at the end is that of `recorded_crime`.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from demo.allocation import pick
from demo.calendar_days import FINANCIAL_YEARS, LAST_YEAR, days_before, months, span
from demo.county import County
from demo.extracts import PLAIN, Extract, Files, Manner, Row
from demo.places import SmallArea, named
from demo.recorded_crime import Crime

HEADER = (
    "crime_ref", "recorded_date", "committed_from", "committed_to", "offence_code",
    "offence_description", "lsoa_code", "outcome", "cancelled_date", "alcohol_flag", "drug_flag",
    "domestic_flag", "hate_flag",
)  # fmt: skip
MANNERS = {
    2006: Manner(encoding="windows-1252"),
    2007: Manner(byte_order_mark=True, line_end="\r\n"),
    2008: Manner(reordered=True),
    2009: Manner(trailing_lines=3),
}
BROKEN_MONTH, SENT_TWICE_MONTH, REPEATED_KEY_MONTH = "2010-10", "2010-09", "2010-07"
CORRECTIONS = 12
"""Crimes of the focus district in 2010/11 that each kind of correction changes."""
LAST_NIGHTS = ("2011-04-02", "2011-04-05")
NOT_STATED = ("", "U", "N/K", "-")


def crime_files(
    county: County, areas: Sequence[SmallArea], crimes: Sequence[Crime], scale: int = 1
) -> Files:
    """The files of `landing/police/recorded_crime/` by name, oldest first."""
    rng = random.Random(county.seed + 11)
    extract = Extract(HEADER, ("crime_ref",), scale)
    first, later = _corrections(rng, county, areas, crimes)
    by_month: dict[str, list[Row]] = {}
    for crime in crimes:
        for sent in first.get(crime.ref, [crime]):
            by_month.setdefault(sent.recorded[:7], []).append(_row(rng, sent))
    files = {}
    for year in FINANCIAL_YEARS[:-1]:
        rows = [row for month in months(year) for row in by_month[month]]
        files[f"recorded_crime_{span(year)}.csv"] = extract.file(rows, MANNERS[year])
    for month in months(LAST_YEAR):
        rows = by_month[month] + [_row(rng, crime) for crime in later.get(month, [])]
        if month == REPEATED_KEY_MONTH:
            rows.append(_repeated(rows[4]))
        if month == BROKEN_MONTH:
            rows[60:60] = _broken(rows[60])
        name = f"recorded_crime_{month}.csv"
        files[name] = extract.file(rows, Manner(line_end="\r\n") if month > "2011" else PLAIN)
        if month == SENT_TWICE_MONTH:
            files[name.replace(".csv", "-again.csv")] = files[name]
    for night in LAST_NIGHTS:
        rows = [_row(rng, crime) for crime in later.get(night, [])]
        files[f"recorded_crime_night_{night}.csv"] = extract.file(rows)
    return files


Versions = dict[str, list[Crime]]


def _corrections(
    rng: random.Random, county: County, areas: Sequence[SmallArea], crimes: Sequence[Crime]
) -> tuple[Versions, Versions]:
    """What the first extract said of crimes that changed (by ref), and what a later one says.

    The second is by the month's or night's extract that carries the crime as it stands. Only one
    thing changes of a crime; a late one was not sent at first.
    """
    unchanged = [
        crime
        for crime in crimes
        if crime.district == county.focus and crime.recorded >= f"{LAST_YEAR}-05" and not crime.hate
    ]
    changing = pick(rng, [crime for crime in unchanged if not crime.cancelled], 6 * CORRECTIONS)
    changing.sort(key=lambda crime: (crime.recorded, crime.ref))
    elsewhere = named(areas, county.facts.moved_to).code
    first: Versions = {}
    for number, crime in enumerate(changing):
        first[crime.ref] = [
            [replace(crime, code="105A" if crime.code != "105A" else "8G",
                     description="Not yet classified")],
            [],
            [replace(crime, recorded=days_before(crime.recorded, 29))],
            [replace(crime, lsoa="")],
            [replace(crime, lsoa=elsewhere)],
            [replace(crime, alcohol=not crime.alcohol, outcome="")],
        ][number % 6]  # fmt: skip
    cancelled = [
        crime
        for crime in crimes
        if crime.cancelled and crime.cancelled[:7] > crime.recorded[:7] >= f"{LAST_YEAR}-04"
    ]
    for crime in cancelled:
        first[crime.ref] = [replace(crime, cancelled="", outcome="")]
    later: Versions = {}
    for crime in [*changing, *cancelled]:
        later.setdefault(_sent_again(crime), []).append(crime)
    return first, later


def _sent_again(crime: Crime) -> str:
    """The extract that carries the correction: next month's, late ones two months on."""
    position = months(LAST_YEAR).index(crime.recorded[:7]) + 2
    if position < len(months(LAST_YEAR)):
        return months(LAST_YEAR)[position]
    return LAST_NIGHTS[position % 2]


def _row(rng: random.Random, crime: Crime) -> Row:
    """The crime as a row; of one in thirteen a flag that is not Y was not filled in."""
    flags = [
        "Y" if flag else "N" for flag in (crime.alcohol, crime.drug, crime.domestic, crime.hate)
    ]
    if rng.random() < 0.08:
        unset = rng.randrange(4)
        if flags[unset] == "N":
            flags[unset] = rng.choice(NOT_STATED)
    return (
        crime.ref, crime.recorded, crime.committed_from, crime.committed_to, crime.code,
        crime.description, crime.lsoa, crime.outcome, crime.cancelled, *flags,
    )  # fmt: skip


def _repeated(row: Row) -> Row:
    """The same reference once more in the same file, with another day: the first row stays."""
    return (row[0], f"{REPEATED_KEY_MONTH}-31", *row[2:])


def _broken(row: Row) -> Iterable[Row]:
    """Six rows that cannot be read or placed in time: each has a reference of its own."""
    return (
        ("CR/900001/10", *row[1:-1]),
        ("CR/900002/10", *row[1:], "see notes"),
        ("CR/900003/10", *row[1:4], "", *row[5:]),
        ("CR/900004/10", "2101-10-05", *row[2:]),
        ("CR/900005/10", "October", *row[2:]),
        ("", *row[1:]),
    )
