"""How many crimes of each class each district records in each of the five years.

How it is calibrated: Blaby's counts are those that the partnership's assessment of 2010/11 states
or implies (5,000 crimes after 5,620; 900 of violence after 1,000; 890 of serious acquisitive crime
after 1,000). The other districts have rates per 1,000 residents of the size that their recorded
crime had then, arranged so that Blaby's rate is the highest of the seven for serious acquisitive
crime, the second lowest for violence, the lowest for serious violence and ordinary for all crime.
Their years follow Blaby's, class by class, a little damped.
"""

from demo import offences as o
from demo.calendar_days import FINANCIAL_YEARS, LAST_YEAR
from demo.places import (
    BLABY,
    CHARNWOOD,
    HARBOROUGH,
    HINCKLEY,
    MELTON,
    NORTH_WEST,
    OADBY,
    POPULATION_2010,
)

BLABY_COUNTS = {
    o.SERIOUS_VIOLENCE: (60, 52, 47, 40, 30),
    o.LESS_SERIOUS_INJURY: (460, 408, 368, 326, 280),
    o.WITHOUT_INJURY: (200, 235, 265, 289, 290),
    o.OTHER_VIOLENCE: (490, 435, 385, 345, 300),
    o.DOMESTIC_BURGLARY: (185, 172, 160, 150, 160),
    o.ROBBERY: (38, 36, 33, 30, 25),
    o.THEFT_FROM_VEHICLE: (840, 790, 745, 700, 593),
    o.THEFT_OF_VEHICLE: (167, 152, 137, 120, 112),
    o.COMMERCIAL_BURGLARY: (320, 300, 275, 250, 220),
    o.SHOPLIFTING: (575, 580, 560, 520, 450),
    o.OTHER_THEFT: (885, 810, 755, 730, 650),
    o.DAMAGE: (1400, 1310, 1200, 1075, 1000),
    o.DRUGS: (168, 170, 172, 167, 139),
    o.ARSON: (104, 95, 82, 70, 55),
    o.PUBLIC_ORDER: (250, 240, 225, 215, 190),
    o.SEXUAL: (70, 70, 68, 66, 60),
    o.FRAUD: (318, 295, 258, 235, 196),
    o.INTERFERENCE: (160, 145, 125, 112, 90),
    o.OTHER: (210, 205, 190, 180, 160),
}
"""Blaby's recorded crimes, 2006/07 to 2010/11."""

TYPICAL_RATES = {
    o.SERIOUS_VIOLENCE: 0.62,
    o.LESS_SERIOUS_INJURY: 3.7,
    o.WITHOUT_INJURY: 3.4,
    o.OTHER_VIOLENCE: 3.8,
    o.DOMESTIC_BURGLARY: 2.0,
    o.ROBBERY: 0.35,
    o.THEFT_FROM_VEHICLE: 3.9,
    o.THEFT_OF_VEHICLE: 1.3,
    o.COMMERCIAL_BURGLARY: 2.8,
    o.SHOPLIFTING: 4.7,
    o.OTHER_THEFT: 7.0,
    o.DAMAGE: 10.6,
    o.DRUGS: 2.0,
    o.ARSON: 0.6,
    o.PUBLIC_ORDER: 2.4,
    o.SEXUAL: 0.75,
    o.FRAUD: 1.9,
    o.INTERFERENCE: 0.8,
    o.OTHER: 1.7,
}
"""Crimes per 1,000 residents in 2010/11 where the levels below are 1."""


# District: violence, serious acquisitive, other acquisitive, the rest.
LEVELS = {
    CHARNWOOD: (1.13, 1.01, 1.07, 1.03),
    HARBOROUGH: (0.75, 0.86, 0.78, 0.84),
    HINCKLEY: (1.00, 0.92, 0.93, 0.97),
    MELTON: (0.97, 0.82, 0.98, 0.99),
    NORTH_WEST: (1.08, 1.00, 0.95, 0.99),
    OADBY: (0.94, 0.98, 0.95, 0.93),
}
DAMPING = 0.85
"""The part of Blaby's course that the other districts follow."""


def crime_totals() -> dict[tuple[str, int, str], int]:
    """Crimes placed in each (district, financial year, class)."""
    totals = {
        (BLABY, year, name): count
        for name, counts in BLABY_COUNTS.items()
        for year, count in zip(FINANCIAL_YEARS, counts, strict=True)
    }
    for district, levels in LEVELS.items():
        for name, rate in TYPICAL_RATES.items():
            last = rate * _level(levels, name) * POPULATION_2010[district] / 1000
            for year in FINANCIAL_YEARS:
                totals[district, year, name] = round(last * course(BLABY_COUNTS[name], year))
    return totals


def _level(levels: tuple[float, float, float, float], name: str) -> float:
    violence, serious_acquisitive, other_acquisitive, rest = levels
    if name in o.VIOLENCE:
        return violence
    if name in o.SERIOUS_ACQUISITIVE:
        return serious_acquisitive
    return other_acquisitive if name in o.OTHER_ACQUISITIVE else rest


def course(blaby: tuple[int, ...], year: int) -> float:
    """A year's multiple of 2010/11 in the other districts, from Blaby's counts."""
    return 1 + DAMPING * (blaby[year - LAST_YEAR - 1] / blaby[-1] - 1)
