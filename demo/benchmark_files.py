"""The demo's recorded-crime benchmarks, in the formats of the Home Office and the ONS.

Invented totals with the traits of the real files: rolling years each quarter with dates written
dd-mm-yyyy (one of them a day early), burglary in two overlapping series, a fraud body among the
forces; a preamble, padded numbers with thousands separators, force totals and `Unassigned` rows.
"""

import random
from collections.abc import Sequence

from demo.county import County
from demo.formats import Cell, csv_bytes
from demo.places import SmallArea
from demo.reference_files import districts, force_areas

OFFENCES = {
    "All other theft offences": (9400, 0.0),
    "Bicycle theft": (2000, 0.01),
    "Criminal damage and arson": (10300, -0.01),
    "Death or serious injury caused by illegal driving": (14, 0.0),
    "Drug offences": (1700, 0.06),
    "Homicide": (12, 0.0),
    "Miscellaneous crimes against society": (1800, 0.05),
    "Possession of weapons offences": (750, 0.10),
    "Public order offences": (5200, 0.14),
    "Robbery": (950, 0.03),
    "Sexual offences": (2250, 0.08),
    "Shoplifting": (6700, 0.0),
    "Stalking and harassment": (5700, 0.16),
    "Theft from the person": (950, 0.02),
    "Vehicle offences": (9300, 0.02),
    "Violence with injury": (7300, 0.04),
    "Violence without injury": (10800, 0.09),
}
BURGLARY_TO_2017 = {"Domestic burglary": 4600, "Non-domestic burglary": 4200}
BURGLARY_FROM_2015 = {"Residential burglary": 6000, "Non-residential burglary": 2700}
RESIDENTS = 1_580_000
"""Spread over so many, the totals above are some 53 crimes per 1,000, as in 2010/11."""
QUARTER_ENDS = ("31-03", "30-06", "30-09", "31-12")


def benchmark_files(county: County, areas: Sequence[SmallArea]) -> dict[str, bytes]:
    """The files of `landing/reference/`, by `<feed>/<file name>`."""
    return {
        "recorded_crime_benchmark/rec-crime-pfa.csv": by_force(county),
        "recorded_crime_benchmark/policeforceareatablesyemar11.csv": by_partnership(county, areas),
    }


def by_force(county: County) -> bytes:
    """Recorded crime by police force area and offence, rolling twelve months, 2008 to 2018."""
    rng = random.Random(county.seed + 3)
    header = ("12 months ending", "PFA", "Region", "Offence",
              "Rolling year total number of offences")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for year in range(2008, 2019):
        for quarter, day in enumerate(QUARTER_ENDS):
            ending = "30-12-2017" if (year, day) == (2017, "31-12") else f"{day}-{year}"
            time = year + quarter / 4 - 2018
            for force, (region, size) in county.facts.benchmark_forces.items():
                for offence, total in sorted(_totals(year, time).items()):
                    noise = rng.gauss(1, 0.02)
                    rows.append((ending, force, region, offence, round(total * size * noise)))
            fraud = 31_000 + 1_500 * (4 * (year - 2008) + quarter)
            rows.append((ending, "Action Fraud", "Action Fraud", "Fraud offences", fraud))
    return csv_bytes([header, *rows])


def _totals(year: int, time: float) -> dict[str, float]:
    """Expected totals of a force of size 1; burglary has both series from 2015 to 2017."""
    totals = {name: total * (1 + growth) ** time for name, (total, growth) in OFFENCES.items()}
    old = BURGLARY_TO_2017 if year < 2018 else dict.fromkeys(BURGLARY_TO_2017, 0)
    new = BURGLARY_FROM_2015 if year >= 2015 else {}
    return {**totals, **{name: float(total) for name, total in {**old, **new}.items()}}


C2_COLUMNS = (
    "Total recorded crime\n (excluding fraud)", "Violence against the person", "Homicide",
    "Death or serious injury caused by illegal driving", "Violence with injury",
    "Violence without injury", "Stalking and harassment", "Sexual offences", "Robbery",
    "Theft offences", "Burglary", "Residential burglary", "Non-residential burglary",
    "Vehicle offences", "Theft from the person", "Bicycle theft", "Shoplifting",
    "All other theft offences", "Criminal damage and arson", "Drug offences",
    "Possession of weapons offences", "Public order offences",
    "Miscellaneous crimes against society",
)  # fmt: skip
C2_SUMS = {
    "Violence against the person": C2_COLUMNS[2:7],
    "Burglary": C2_COLUMNS[11:13],
    "Theft offences": ("Burglary", *C2_COLUMNS[13:18]),
    C2_COLUMNS[0]: (
        "Violence against the person", "Sexual offences", "Robbery", "Theft offences",
        *C2_COLUMNS[18:],
    ),
}  # fmt: skip
C2_PREAMBLE = (
    "Table C2: Number of police recorded crimes for headline offences by Community Safety"
    " Partnership area, England and Wales, year ending March 2011 [note 1][note 2][note 3]",
    "Police recorded crime statistics are published as official statistics, not accredited"
    " official statistics",
    "This worksheet contains one table. Some cells refer to notes which can be found on the notes"
    " worksheet.",
    "Some shorthand is used in this table.  [x] indicates data are unavailable.",
    "Link to Notes page",
    "Link to Table of contents",
    "Source: Police recorded crime from the Home Office",
)


def by_partnership(county: County, areas: Sequence[SmallArea]) -> bytes:
    """Table C2: a total for each force, then its partnerships and what was not assigned."""
    rng = random.Random(county.seed + 4)
    header = (
        "Police Force\nArea code", "Police Force\nArea name",
        "Community Safety\nPartnership code", "Community Safety\nPartnership name",
        "Local Authority code", "Local Authority name", *C2_COLUMNS,
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for force, force_code in sorted(force_areas(county).items()):
        rows += _force_rows(rng, county, areas, force, force_code)
    width = len(header)
    preamble = [(line, *[""] * (width - 1)) for line in C2_PREAMBLE]
    return csv_bytes([*preamble, header, *rows])


def _force_rows(
    rng: random.Random, county: County, areas: Sequence[SmallArea], force: str, force_code: str
) -> list[tuple[Cell, ...]]:
    parts: list[tuple[tuple[str, str, str, str], dict[str, int]]] = []
    for code, name in districts(areas).items():
        row = county.by_code[code]
        if row.force == force:
            people = sum(area.population for area in areas if area.district_code == code)
            parts.append(((row.partnership, name, code, name), _counts(rng, people)))
    parts.append((("", f"Unassigned {force}", "", ""), _counts(rng, 900)))
    total = {column: sum(counts[column] for _, counts in parts) for column in C2_COLUMNS}
    lines = [(("", "", "", ""), total), *parts]
    return [
        (force_code, force, *place, *(f"{counts[column]:,} " for column in C2_COLUMNS))
        for place, counts in lines
    ]


def _counts(rng: random.Random, people: int) -> dict[str, int]:
    """Offences of a partnership in proportion to its residents; sums are sums of their parts."""
    yearly = {**{k: v for k, (v, _) in OFFENCES.items()}, **BURGLARY_FROM_2015}
    counts = {
        column: round(yearly[column] * people / RESIDENTS * rng.uniform(0.85, 1.15))
        for column in C2_COLUMNS
        if column in yearly
    }
    for column, parts in C2_SUMS.items():
        counts[column] = sum(counts[part] for part in parts)
    return counts
