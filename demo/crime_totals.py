"""How many crimes of each class each district records in each of the five years.

How it is calibrated: the lead district's counts are the pattern's. The other districts have rates
per 1,000 residents of the size that recorded crime had then, times their level; their years follow
the pattern's, class by class, a little damped, times the county's drift and variation.
"""

from demo import offences as o
from demo.calendar_days import FINANCIAL_YEARS
from demo.county import County, of_year


def crime_totals(county: County) -> dict[tuple[str, int, str], int]:
    """Crimes placed in each (district, financial year, class)."""
    totals = {
        (county.lead, year, name): count
        for name, kind in o.CLASSES.items()
        for year, count in zip(FINANCIAL_YEARS, kind.pattern, strict=True)
        if county.lead
    }
    for district in county.levels("other_crime"):
        for name, kind in o.CLASSES.items():
            level = county.levels(kind.level)[district]
            last = kind.rate * level * county.residents[district] / 1000
            for year in FINANCIAL_YEARS:
                course = county.course(kind.pattern, kind.level, district, year)
                totals[district, year, name] = round(last * course)
    return totals


def scaled(county: County, pattern: tuple[int, ...], level: str, district: str, year: int) -> int:
    """A district's events of a kind: the pattern's for its residents, times level and course."""
    if district == county.lead:
        return of_year(pattern, year)
    size = county.size(district) * county.levels(level)[district]
    return round(pattern[-1] * size * county.course(pattern, level, district, year))
