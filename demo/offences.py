"""The offences of the demo: Home Office codes by class, as forces write them in their extracts.

The classes are rows of crime_class.csv, their codes of offence.csv.
"""

import random
from dataclasses import dataclass, fields

from demo.allocation import Pull
from demo.calendar_days import FINANCIAL_YEARS
from demo.formats import table

# The classes that other modules speak of.
SEXUAL, ROBBERY, DOMESTIC_BURGLARY = "sexual offences", "robbery", "domestic burglary"
THEFT_FROM_VEHICLE, THEFT_OF_VEHICLE = "theft from vehicle", "theft of vehicle"
COMMERCIAL_BURGLARY = "commercial burglary"
SHOPLIFTING, OTHER_THEFT, DAMAGE = "shoplifting", "other theft", "criminal damage"
ARSON, DRUGS, FRAUD = "arson", "drugs", "fraud"
PUBLIC_ORDER, OTHER = "public order", "other crime"


@dataclass(frozen=True)
class OffenceClass:
    """Offences that go together: code, description and share of each; how many, where and when.

    `rate` is crimes per 1,000 residents in 2010/11 where a district's level is 1, which stands in
    the column `level` of district.csv; `pattern` the pattern's recorded crimes, 2006/07 to 2010/11.
    """

    offences: tuple[tuple[str, str, int], ...]
    level: str
    rate: float
    pattern: tuple[int, ...]
    pull: Pull
    season: str


def _classes() -> dict[str, OffenceClass]:
    offences: dict[str, list[tuple[str, str, int]]] = {}
    for row in table("offence"):
        offence = (row["code"], row["description"], int(row["share"]))
        offences.setdefault(row["class"], []).append(offence)
    return {
        row["class"]: OffenceClass(
            offences=tuple(offences[row["class"]]),
            level=row["level"],
            rate=float(row["rate"]),
            pattern=tuple(int(row[str(year)]) for year in FINANCIAL_YEARS),
            pull=Pull(*(float(row[each.name]) for each in fields(Pull))),
            season=row["season"],
        )
        for row in table("crime_class")
    }


CLASSES = _classes()
VIOLENCE = tuple(name for name, kind in CLASSES.items() if kind.level == "violence")

# How the same code is keyed at another desk.
SPELLINGS = {
    "37.2": ("37/2", "037/02"),
    "4.1": ("4/1", "004/01"),
    "28A": ("28a ", "028A"),
    "8G": ("8g", "008G", "8 G"),
    "45": ("045", " 45"),
    "58C": ("58c", "058C"),
    "46": ("046",),
}
SPELT_OTHERWISE = 0.02


def spelt(rng: random.Random, code: str) -> str:
    """The code, now and then in another spelling."""
    if code in SPELLINGS and rng.random() < SPELT_OTHERWISE:
        return rng.choice(SPELLINGS[code])
    return code
