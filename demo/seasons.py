"""When the demo's events fall: seasons, weekends, and counts of months that vary beyond chance.

How it is calibrated: the shapes in season.csv are invented after what is commonly known of England
and Wales. Burglary is highest in January and low in summer, assaults, sexual offences and arson in
summer (Hird and Ruparel, "Seasonality in recorded crime", Home Office Online Report 02/07);
disputes at home at the turn of the year and from mid-July (Farrell and Pease, British Journal of
Criminology 34, 1994); disorder, damage and fires around Bonfire Night. Beyond season, the months of
recorded crime vary more than Poisson counts: a crime makes others near it likelier (Townsley, Homel
and Chaseling, British Journal of Criminology 43, 2003), and weather, policing and reporting move
all places of a district together, for longer than a month.
"""

import datetime
import random
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

from demo.calendar_days import days_of, months
from demo.formats import table

DISPERSION_OF_PLACES = 1.6
"""Variance over mean of the monthly counts of one place and kind of event, season apart."""
VARIANCE_OF_MONTHS = 0.012
"""Of the gamma draws (mean 1): a district's month is multiplied by two of them, averaged."""
FRIDAY = 4
BONFIRE_WEEK = ("10-30", "11-06")

_SHAPES = {row.pop("season"): {key: float(n) for key, n in row.items()} for row in table("season")}


def event_days(rng: random.Random, year: int, places: Sequence[str], season: str) -> list[str]:
    """Days of the financial year for a district's events of a kind; `places` says where each was.

    The events of a place fall on months by a Dirichlet-multinomial law, drawn as Polya's urn: an
    event takes the month of an earlier one there, or a month by season and shock. `rng` gives
    one number an event whatever comes of it, so that what it draws next does not hang on seasons.
    """
    own = random.Random(f"{year} {season} {places}")
    draws = [own.gammavariate(1 / VARIANCE_OF_MONTHS, VARIANCE_OF_MONTHS) for _ in range(13)]
    # neighbouring months share a draw; weights need not be halved into means
    shocks = {month: draws[n] + draws[n + 1] for n, month in enumerate(months(year))}
    weights = _weights(year, season)
    drawn = rng.choices(
        days_of(year),
        cum_weights=[*accumulate(weights[day] * shocks[day[:7]] for day in days_of(year))],
        k=len(places),
    )
    # the concentration at which a Dirichlet-multinomial of so many events has that dispersion
    fresh = {
        place: max(count - DISPERSION_OF_PLACES, 0) / (DISPERSION_OF_PLACES - 1)
        for place, count in Counter(places).items()
    }
    there: dict[str, list[str]] = {place: [] for place in fresh}
    days = []
    for place, day in zip(places, drawn, strict=True):
        earlier = there[place]
        if own.random() * (fresh[place] + len(earlier)) >= fresh[place] and earlier:
            of_month, cumulative = _month(year, season, own.choice(earlier)[:7])
            day = own.choices(of_month, cum_weights=cumulative)[0]
        earlier.append(day)
        days.append(day)
    return days


@cache
def _weights(year: int, season: str) -> dict[str, float]:
    """How heavy each day of the year is in the season."""
    shape = _SHAPES[season]
    weights = {}
    for day in days_of(year):
        weight = shape[str(int(day[5:7]))]
        if datetime.date.fromisoformat(day).weekday() >= FRIDAY:
            weight *= shape["weekend"]
        if BONFIRE_WEEK[0] <= day[5:] <= BONFIRE_WEEK[1]:
            weight *= shape["bonfire"]
        weights[day] = weight
    return weights


@cache
def _month(year: int, season: str, month: str) -> tuple[list[str], list[float]]:
    """The days of a month and their weights, added up from its first."""
    weights = {day: w for day, w in _weights(year, season).items() if day[:7] == month}
    return [*weights], [*accumulate(weights.values())]
