"""The demo's probation caseloads of 2009/10 and 2010/11.

How it is calibrated: the county says how many offenders there are, in which tiers, with which
needs, in its lead district and in the rest. Offenders with needs in attitudes, education and
lifestyles reoffended 2.5 times as often as all others, more than with any other set of up to three
needs; further needs make no difference. Offenders live in deprived places and the centres; in the
lead district they live anywhere, and some areas have a fixed number.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.allocation import Pull, apportion, pick, spread, weights
from demo.calendar_days import days_of, span
from demo.county import County, Offenders
from demo.extracts import Extract, Files, Manner, Row
from demo.places import SmallArea, by_district, fixed

NEEDS = (
    "thinking", "relationships", "education", "lifestyles", "attitudes", "alcohol", "drugs",
    "accommodation",
)  # fmt: skip
HEADER = (
    "offender_id", "period_start", "period_end", "district_code", "lsoa_code", "gender", "age",
    "tier", *(f"need_{need}" for need in NEEDS), "reoffended", "reoffence_date",
)  # fmt: skip
RISKY = frozenset({"attitudes", "education", "lifestyles"})


LEAD_HOMES, REST_HOMES = Pull(-0.3, inner=0.7), Pull(0.75, 1, 2.0, 2.0)
CASELOAD_SEED = 3
"""Added to the county's: no other set of needs comes near the three by chance in the first."""
NOT_ASSESSED = 60
"""Needs of a year that were not assessed, of one in twenty offenders at most."""


@dataclass
class Offender:
    """One offender in one year's caseload."""

    number: str
    district: str
    lsoa: str
    tier: str
    needs: dict[str, str]
    reoffended: bool = False


def caseload(county: County, areas: Sequence[SmallArea], year: int) -> list[Offender]:
    """The caseload of a financial year."""
    rng = random.Random(county.seed + CASELOAD_SEED + year)
    districts = by_district(areas)
    counts = county.facts.probation
    rest = counts.rest[year]
    offenders: list[Offender] = []
    if county.lead:
        lead = counts.lead[year]
        pinned, most = fixed(county, areas, county.lead, "offender", "resident", year)
        where = weights(LEAD_HOMES, districts[county.lead])
        homes = [(county.lead, place) for place in spread(rng, lead.offenders, where, pinned, most)]
        offenders += _group(rng, lead, homes)
    homes = [
        (district, place)
        for district, count in apportion(rest.offenders, counts.shares).items()
        for place in spread(rng, count, weights(REST_HOMES, districts[district]))
    ]
    offenders += _group(rng, rest, homes)
    _leave_blank(rng, offenders)
    rng.shuffle(offenders)
    # a third of a year's offenders are those of the year before
    numbers = [f"OF-{(year - 2009) * 1000 + n:05d}" for n in range(1, len(offenders) + 1)]
    for offender, number in zip(offenders, numbers, strict=True):
        offender.number = number
    return offenders


def _group(
    rng: random.Random, group: Offenders, homes: Sequence[tuple[str, str]]
) -> list[Offender]:
    shuffled = rng.sample(homes, len(homes))
    tiers = [str(n) for n, count in enumerate(group.tiers, start=1) for _ in range(count)]
    rng.shuffle(tiers)
    offenders = [
        Offender("", district, place, tier, dict.fromkeys(NEEDS, "N"))
        for (district, place), tier in zip(shuffled, tiers, strict=True)
    ]
    risky, others = offenders[: group.risky], offenders[group.risky :]
    for offender in risky:
        offender.needs |= dict.fromkeys(RISKY, "Y")
    for need, count in zip(NEEDS, group.needs, strict=True):
        having = _having(rng, need, count, risky, others)
        for offender in having:
            offender.needs[need] = "Y"
    for members, count in (
        (risky, group.reoffended_risky),
        (others, group.reoffended_others),
    ):
        for offender in rng.sample(members, count):
            offender.reoffended = True
    return offenders


def _having(
    rng: random.Random,
    need: str,
    count: int,
    risky: Sequence[Offender],
    others: Sequence[Offender],
) -> list[Offender]:
    """Who has the need: of the others nobody gets the third of the three risky ones."""
    if need not in RISKY:
        return pick(rng, [*risky, *others], count)
    missing = RISKY - {need}
    free = [o for o in others if any(o.needs[other] != "Y" for other in missing)]
    return pick(rng, free, count - len(risky))


def _leave_blank(rng: random.Random, offenders: Sequence[Offender]) -> None:
    """Leave needs that were not found open: not the three, which are assessed of everybody."""
    for offender in rng.sample(offenders, min(NOT_ASSESSED, len(offenders) // 20)):
        absent = [n for n in NEEDS if n not in RISKY and offender.needs[n] == "N"]
        if absent:
            offender.needs[rng.choice(absent)] = rng.choice(("", "", "U"))


def probation_files(county: County, areas: Sequence[SmallArea], scale: int = 1) -> Files:
    """The files of `landing/probation/caseload/`: a year, then the next provisional and final."""
    rng = random.Random(county.seed + 79)
    extract = Extract(HEADER, ("offender_id",), scale)
    files = {}
    for year in county.facts.probation.rest:
        rows = [_row(rng, county, offender, year) for offender in caseload(county, areas, year)]
        if year == max(county.facts.probation.rest):
            files[f"caseload_provisional_{span(year)}.csv"] = extract.file(
                (*row[:-2], "N", "") for row in rows[: len(rows) * 143 // 150]
            )
            rows[50:50] = [("OF-90001", *rows[50][1:-2], "", ""), rows[49]]
        files[f"caseload_{span(year)}.csv"] = extract.file(rows, Manner(byte_order_mark=True))
    return files


def _row(rng: random.Random, county: County, offender: Offender, year: int) -> Row:
    days = days_of(year)
    place, district = offender.lsoa, offender.district
    drawn = rng.random()
    if drawn < 0.02 and district != county.lead:
        place = ""
    elif drawn > 0.99:
        district = county.office  # the office's district, not the home's: the LSOA wins
    gender = "Male" if rng.random() < 0.87 else "Female"
    age = min(max(round(rng.gauss(32, 10)), 18), 75)
    return (
        offender.number, days[0], days[-1], district, place, gender, age, offender.tier,
        *(offender.needs[need] for need in NEEDS),
        "Y" if offender.reoffended else "N", rng.choice(days) if offender.reoffended else "",
    )  # fmt: skip
