"""The demo's youth justice disposals, and the young people among whom they are counted.

How it is calibrated: the county says how many disposals a year has, by ethnic group in 2010/11 and
in proportion before; how many follow a conviction by a court, how many of them custody, and how
many are first entries. Two young people are marked as first entrants a second time, which counts
once. It says also how many residents aged 10 to 17 it has in mid-2010, by ethnic group.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.allocation import apportion
from demo.calendar_days import FINANCIAL_YEARS, LAST_YEAR, british
from demo.county import County
from demo.extracts import Extract, Files, Manner, Row
from demo.formats import Cell, csv_bytes
from demo.seasons import event_days

HEADER = (
    "disposal_id", "young_person_id", "disposal_date", "tier", "court_conviction", "first_entry",
    "age", "ethnicity", "district_code",
)  # fmt: skip
WHITE = "White"
NOT_KNOWN = ("Not known", "N/K", "99", "")
NOT_KNOWN_SHARE = 0.02
"""Of the years before 2010/11, in which the ethnic group of everybody is known."""


FIRST_ENTRY_BEFORE_COURT = 0.9
"""Part of the disposals before court that are first entries; the other first entries are tried."""


@dataclass
class Disposal:
    """One disposal."""

    day: str
    tier: str
    first_entry: bool
    district: str
    person: str = ""
    ethnicity: str = WHITE
    number: str = ""


def disposals(county: County) -> list[Disposal]:
    """Every disposal by day."""
    rng = random.Random(county.seed + 80)
    found: list[Disposal] = []
    for year in FINANCIAL_YEARS:
        found += _of_year(rng, county, year, found)
    _mark_twice(county, found)
    found.sort(key=lambda disposal: (disposal.day, disposal.person))
    for number, disposal in enumerate(found, start=1):
        disposal.number = f"YD{number:05d}"
    return found


def _of_year(
    rng: random.Random, county: County, year: int, earlier: Sequence[Disposal]
) -> list[Disposal]:
    counts = county.facts.youth.years[year]
    before_court = counts.disposals - counts.convictions
    first_before_court = min(counts.first_entrants, round(before_court * FIRST_ENTRY_BEFORE_COURT))
    first_in_court = counts.first_entrants - first_before_court
    community = round(counts.convictions * 0.4)
    first_tier = counts.convictions - counts.custody - community
    kinds = [("pre_court", True)] * first_before_court
    kinds += [("first_tier", True)] * first_in_court
    kinds += [("pre_court", False)] * (before_court - first_before_court)
    kinds += [("first_tier", False)] * (first_tier - first_in_court)
    kinds += [("community", False)] * community + [("custody", False)] * counts.custody
    shares = county.levels("youth")
    lead = {county.lead: float(county.facts.youth.lead_share)} if county.lead else {}
    homes = [*lead] * counts.lead_first_entrants
    for district, count in apportion(
        counts.first_entrants - counts.lead_first_entrants, shares
    ).items():
        homes += [district] * count
    rng.shuffle(homes)
    everywhere = lead | shares
    homes += rng.choices([*everywhere], [*everywhere.values()], k=counts.disposals - len(homes))
    days = event_days(rng, year, homes, "level")
    known: dict[str, list[str]] = {}
    for disposal in earlier:
        if disposal.first_entry:
            known.setdefault(disposal.district, []).append(disposal.person)
    found = []
    for position, ((tier, first), district, day) in enumerate(zip(kinds, homes, days, strict=True)):
        person = f"YP-{year}-{position:04d}"
        if not first and district in known and rng.random() < 0.5:
            person = rng.choice(known[district])
        found.append(Disposal(day, tier, first, district, person))
    for disposal, group in zip(found, _ethnic_groups(rng, county, year), strict=True):
        disposal.ethnicity = group
    return found


def _ethnic_groups(rng: random.Random, county: County, year: int) -> list[str]:
    total = county.facts.youth.years[year].disposals
    unknown = 0 if year == LAST_YEAR else round(total * NOT_KNOWN_SHARE)
    groups = [
        group
        for group, count in apportion(total - unknown, county.facts.youth.disposals).items()
        for _ in range(count)
    ]
    groups += [NOT_KNOWN[n % len(NOT_KNOWN)] for n in range(unknown)]
    rng.shuffle(groups)
    return groups


def _mark_twice(county: County, disposals: Sequence[Disposal]) -> None:
    """Mark two later disposals of young people who have entered already as first entries too."""
    later = [
        d
        for d in disposals
        if d.district == county.office and not d.first_entry and d.day > f"{LAST_YEAR + 1}-01"
    ]
    firsts = [d for d in disposals if d.district == county.office and d.first_entry]
    year_before = next(d for d in firsts if f"{LAST_YEAR}-01" < d.day < f"{LAST_YEAR}-03")
    same_year = next(d for d in firsts if f"{LAST_YEAR}-05" < d.day < f"{LAST_YEAR}-12")
    for disposal, entrant in zip(later[:2], (year_before, same_year), strict=True):
        disposal.person, disposal.first_entry = entrant.person, True


def youth_files(county: County, disposals: Sequence[Disposal], scale: int = 1) -> Files:
    """The files of `landing/youth/disposal/`: history by the year, then the quarters of 2010/11.

    Dates are written dd/mm/yyyy.
    """
    rng = random.Random(county.seed + 81)
    extract = Extract(HEADER, ("disposal_id", "young_person_id"), scale)
    periods = [(f"{y}-04", f"{y + 1}-03") for y in FINANCIAL_YEARS[:-1]]
    periods += [("2010-04", "2010-06"), ("2010-07", "2010-09"), ("2010-10", "2010-12"),
                ("2011-01", "2011-03")]  # fmt: skip
    files = {}
    for first, last in periods:
        rows = [_row(rng, d) for d in disposals if first <= d.day[:7] <= last]
        if first == "2010-10":
            rows[12:12] = _broken(rows[12])
        files[f"disposal_{first}_to_{last}.csv"] = extract.file(
            rows, Manner(trailing_lines=2 * (first < "2007"))
        )
    return files


def _row(rng: random.Random, disposal: Disposal) -> Row:
    age = min(max(round(rng.gauss(15, 1.4)), 10), 17)
    return (
        disposal.number, disposal.person, british(disposal.day), disposal.tier,
        "N" if disposal.tier == "pre_court" else "Y", "Y" if disposal.first_entry else "N",
        "N/K" if rng.random() < 0.01 else age, disposal.ethnicity, disposal.district,
    )  # fmt: skip


def _broken(row: Row) -> list[Row]:
    """Rows without a person, of an unknown tier, and without an answer that is required."""
    return [
        ("YD90001", "", *row[2:]),
        ("YD90002", *row[1:3], "caution", *row[4:]),
        ("YD90003", *row[1:4], "", *row[5:]),
    ]


FEWER_EACH_YEAR = 0.006
"""By how much the number of young people falls each year, White ones only."""


def youth_population(county: County) -> bytes:
    """Residents aged 10 to 17 of the county and its districts, mid-2006 to mid-2010."""
    youth = county.facts.youth
    rows: list[tuple[Cell, ...]] = []
    for year in FINANCIAL_YEARS:
        back = LAST_YEAR - year
        for group, last in youth.residents.items():
            change = FEWER_EACH_YEAR if group == WHITE else -0.03
            total = round(last * (1 + change * back)) if back else last
            levels = youth.levels.get(group, {})
            parts = apportion(
                total,
                {code: county.residents[code] * levels.get(code, 0.7 if levels else 1.0)
                 for code in county.districts},
            )  # fmt: skip
            rows.append((county.facts.code, year, group, total))
            rows += [(code, year, group, count) for code, count in parts.items()]
    rows.sort(key=lambda row: (str(row[0]), str(row[1])))
    return csv_bytes([("area_code", "mid_year", "ethnic_group", "population_10_17"), *rows])
