"""The demo's probation caseloads of 2009/10 and 2010/11.

How it is calibrated: of 229 offenders in Blaby in 2010/11, 16 reoffended, 78 are in tier 1 and 4 in
tier 4; 87 have a need in thinking and 85 in relationships, the most frequent; Thorpe Astley South
and Fosse Park alone have ten or more. In the county 210 of 1,500 reoffended, 345 are in tier 1 and
75 in tier 4, and every need is more frequent. Offenders with needs in attitudes, education and
lifestyles (250, 27 of them in Blaby) reoffended 2.5 times as often as all others, more than with
any other set of up to three needs; further needs make no difference. Outside Blaby offenders live
in deprived places and the centres; in Blaby they live anywhere.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.allocation import Pull, apportion, pick, spread, weights
from demo.calendar_days import days_of, span
from demo.extracts import Extract, Files, Manner, Row
from demo.places import (
    BLABY,
    CHARNWOOD,
    HARBOROUGH,
    HINCKLEY,
    MELTON,
    NORTH_WEST,
    OADBY,
    SEED,
    SmallArea,
    by_district,
    named,
)

NEEDS = (
    "thinking", "relationships", "education", "lifestyles", "attitudes", "alcohol", "drugs",
    "accommodation",
)  # fmt: skip
HEADER = (
    "offender_id", "period_start", "period_end", "district_code", "lsoa_code", "gender", "age",
    "tier", *(f"need_{need}" for need in NEEDS), "reoffended", "reoffence_date",
)  # fmt: skip
RISKY = frozenset({"attitudes", "education", "lifestyles"})


@dataclass(frozen=True)
class Group:
    """Counts of Blaby or of the rest of the county; the needs in the order of NEEDS."""

    offenders: int
    tiers: tuple[int, int, int, int]
    needs: tuple[int, ...]
    risky: int
    reoffended_risky: int
    reoffended_others: int


BLABY_GROUP = {
    2009: Group(238, (76, 96, 61, 5), (93, 90, 66, 73, 70, 78, 45, 41), 28, 6, 13),
    2010: Group(229, (78, 92, 55, 4), (87, 85, 62, 70, 68, 74, 41, 38), 27, 5, 11),
}
REST_GROUP = {
    2009: Group(1310, (280, 530, 425, 75), (640, 615, 575, 515, 480, 455, 485, 445), 230, 67, 137),
    2010: Group(1271, (267, 520, 413, 71), (620, 600, 560, 500, 470, 440, 470, 430), 223, 65, 129),
}
REST_SHARES = {
    CHARNWOOD: 33, NORTH_WEST: 20, HINCKLEY: 19, OADBY: 10, MELTON: 9, HARBOROUGH: 9,
}  # fmt: skip
RESIDENT = {"Thorpe Astley South & Meridian Business Park": 11, "Fosse Park": 10}
MOST_ELSEWHERE = 8
BLABY_HOMES, REST_HOMES = Pull(-0.3, inner=0.7), Pull(0.75, 1, 2.0, 2.0)
CASELOAD_SEED = SEED + 3
"""One with which no other set of needs comes near the three by chance."""
NOT_ASSESSED = 60
"""Needs of a year that were not assessed."""


@dataclass
class Offender:
    """One offender in one year's caseload."""

    number: str
    district: str
    lsoa: str
    tier: str
    needs: dict[str, str]
    reoffended: bool = False


def caseload(areas: Sequence[SmallArea], year: int) -> list[Offender]:
    """The caseload of a financial year."""
    rng = random.Random(CASELOAD_SEED + year)
    districts = by_district(areas)
    blaby, rest = BLABY_GROUP[year], REST_GROUP[year]
    pinned = {named(name).code: count for name, count in RESIDENT.items()}
    homes = [
        (BLABY, place)
        for place in spread(
            rng, blaby.offenders, weights(BLABY_HOMES, districts[BLABY]), pinned, MOST_ELSEWHERE
        )
    ]
    offenders = _group(rng, blaby, homes)
    homes = [
        (district, place)
        for district, count in apportion(rest.offenders, REST_SHARES).items()
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


def _group(rng: random.Random, group: Group, homes: Sequence[tuple[str, str]]) -> list[Offender]:
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
    for offender in rng.sample(offenders, NOT_ASSESSED):
        absent = [n for n in NEEDS if n not in RISKY and offender.needs[n] == "N"]
        if absent:
            offender.needs[rng.choice(absent)] = rng.choice(("", "", "U"))


def probation_files(areas: Sequence[SmallArea], scale: int = 1) -> Files:
    """The files of `landing/probation/caseload/`: a year, then the next provisional and final."""
    rng = random.Random(SEED + 79)
    extract = Extract(HEADER, ("offender_id",), scale)
    files = {}
    for year in BLABY_GROUP:
        rows = [_row(rng, offender, year) for offender in caseload(areas, year)]
        if year == max(BLABY_GROUP):
            files[f"caseload_provisional_{span(year)}.csv"] = extract.file(
                (*row[:-2], "N", "") for row in rows[:1430]
            )
            rows[50:50] = [("OF-90001", *rows[50][1:-2], "", ""), rows[49]]
        files[f"caseload_{span(year)}.csv"] = extract.file(rows, Manner(byte_order_mark=True))
    return files


def _row(rng: random.Random, offender: Offender, year: int) -> Row:
    days = days_of(year)
    place, district = offender.lsoa, offender.district
    drawn = rng.random()
    if drawn < 0.02 and district != BLABY:
        place = ""
    elif drawn > 0.99:
        district = CHARNWOOD  # the office's district, not the home's: the LSOA wins
    gender = "Male" if rng.random() < 0.87 else "Female"
    age = min(max(round(rng.gauss(32, 10)), 18), 75)
    return (
        offender.number, days[0], days[-1], district, place, gender, age, offender.tier,
        *(offender.needs[need] for need in NEEDS),
        "Y" if offender.reoffended else "N", rng.choice(days) if offender.reoffended else "",
    )  # fmt: skip
