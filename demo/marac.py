"""The demo's conferences on high-risk domestic abuse: which pair was heard when, by whom referred.

How it is calibrated: the county says how many cases and how many repeats by the rule of the last
hearing a year has (the same victim and perpetrator within twelve calendar months of it, the day
itself included), and how many the police referred; the advisors refer the others, but for one.
The pairs on which rules differ are each there: see `_particular`. Two years of history
lie before.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo.calendar_days import dashed, days_before, days_of, span
from demo.county import County
from demo.extracts import Extract, Files, Manner, Row

HEADER = (
    "case_id", "victim_id", "perpetrator_id", "referral_date", "hearing_date", "referring_agency",
    "repeat_flag", "district_code",
)  # fmt: skip
ADVISOR, POLICE = "Independent Domestic Violence Advisor", "Police"


@dataclass
class Hearing:
    """One row: a pair's case heard on a day; `repeat` is what the rule says of it."""

    victim: str
    perpetrator: str
    day: str
    district: str
    repeat: bool
    declared: str = ""
    agency: str = ADVISOR
    number: str = ""


DISAGREEMENTS = 3
"""Repeats of a year that the conference did not declare, where there are so many."""


def _particular(here: str, there: str) -> tuple[Hearing, ...]:
    """The pairs on which rules differ, in two districts."""
    return (
        # twelve months to the day: a repeat; a day more: a new case
        Hearing("V-0001", "P-0001", "2009-06-15", here, False),
        Hearing("V-0001", "P-0001", "2010-06-15", here, True),
        Hearing("V-0002", "P-0002", "2009-06-15", here, False),
        Hearing("V-0002", "P-0002", "2010-06-16", here, False, declared="Y"),
        # within twelve months of its last hearing but not of its first
        Hearing("V-0003", "P-0003", "2009-03-10", there, False),
        Hearing("V-0003", "P-0003", "2010-01-12", there, True),
        Hearing("V-0003", "P-0003", "2010-11-09", there, True),
        # the perpetrator with another victim: no repeat
        Hearing("V-0004", "P-0004", "2009-09-08", there, False),
        Hearing("V-0005", "P-0004", "2010-05-11", there, False, declared="Y"),
        # one pair twice on one day: one case
        Hearing("V-0006", "P-0006", "2010-09-14", here, False),
        Hearing("V-0006", "P-0006", "2010-09-14", here, False),
        # heard in two districts
        Hearing("V-0007", "P-0007", "2010-02-09", there, False),
        Hearing("V-0007", "P-0007", "2010-10-12", here, True),
    )


def hearings(county: County) -> list[Hearing]:
    """Every hearing by day."""
    rng = random.Random(county.seed + 40)
    shares = [county.residents[code] for code in county.districts]
    particular = _particular(county.focus, county.office)
    cases_of = county.facts.marac.cases
    heard: list[Hearing] = []
    pairs = 100
    for year, (cases, repeats, police) in cases_of.items():
        given = [hearing for hearing in particular if hearing.day in days_of(year)]
        single = len({(hearing.victim, hearing.day) for hearing in given})
        repeats -= sum(hearing.repeat for hearing in given)
        fresh = cases - single - repeats
        new = []
        for _ in range(fresh):
            pairs += 1
            district = rng.choices(county.districts, shares)[0]
            day = rng.choice(_conference_days(year))
            new.append(Hearing(f"V-{pairs:04d}", f"P-{pairs:04d}", day, district, False))
        # a repeat follows the only hearing of a pair, which lies up to eleven months back
        again: list[Hearing] = []
        known = [h for h in heard + new if h.victim >= "V-0100" and not h.repeat]
        rng.shuffle(known)
        for hearing in known:
            if len(again) == repeats:
                break
            later = [
                day for day in _conference_days(year) if 20 < _days_between(hearing.day, day) < 330
            ]
            if later and not any(h.victim == hearing.victim and h.repeat for h in heard):
                again.append(
                    Hearing(hearing.victim, hearing.perpetrator, rng.choice(later),
                            hearing.district, True)
                )  # fmt: skip
        of_year = [*given, *new, *again]
        _agencies(rng, of_year, police, nobody=year == max(cases_of))
        _declare(rng, of_year)
        heard += of_year
    heard.sort(key=lambda hearing: (hearing.day, hearing.victim))
    for number, hearing in enumerate(heard, start=1):
        hearing.number = f"M{number:05d}"
    return heard


def _conference_days(year: int) -> list[str]:
    """Two conferences a month."""
    return [day for day in days_of(year) if day[8:] in ("09", "23")]


def _days_between(first: str, second: str) -> int:
    """Days from the first to the second, months taken as 30.4 days."""

    def days(day: str) -> float:
        return int(day[:4]) * 365 + int(day[5:7]) * 30.4 + int(day[8:])

    return round(days(second) - days(first))


def _agencies(
    rng: random.Random, hearings: Sequence[Hearing], police: int, *, nobody: bool
) -> None:
    ordinary = [hearing for hearing in hearings if hearing.victim >= "V-0100"]
    chosen = rng.sample(ordinary, police + nobody)
    for hearing in chosen[:police]:
        hearing.agency = POLICE
    for hearing in chosen[police:]:
        hearing.agency = ""


def _declare(rng: random.Random, hearings: Sequence[Hearing]) -> None:
    """What the conference declared: the rule's answer but for a few, two of them left blank."""
    for hearing in hearings:
        hearing.declared = hearing.declared or ("Y" if hearing.repeat else "N")
    repeats = [h for h in hearings if h.repeat and h.victim >= "V-0100"]
    for hearing in rng.sample(repeats, min(DISAGREEMENTS, len(repeats))):
        hearing.declared = "N"
    for hearing in rng.sample([h for h in hearings if h.victim >= "V-0100"], 2):
        hearing.declared = ""


def marac_files(county: County, hearings: Sequence[Hearing], scale: int = 1) -> Files:
    """The files of `landing/marac/hearing/`, one a year; dates are written dd-mm-yyyy."""
    rng = random.Random(county.seed + 41)
    extract = Extract(HEADER, ("case_id", "victim_id", "perpetrator_id"), scale)
    files = {}
    for year in county.facts.marac.cases:
        rows = [_row(rng, hearing) for hearing in hearings if hearing.day in days_of(year)]
        if year == max(county.facts.marac.cases):
            nth = min(30, len(rows) - 1)
            rows[nth:nth] = [("M90001", "", *rows[nth][2:]), ("M90002", *rows[nth][1:6])]
        files[f"hearing_{span(year)}.csv"] = extract.file(rows, Manner(line_end="\r\n"))
    return files


def _row(rng: random.Random, hearing: Hearing) -> Row:
    referred = days_before(hearing.day, rng.randrange(6, 25))
    return (
        hearing.number, hearing.victim, hearing.perpetrator, dashed(referred), dashed(hearing.day),
        hearing.agency, hearing.declared, hearing.district,
    )  # fmt: skip
