"""The demo's five financial years and the days on which its events fall."""

import datetime
import random
from functools import cache
from typing import TypeVar

FIRST_YEAR, YEARS = 2006, 5
LAST_YEAR = FIRST_YEAR + YEARS - 1
FINANCIAL_YEARS = tuple(range(FIRST_YEAR, FIRST_YEAR + YEARS))
"""The years by the calendar year they begin in: 2006 stands for 2006/07."""
Value = TypeVar("Value")
ONE_DAY = datetime.timedelta(days=1)


def label(year: int) -> str:
    """`2010/11` of 2010."""
    return f"{year}/{(year + 1) % 100:02d}"


def span(first: int, last: int | None = None) -> str:
    """The months of financial years as file names say them: `2010-04_to_2011-03`."""
    return f"{first}-04_to_{(last or first) + 1}-03"


def months(year: int) -> list[str]:
    """The twelve months of a financial year, `2010-04` to `2011-03`."""
    return [f"{year + (3 + n) // 12}-{(3 + n) % 12 + 1:02d}" for n in range(12)]


@cache
def days_of(year: int) -> tuple[str, ...]:
    """The days of a financial year, in ISO form."""
    first = datetime.date(year, 4, 1)
    length = (datetime.date(year + 1, 4, 1) - first).days
    return tuple((first + n * ONE_DAY).isoformat() for n in range(length))


def times_of_day(rng: random.Random, count: int) -> list[str]:
    """`count` times as `21:45`: few in the small hours, most in the afternoon and evening."""
    return rng.choices(_times(), k=count)


_HOURS = (4, 3, 2, 2, 1, 1, 1, 2, 4, 5, 5, 6, 7, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 6)


@cache
def _times() -> tuple[str, ...]:
    return tuple(
        f"{hour:02d}:{minute:02d}"
        for hour, weight in enumerate(_HOURS)
        for minute in range(60)
        for _ in range(weight)
    )


def repeated(*shares: tuple[Value, int]) -> tuple[Value, ...]:
    """Each value as often as its share, to choose from."""
    return tuple(value for value, share in shares for _ in range(share))


@cache
def days_before(day: str, days: int) -> str:
    """The day so many days earlier (later, if negative)."""
    return (datetime.date.fromisoformat(day) - days * ONE_DAY).isoformat()


def british(day: str) -> str:
    """`2010-04-30` as 30/04/2010."""
    return f"{day[8:10]}/{day[5:7]}/{day[:4]}{day[10:]}"


def dashed(day: str) -> str:
    """`2010-04-30` as 30-04-2010."""
    return british(day).replace("/", "-")
