"""The demo's reports of anti-social behaviour and its traces to the district councils.

How it is calibrated: about five reports per 1,000 residents and year; abandoned vehicles become
rarer each year, as the police see too. August 2009 is missing: two councils changed their systems.
"""

import random
from collections.abc import Sequence

from demo.allocation import Pull, spread, weights
from demo.calendar_days import FINANCIAL_YEARS, LAST_YEAR, british, repeated, span
from demo.county import County, of_year
from demo.extracts import Extract, Files, Manner, Row
from demo.places import SmallArea, by_district
from demo.seasons import event_days

HEADER = ("report_id", "received_date", "category", "lsoa_code", "district_code", "status")
MISSING_MONTH = "2009-08"
COUNTS = {
    "Abandoned vehicle": (140, 118, 96, 74, 41),
    "Fly-tipping": (120, 128, 131, 137, 140),
    "Graffiti": (40, 38, 41, 36, 33),
    "Litter": (60, 63, 66, 61, 64),
    "Neighbour nuisance": (70, 72, 69, 75, 77),
    "Noise": (110, 104, 112, 108, 115),
    "Other": (30, 28, 33, 31, 29),
}
"""The pattern's reports by year; a council has as many for its residents."""
WHERE = Pull(0.3, 2, 2, 1.5)
STATUSES = repeated(("Closed", 90), ("Passed to another service", 6), ("Open", 3), ("", 1))


def council_files(county: County, areas: Sequence[SmallArea], scale: int = 1) -> Files:
    """The files of `landing/council/asb_report/`, by year; 2009/10 in two parts."""
    rng = random.Random(county.seed + 60)
    extract = Extract(HEADER, ("report_id",), scale)
    reports = sorted(_reports(rng, county, areas))
    files = {}
    for year in FINANCIAL_YEARS:
        parts = [(f"{year}-04", f"{year + 1}-03")]
        if year == 2009:
            parts = [("2009-04", "2009-07"), ("2009-09", "2010-03")]
        for first, last in parts:
            rows = [
                _row(number, report)
                for number, report in enumerate(reports, start=1)
                if first <= report[0][:7] <= last
            ]
            if year == LAST_YEAR:
                rows[7:7] = [("AR900001", *rows[7][1:4], "", rows[7][5]), rows[6]]
            name = f"asb_report_{span(year) if len(parts) == 1 else f'{first}_to_{last}'}.csv"
            files[name] = extract.file(rows, Manner(reordered=year == 2007))
    return files


Report = tuple[str, str, str, str, str]
"""Day, category, LSOA, district, status."""


def _reports(rng: random.Random, county: County, areas: Sequence[SmallArea]) -> list[Report]:
    districts = by_district(areas)
    found = []
    for district in county.districts:
        size = county.size(district)
        for year in FINANCIAL_YEARS:
            for category, counts in COUNTS.items():
                total = round(of_year(counts, year) * size)
                places = spread(rng, total, weights(WHERE, districts[district]))
                days = event_days(rng, year, places, "outdoors")
                for place, day in zip(places, days, strict=True):
                    drawn = rng.random()
                    found.append(
                        (
                            day,
                            category.lower() if drawn < 0.02 else category,
                            "" if 0.02 < drawn < 0.06 else place,
                            county.office if 0.06 < drawn < 0.063 else district,
                            rng.choice(STATUSES),
                        )
                    )
    return [report for report in found if report[0][:7] != MISSING_MONTH]


def _row(number: int, report: Report) -> Row:
    day, category, place, district, status = report
    return (f"AR{number:06d}", british(day), category, place, district, status)
