"""When the demo's crimes happened: at a minute, between two times, or when nobody wrote down.

How it is calibrated: violence and disorder are most frequent on Friday and Saturday nights; homes
are burgled while people are out, shops, cars and fences overnight, and the victim knows only when
they left and when they came back. Of one crime in thirty no time was written down, of one in a
hundred a date alone.
"""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass

from demo import offences as o
from demo.calendar_days import days_before, repeated

Times = tuple[str, str]
"""The earliest and the latest time at which a crime can have happened, as the force wrote them."""


@dataclass(frozen=True)
class Absence:
    """Hours at which an owner leaves and comes back, and whether a night lies between."""

    leaves: Sequence[int]
    returns: Sequence[int]
    overnight: bool


OUT_FOR_THE_DAY = Absence(range(7, 13), range(14, 19), overnight=False)
OVERNIGHT = Absence(range(17, 24), range(6, 9), overnight=True)
FOUND_LATER: dict[str, tuple[int, tuple[Absence, ...]]] = {
    o.DOMESTIC_BURGLARY: (8, (OUT_FOR_THE_DAY, OUT_FOR_THE_DAY, OVERNIGHT)),
    o.COMMERCIAL_BURGLARY: (9, (OVERNIGHT,)),
    o.THEFT_FROM_VEHICLE: (7, (OVERNIGHT, OVERNIGHT, OUT_FOR_THE_DAY)),
    o.THEFT_OF_VEHICLE: (7, (OVERNIGHT,)),
    o.DAMAGE: (5, (OVERNIGHT, OVERNIGHT, OUT_FOR_THE_DAY)),
    o.OTHER_THEFT: (3, (OUT_FOR_THE_DAY, OVERNIGHT)),
}
"""Of ten crimes of a class how many are found by an owner who comes back, and from where."""
QUARTERS = ("00", "15", "30", "45")

AMONG_PEOPLE_WHO_ARE_OUT = {*o.VIOLENCE, o.PUBLIC_ORDER, o.ROBBERY}
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
_HOURS = tuple((hour, 1 if hour < 8 else 3) for hour in range(24))
_USUAL = repeated(*_HOURS)
_TO_MIDNIGHT = repeated(*((hour, 24 if hour >= 20 else share) for hour, share in _HOURS))
_FROM_MIDNIGHT = repeated(*((hour, 24 if hour < 4 else share) for hour, share in _HOURS))
HOURS_OUT = {
    FRIDAY: _TO_MIDNIGHT,
    SATURDAY: _TO_MIDNIGHT + _FROM_MIDNIGHT,
    SUNDAY: _FROM_MIDNIGHT,
}
"""The hours of such crimes on the days in which part of a night out lies."""
UNKNOWN, DATE_ALONE = 1 / 30, 1 / 100
LATEST_LEFT_BLANK = 0.9
"""From this draw on the latest time is blank, being the earliest."""


def crime_times(rng: random.Random, name: str, day: str, recorded: str, known: Times) -> Times:
    """The times of a crime of the class on the day; `known` where it has no hours of its own."""
    drawn = rng.random()
    if drawn < UNKNOWN:
        return "", ""
    if drawn < UNKNOWN + DATE_ALONE:
        return day, ""
    in_ten, absences = FOUND_LATER.get(name, (0, ()))
    if rng.randrange(10) < in_ten:
        return _absent(rng, rng.choice(absences), day, recorded)
    if name in AMONG_PEOPLE_WHO_ARE_OUT:
        minute = f"{day} {time_out(rng, day)}:00"
        return minute, "" if drawn >= LATEST_LEFT_BLANK else minute
    return known


def time_out(rng: random.Random, day: str) -> str:
    """A time of the day as `21:45`, on the nights of a weekend mostly when people are out."""
    hours = HOURS_OUT.get(datetime.date.fromisoformat(day).weekday(), _USUAL)
    return f"{rng.choice(hours):02d}:{rng.randrange(60):02d}"


def _absent(rng: random.Random, absence: Absence, day: str, recorded: str) -> Times:
    """Between leaving and coming back; a crime is recorded on the day of the return or later."""
    left = days_before(day, 1) if absence.overnight and day == recorded else day
    back = days_before(left, -1) if absence.overnight else left
    return (
        f"{left} {rng.choice(absence.leaves):02d}:{rng.choice(QUARTERS)}:00",
        f"{back} {rng.choice(absence.returns):02d}:{rng.choice(QUARTERS)}:00",
    )
