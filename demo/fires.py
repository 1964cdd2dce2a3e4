"""The demo's incidents of the fire and rescue service.

How it is calibrated: the pattern's deliberate fires number 137 in 2010/11 after 171, 52 of them
primary (half of those in vehicles) and 85 secondary. The other districts than the lead have as many
for their residents, a little more where towns are larger. The service's recording began on
1 May 2006: its first file says that it covers April, and has no row of it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.allocation import Pull, apportion, spread, weights
from demo.calendar_days import FINANCIAL_YEARS, LAST_YEAR, british, span, times_of_day
from demo.county import County
from demo.crime_totals import scaled
from demo.extracts import Extract, Files, Manner, Row
from demo.places import SmallArea, by_district, fixed
from demo.seasons import event_days

HEADER = (
    "incident_no", "call_at", "incident_class", "fire_class", "motive", "property_type",
    "lsoa_code",
)  # fmt: skip
FIRST_MONTH_WITH_ROWS = "2006-05"


@dataclass(frozen=True)
class Kind:
    """Incidents of a kind: what the service writes of them and the pattern by year."""

    incident_class: str
    fire_class: str
    motive: str
    pattern: tuple[int, int, int, int, int]
    properties: Mapping[str, int]
    """Property types by their share; of the pattern's deliberate fires in 2010/11 exact counts."""
    pull: Pull
    season: str = "level"


KINDS = (
    Kind("fire", "primary", "deliberate", (90, 82, 75, 66, 52),
         {"vehicle": 26, "building": 12, "dwelling": 6, "caravan": 3, "other": 5},
         Pull(0.45, 1, 1.5, 1.5), "outdoors"),
    Kind("fire", "secondary", "deliberate", (150, 136, 121, 105, 85),
         {"outdoor": 70, "other": 15}, Pull(0.45, 1, 1.4, 1.4), "bonfires"),
    Kind("fire", "primary", "accidental", (62, 60, 57, 55, 52), {"dwelling": 40, "building": 12},
         Pull(0.3, 0.5, 1.2, 1.3), "home"),
    Kind("fire", "primary", "not known", (7, 6, 6, 5, 5), {"dwelling": 4, "vehicle": 1},
         Pull(0.3, 0.5, 1.2, 1.3), "home"),
    Kind("fire", "secondary", "accidental", (40, 44, 38, 36, 35), {"outdoor": 30, "other": 5},
         Pull(0.1), "bonfires"),
    Kind("fire", "chimney", "accidental", (16, 14, 18, 17, 19), {"dwelling": 1}, Pull(-0.2),
         "hearth"),
    Kind("false_alarm", "", "", (420, 410, 380, 350, 330), {"": 1}, Pull(0.1, 8, 4, 1.5)),
    Kind("road_traffic_collision", "", "", (84, 80, 78, 74, 70), {"": 1}, Pull(0, 4, 1.3, 1, 2),
         "dark"),
    Kind("other", "", "", (90, 92, 95, 90, 94), {"": 1}, Pull(0.1)),
)  # fmt: skip


@dataclass(frozen=True)
class FireIncident:
    """One incident attended."""

    called: str
    kind: Kind
    property_type: str
    lsoa: str


def fire_incidents(county: County, areas: Sequence[SmallArea]) -> list[FireIncident]:
    """Every incident by the time of its call."""
    rng = random.Random(county.seed + 50)
    found = []
    for district in county.districts:
        for year in FINANCIAL_YEARS:
            for kind in KINDS:
                found += _of_kind(rng, county, areas, district, year, kind)
    without_place = [incident.called for incident in found[::90]]
    found += [FireIncident(called, KINDS[-1], "", "") for called in without_place]
    return sorted(found, key=lambda incident: incident.called)


def _of_kind(
    rng: random.Random,
    county: County,
    areas: Sequence[SmallArea],
    district: str,
    year: int,
    kind: Kind,
) -> list[FireIncident]:
    total = scaled(county, kind.pattern, "fires", district, year)
    name = f"{kind.motive} {kind.fire_class}"
    pinned, most = fixed(county, areas, district, "fire", name, year, kind.pattern)
    places = spread(rng, total, weights(kind.pull, by_district(areas)[district]), pinned, most)
    counts = apportion(total, kind.properties)
    properties = [name for name, count in counts.items() for _ in range(count)]
    rng.shuffle(properties)
    days = event_days(rng, year, places, kind.season)
    times = times_of_day(rng, total)
    return [
        FireIncident(f"{_from_may(day)} {time}", kind, name, place)
        for place, name, day, time in zip(places, properties, days, times, strict=True)
    ]


def _from_may(day: str) -> str:
    """The same day of May where the service did not yet record."""
    return day.replace("2006-04", FIRST_MONTH_WITH_ROWS) if day < FIRST_MONTH_WITH_ROWS else day


def fire_files(county: County, incidents: Sequence[FireIncident], scale: int = 1) -> Files:
    """The files of `landing/fire/incident/`, one a year; dates are written dd/mm/yyyy."""
    rng = random.Random(county.seed + 51)
    extract = Extract(HEADER, ("incident_no",), scale)
    by_year: dict[int, list[Row]] = {year: [] for year in FINANCIAL_YEARS}
    for number, incident in enumerate(incidents, start=1):
        year = int(incident.called[:4]) - (incident.called[5:7] < "04")
        by_year[year].append(_row(rng, number, incident))
    files = {}
    for year, rows in by_year.items():
        if year == LAST_YEAR:
            rows[20:20] = _broken(rows[20])
        manner = Manner(byte_order_mark=year == LAST_YEAR, line_end="\r\n")
        files[f"incident_{span(year)}.csv"] = extract.file(rows, manner)
    return files


def _row(rng: random.Random, number: int, incident: FireIncident) -> Row:
    kind = incident.kind
    incident_class = kind.incident_class
    property_type = incident.property_type
    if property_type == "outdoor" and rng.random() < 0.03:
        property_type = "Outdoor"
    return (
        f"F{number:06d}", british(incident.called), incident_class, kind.fire_class,
        kind.motive, property_type, incident.lsoa,
    )  # fmt: skip


def _broken(row: Row) -> list[Row]:
    """Rows without a class, with an impossible day, and with a field too many."""
    return [
        ("F900001", row[1], "", *row[3:]),
        ("F900002", "31/02/2011 10:00", *row[2:]),
        ("F900003", *row[1:], ""),
    ]
