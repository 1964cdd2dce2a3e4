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
from demo.places import BLABY, POPULATION_2010, levels

DAMPING = 0.85
"""The part of Blaby's course that the other districts follow."""


def crime_totals() -> dict[tuple[str, int, str], int]:
    """Crimes placed in each (district, financial year, class)."""
    totals = {
        (BLABY, year, name): count
        for name, kind in o.CLASSES.items()
        for year, count in zip(FINANCIAL_YEARS, kind.blaby, strict=True)
    }
    for district in levels("other_crime"):
        for name, kind in o.CLASSES.items():
            last = kind.rate * levels(kind.level)[district] * POPULATION_2010[district] / 1000
            for year in FINANCIAL_YEARS:
                totals[district, year, name] = round(last * course(kind.blaby, year))
    return totals


def course(blaby: tuple[int, ...], year: int) -> float:
    """A year's multiple of 2010/11 in the other districts, from Blaby's counts."""
    return 1 + DAMPING * (blaby[year - LAST_YEAR - 1] / blaby[-1] - 1)
