"""The offences of the demo: Home Office codes by class, as forces write them in their extracts."""

import random
from dataclasses import dataclass

from demo.allocation import Pull

SERIOUS_VIOLENCE, LESS_SERIOUS_INJURY = "serious violence", "assault with less serious injury"
WITHOUT_INJURY, OTHER_VIOLENCE = "assault without injury", "other violence"
SEXUAL, ROBBERY = "sexual offences", "robbery"
DOMESTIC_BURGLARY, COMMERCIAL_BURGLARY = "domestic burglary", "commercial burglary"
THEFT_FROM_VEHICLE, THEFT_OF_VEHICLE = "theft from vehicle", "theft of vehicle"
SHOPLIFTING, OTHER_THEFT = "shoplifting", "other theft"
INTERFERENCE, DAMAGE, ARSON = "vehicle interference", "criminal damage", "arson"
DRUGS, PUBLIC_ORDER, FRAUD, OTHER = "drugs", "public order", "fraud", "other crime"

VIOLENCE = (SERIOUS_VIOLENCE, LESS_SERIOUS_INJURY, WITHOUT_INJURY, OTHER_VIOLENCE)
SERIOUS_ACQUISITIVE = (DOMESTIC_BURGLARY, ROBBERY, THEFT_FROM_VEHICLE, THEFT_OF_VEHICLE)
OTHER_ACQUISITIVE = (COMMERCIAL_BURGLARY, SHOPLIFTING, OTHER_THEFT)


@dataclass(frozen=True)
class OffenceClass:
    """Offences that go together: code, description and share of each; where and when they fall."""

    offences: tuple[tuple[str, str, int], ...]
    pull: Pull
    swing: float = 0.08
    peak: int = 7


CLASSES = {
    SERIOUS_VIOLENCE: OffenceClass(
        (("5A", "Wounding with intent", 55), ("8F", "Inflicting grievous bodily harm", 32),
         ("8H", "Racially aggravated wounding", 3), ("2", "Attempted murder", 5),
         ("1", "Murder", 2), ("4.1", "Manslaughter", 3)),
        Pull(0.35, 2, 4.5, 2.2),
    ),
    LESS_SERIOUS_INJURY: OffenceClass(
        (("8G", "Actual bodily harm and other injury", 96),
         ("8J", "Racially aggravated actual bodily harm", 4)),
        Pull(0.35, 2.2, 5, 2.2),
    ),
    WITHOUT_INJURY: OffenceClass(
        (("105A", "Common assault", 88), ("105B", "Racially aggravated common assault", 5),
         ("104", "Assault on a constable", 7)),
        Pull(0.35, 2.4, 4, 2.2),
    ),
    OTHER_VIOLENCE: OffenceClass(
        (("8L", "Harassment", 78), ("8M", "Racially aggravated harassment", 8),
         ("3B", "Threats to kill", 10), ("11", "Cruelty to children", 4)),
        Pull(0.35, 2, 3.5, 2),
    ),
    SEXUAL: OffenceClass(
        (("17A", "Sexual assault on a male", 8), ("17B", "Sexual assault on a male child", 6),
         ("20A", "Sexual assault on a female", 62),
         ("20B", "Sexual assault on a female child", 24)),
        Pull(0.3, 1.5, 2.5, 1.6),
    ),
    ROBBERY: OffenceClass(
        (("34B", "Robbery of personal property", 88), ("34A", "Robbery of business property", 12)),
        Pull(0.45, 4, 4, 2.2), 0.10, 11,
    ),
    DOMESTIC_BURGLARY: OffenceClass(
        (("28A", "Burglary in a dwelling", 80), ("28C", "Distraction burglary in a dwelling", 5),
         ("28B", "Attempted burglary in a dwelling", 13), ("29", "Aggravated burglary", 2)),
        Pull(0.2, 0.3, 0.6, 1.2), 0.15, 12,
    ),
    COMMERCIAL_BURGLARY: OffenceClass(
        (("30A", "Burglary in a building other than a dwelling", 84),
         ("30B", "Attempted burglary in a building other than a dwelling", 15),
         ("31", "Aggravated burglary in a building other than a dwelling", 1)),
        Pull(0.12, 9, 4, 1.6), 0.10, 12,
    ),
    THEFT_FROM_VEHICLE: OffenceClass(
        (("45", "Theft from a vehicle", 100),), Pull(0.08, 4, 1.4, 1.3, 3), 0.12, 11
    ),
    THEFT_OF_VEHICLE: OffenceClass(
        (("48", "Theft of a motor vehicle", 94), ("37.2", "Aggravated vehicle taking", 6)),
        Pull(0.22, 5, 1.4, 1.3, 1.4),
    ),
    SHOPLIFTING: OffenceClass(
        (("46", "Shoplifting", 100),), Pull(0.12, 60, 40, 4), 0.06, 12
    ),
    OTHER_THEFT: OffenceClass(
        (("49", "Other theft", 52), ("40", "Theft in a dwelling", 8),
         ("44", "Theft of a pedal cycle", 20),
         ("39", "Theft from the person", 8), ("41", "Theft by an employee", 5),
         ("54", "Handling stolen goods", 7)),
        Pull(0.12, 9, 5, 1.8),
    ),
    INTERFERENCE: OffenceClass(
        (("126", "Interfering with a motor vehicle", 100),), Pull(0.12, 4, 1.4, 1.4, 2), 0.10, 11
    ),
    DAMAGE: OffenceClass(
        (("58A", "Criminal damage to a dwelling", 26),
         ("58B", "Criminal damage to another building", 15),
         ("58C", "Criminal damage to a vehicle \N{EN DASH} any value", 42),
         ("58D", "Other criminal damage of over \N{POUND SIGN}500", 17)),
        Pull(0.35, 2.2, 2.0, 1.7), 0.08, 5,
    ),
    ARSON: OffenceClass((("56", "Arson", 100),), Pull(0.45, 1, 1.4, 1.4), 0.15, 6),
    DRUGS: OffenceClass(
        (("92E", "Possession of cannabis", 66), ("92D", "Possession of other controlled drugs", 14),
         ("92A", "Trafficking in controlled drugs", 20)),
        Pull(0.4, 4, 3.5, 2), 0.05, 6,
    ),
    PUBLIC_ORDER: OffenceClass(
        (("9A", "Public fear, alarm or distress", 82),
         ("9B", "Racially aggravated public fear, alarm or distress", 9), ("66", "Affray", 9)),
        Pull(0.35, 5, 6, 2.4), 0.12, 7,
    ),
    FRAUD: OffenceClass(
        (("53C", "Other fraud", 88), ("61", "Forgery", 12)), Pull(0.05, 9, 4, 1.6), 0.03, 11
    ),
    OTHER: OffenceClass(
        (("80", "Absconding and other offences", 55), ("95", "Other indictable offences", 45)),
        Pull(0.3, 2, 2.5, 1.7), 0.03, 10,
    ),
}  # fmt: skip

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
