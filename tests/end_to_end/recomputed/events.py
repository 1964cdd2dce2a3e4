"""What is counted: events by measure, area and month, and the months that were received."""

import datetime as dt
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.end_to_end.recomputed.extracts import FEEDS, VALID, Extracts, in_force, lines
from tests.end_to_end.recomputed.places import Area, Places, read_places

SEEDS = Path(__file__).parents[3] / "seeds"
EVENT_FEEDS = [name for name in FEEDS if not name.startswith(("survey", "partnership"))]
PARTNER_WIDE = [name for name in EVENT_FEEDS if name != "police/street_crime"]
Mask = npt.NDArray[np.bool_]


def seed(name: str) -> list[dict[str, str]]:
    """A table of definitions."""
    rows = lines((SEEDS / f"{name}.csv").read_bytes())
    header = next(rows)
    return [dict(zip(header, row, strict=True)) for row in rows if row]


def month_number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_name(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02d}"


def year_of(month: str) -> int:
    """The calendar year in which the month's financial year begins."""
    return int(month[:4]) - (month[5:7] < "04")


def year_label(year: int) -> str:
    return f"{year}/{(year + 1) % 100:02d}"


@dataclass
class Period:
    """One period: the position of its months, and the year whose residents it takes."""

    kind: str
    start: dt.date
    end: dt.date
    label: str
    months: list[int]
    year: int


@dataclass
class World:
    """All that the marts are made of."""

    home: Path
    places: Places
    extracts: dict[str, Extracts]
    covered: dict[str, set[str]]  # by feed: the months its files cover
    months: list[str]
    received: dict[str, dict[Area, Mask]]  # by feed: the months an area's extract covers
    sent_by: dict[str, Mask]  # street crime: the months a force sent
    counts: dict[str, pd.DataFrame]  # by measure: source, unit, district, month and number
    counted: dict[str, Mask]  # by measure: which rows of its feed
    register: list[dict[str, str]]
    measures: dict[str, dict[str, str]]
    home_force: str
    numerators: dict[str, dict[Area, npt.NDArray[np.int64]]] = field(default_factory=dict)

    def years(self) -> list[int]:
        return sorted({year_of(month) for month in self.months})

    def periods(self) -> list[Period]:
        """Months, financial years, and the twelve months to each month."""
        last = [pd.Period(month, "M").end_time.date() for month in self.months]
        first = [dt.date(int(month[:4]), int(month[5:]), 1) for month in self.months]
        found = [
            Period("month", first[i], last[i], month, [i], year_of(month))
            for i, month in enumerate(self.months)
        ]
        for year in self.years():
            own = [i for i, month in enumerate(self.months) if year_of(month) == year]
            start, end = dt.date(year, 4, 1), dt.date(year + 1, 3, 31)
            found.append(Period("financial_year", start, end, year_label(year), own, year))
        for i, month in enumerate(self.months):
            begin = (pd.Period(month, "M") - 11).start_time.date()
            own = list(range(max(0, i - 11), i + 1))
            found.append(
                Period(
                    "rolling_12m", begin, last[i], f"12m to {month}", own,
                    year_of(month),
                )
            )  # fmt: skip
        return found

    def received_of(self, measure: str, area: Area) -> Mask:
        """The months in which an area of a measure was received."""
        about = self.measures[measure]
        none = np.zeros(len(self.months), dtype=bool)
        if area[0] == "lsoa" and about["finest_area"] == "district":
            return none
        months = self.received[about["feed"]].get(area, none)
        since = np.array([month >= about["valid_from"][:7] for month in self.months])
        lookback = int(about["lookback_months"])
        if lookback:
            before = [months[max(0, i - 12) : i].sum() for i in range(len(months))]
            months = months & (np.array(before) >= lookback)
        return np.asarray(months & since)


def offence_code(text: str) -> str:
    """`037/02` and `37.2` are one code; a sub-number of nothing is none."""
    plain = re.sub(r"\s+", "", text).upper().replace("/", ".")
    found = re.fullmatch(r"0*(\d+)(?:\.(\d*))?(.*)", plain)
    assert found is not None, text
    sub = (found[2] or "").lstrip("0")
    return found[1] + (f".{sub}" if sub else "") + found[3]


def _placed(rows: pd.DataFrame, places: Places) -> None:
    """Where each event lies: its LSOA, else its district, else nowhere."""
    known = places.district_of
    lsoas = rows["lsoa_code"] if "lsoa_code" in rows else pd.Series(None, index=rows.index)
    sent = rows["district_code"] if "district_code" in rows else pd.Series(None, index=rows.index)
    units, districts = [], []
    for lsoa, district in zip(lsoas, sent, strict=True):
        own = known.get(lsoa) or (district if district in places.district_names else None)
        units.append(lsoa if lsoa in known else own)
        districts.append(own)
    rows["unit"] = pd.Series(units, dtype=object, index=rows.index)
    rows["district"] = pd.Series(districts, dtype=object, index=rows.index)


def _street(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per crime: the earliest month, the attributes of the latest row."""
    own = rows["crime_id|status"] == VALID
    merged = own & (rows["falls_within"] != "Police Service of Northern Ireland")
    with_id = rows[merged].sort_values("month", kind="stable")
    by_id = with_id.groupby(["falls_within", "crime_id"], sort=False)
    latest = with_id.drop_duplicates(["falls_within", "crime_id"], keep="last").copy()
    first = by_id["month"].min()
    latest["month"] = [first[key] for key in zip(latest.falls_within, latest.crime_id, strict=True)]
    return pd.concat([rows[~merged], latest], ignore_index=True)


def _marac(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per pair and day, with whether it was heard within twelve months before."""
    found: list[dict[str, Any]] = []
    ordered = rows.sort_values("hearing_date", kind="stable")
    for _, pair in ordered.groupby(["victim_id", "perpetrator_id"]):
        last = initial = None
        for day, same in pair.groupby("hearing_date"):
            on = pd.Timestamp(str(day))
            since_last = last is not None and on <= last + pd.DateOffset(months=12)
            since_first = initial is not None and on <= initial + pd.DateOffset(months=12)
            flags = set(same["repeat_flag"].dropna())
            declared = ("Y" in flags) if flags else None
            agencies = same["referring_agency"].dropna()
            found.append(
                {
                    "month": month_name(on.year * 12 + on.month - 1),
                    "hearings": len(same),
                    "district_code": same["district_code"].iloc[0],
                    "referring_agency": agencies.iloc[0] if len(agencies) else None,
                    "is_repeat": since_last,
                    "is_repeat_since_first": since_first,
                    "declared": declared is True,
                    "disagrees": declared is not None and declared != since_last,
                    "disagrees_since_first": declared is not None and declared != since_first,
                }
            )
            last = on
            initial = initial if since_first else on
    return pd.DataFrame(found)


def _first_entries(rows: pd.DataFrame) -> Mask:
    """Each young person's earliest disposal that is marked as a first entry."""
    marked = rows[rows["first_entry"] == "Y"].sort_values(["disposal_date", "disposal_id"])
    return np.asarray(rows.index.isin(marked.drop_duplicates("young_person_id").index))


def _crime_measures(rows: pd.DataFrame) -> dict[str, Any]:
    """Which recorded crimes each measure counts: by class, by flag."""
    codes = {text: offence_code(text) for text in rows["offence_code"].unique()}
    rows["code"] = rows["offence_code"].map(codes)
    by_code = defaultdict(list)
    for row in seed("offence_class"):
        by_code[row["offence_code"]].append(row)

    def in_class(code: str, day: str) -> str:
        for row in by_code[code]:
            if row["valid_from"] <= day <= (row["valid_to"] or "9999"):
                return row["offence_class"]
        return "unknown"

    days = rows["recorded_date"].map(lambda day: day.strftime("%Y-%m-%d"))
    known = {pair: in_class(*pair) for pair in set(zip(rows["code"], days, strict=True))}
    rows["class"] = [known[pair] for pair in zip(rows["code"], days, strict=True)]
    stands = (rows["cancelled_date|status"] != VALID).to_numpy()
    classes = defaultdict(set)
    for row in seed("measure_offence_class"):
        classes[row["measure_id"]].add(row["offence_class"])
    found = {measure: stands & rows["class"].isin(held) for measure, held in classes.items()}
    violence = found["violence_against_the_person"]
    alcohol, drugs, domestic = (
        (rows[f"{flag}_flag"] == "Y").to_numpy() for flag in ("alcohol", "drug", "domestic")
    )
    return found | {
        "all_crime": stands,
        "alcohol_related_crime": stands & alcohol,
        "drug_related_crime": stands & drugs,
        "domestic_offences": stands & domestic,
        "domestic_alcohol": stands & domestic & alcohol,
        "violence_domestic": violence & domestic,
        "violence_alcohol": violence & alcohol,
        "violence_drug": violence & drugs,
        "domestic_violence_alcohol": violence & domestic & alcohol,
    }


def _incident_measures(rows: pd.DataFrame) -> dict[str, Any]:
    kind, qualifier = rows["category"], rows["qualifier"]
    old = rows["month"] < "2011-04"
    asb = kind == "Anti-social behaviour"
    hoax, abandoned = kind == "Hoax calls", kind == "Abandoned vehicles"
    rowdy = qualifier.isin(["Rowdy or inconsiderate behaviour", "Rowdy or nuisance neighbours"])
    return {
        "asb_incidents": asb | (old & (hoax | abandoned)),
        "asb_rowdy_nuisance": asb & ((old & rowdy) | (~old & (qualifier == "nuisance"))),
        "hoax_calls": hoax,
        "abandoned_vehicles": abandoned,
        "domestic_incidents": (rows["domestic_flag"] == "Y")
        & (rows["linked_crime_ref|status"] != VALID),
    }


def _fire_measures(rows: pd.DataFrame) -> dict[str, Any]:
    fire = rows["incident_class"] == "fire"
    deliberate = fire & (rows["motive"] == "deliberate")
    primary = deliberate & (rows["fire_class"] == "primary")
    return {
        "deliberate_fires": deliberate,
        "deliberate_primary_fires": primary,
        "deliberate_primary_vehicle_fires": primary & (rows["property_type"] == "vehicle"),
        "deliberate_secondary_fires": deliberate & (rows["fire_class"] == "secondary"),
        "accidental_dwelling_fires": fire
        & rows["motive"].isin(["accidental", "not known"])
        & (rows["property_type"] == "dwelling"),
        "road_traffic_collisions": rows["incident_class"] == "road_traffic_collision",
    }


def _hate_measures(rows: pd.DataFrame) -> dict[str, Any]:
    police = rows["source"] == "police"
    offence = police & (rows["kind"] == "offence")
    group = rows["offence_group"].map(lambda text: str(text).lower())
    return {
        "hate_reports": police | True,
        "hate_offences": offence,
        "hate_incidents": police & (rows["kind"] == "incident"),
        "hate_offences_violence": offence & (group == "violence against the person"),
        "hate_offences_damage": offence & (group == "criminal damage"),
    }


def _measured(feed: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Which rows of a feed each of its measures counts."""
    every = pd.Series(True, index=rows.index)
    match feed:
        case "police/street_crime":
            found = {
                row["measure_id"]: (rows["crime_type"] == row["crime_type"])
                & (rows["month"] >= row["valid_from"][:7])
                for row in seed("street_crime_type")
                if row["measure_id"]
            }
            return found | {"street_all_crime": rows["crime_type"] != "Anti-social behaviour"}
        case "police/recorded_crime":
            return _crime_measures(rows)
        case "police/incident":
            return _incident_measures(rows)
        case "hate/report":
            return _hate_measures(rows)
        case "fire/incident":
            return _fire_measures(rows)
        case "marac/hearing":
            return {
                "marac_cases": every,
                "marac_repeats": rows["is_repeat"],
                "marac_repeats_since_first": rows["is_repeat_since_first"],
                "marac_declared_repeats": rows["declared"],
                "marac_disagreements": rows["disagrees"],
                "marac_disagreements_since_first": rows["disagrees_since_first"],
            }
        case "council/asb_report":
            return {
                "council_asb_reports": every,
                "council_abandoned_vehicles": rows["category"] == "Abandoned vehicle",
            }
        case "youth/disposal":
            court = rows["court_conviction"] == "Y"
            return {
                "youth_disposals": every,
                "first_time_entrants": _first_entries(rows),
                "court_convictions": court,
                "custodial_sentences": court & (rows["tier"] == "custody"),
            }
        case _:
            return {"caseload_offenders": every, "caseload_reoffenders": rows["reoffended"] == "Y"}


def _districts_met(rows: pd.DataFrame, places: Places, home_area: str) -> set[str]:
    """The districts of which a partner's extract speaks: the county's, and beyond it those of
    which it has at least a tenth of the usual district's events."""
    events = Counter(code for code in rows["district"] if code is not None)
    own = places.settings.districts
    usual = float(np.median([events[code] for code in own if code in events]))
    met = {code for code in own if usual < 50 or code in events}
    beyond = {
        code
        for code, number in events.items()
        if code not in own
        and places.force_area.get(code) == home_area
        and number >= max(1, 0.1 * usual)
    }
    return met | beyond


def read_world(home: Path) -> World:
    """Everything that was archived, counted."""
    places = read_places(home)
    extracts = {feed: in_force(home, feed) for feed in FEEDS}
    codes = places.force_area
    home_area = codes[places.settings.districts[0]]
    [home_force] = [name for name, code in places.force_codes.items() if code == home_area]
    covered: dict[str, set[str]] = {}
    counts: dict[str, pd.DataFrame] = {}
    which: dict[str, Mask] = {}
    for feed in EVENT_FEEDS:
        rows = extracts[feed].rows
        if feed == "probation/caseload":
            rows["month"] = [end.strftime("%Y-%m") for end in rows["period_end"]]
        covered[feed] = set().union(*(file.months for file in extracts[feed].files))
        _placed(rows, places)
        extracts[feed].sent = rows
        if feed == "police/street_crime":
            sent = set(zip(rows["falls_within"], rows["month"], strict=True))
            rows = _street(rows)
            rows["source"] = rows["falls_within"]
        elif feed == "marac/hearing":
            rows = _marac(rows)
            _placed(rows, places)
        extracts[feed].rows = rows
        if feed == "police/street_crime":
            forces = rows["source"]
        else:
            forces = pd.Series(home_force, index=rows.index)
        table = pd.DataFrame(
            {
                "source": forces,
                "unit": rows["unit"],
                "district": rows["district"],
                "month": rows["month"],
            }
        )
        for measure, mask in _measured(feed, rows).items():
            which[measure] = np.asarray(mask, dtype=bool)
            counted = table[which[measure]]
            counts[measure] = (
                counted.groupby(list(table), dropna=False).size().rename("n").reset_index()
            )
    numbers = [month_number(month) for months in covered.values() for month in months]
    months = [month_name(each) for each in range(min(numbers), max(numbers) + 1)]
    received: dict[str, dict[Area, Mask]] = {}
    sent_by: dict[str, Mask] = {}
    county = places.settings.districts
    for feed in EVENT_FEEDS:
        own: dict[Area, Mask] = {}
        if feed == "police/street_crime":
            for force in {force for force, _ in sent}:
                sent_by[force] = np.array([(force, month) in sent for month in months])
                code = places.force_codes[force]
                own |= {(kind, code): sent_by[force] for kind in ("force", "not_located")}
                for district, area in codes.items():
                    if area == code and district in places.district_names:
                        own["district", district] = sent_by[force]
        else:
            mask = np.array([month in covered[feed] for month in months])
            own |= {(kind, home_area): mask for kind in ("force", "not_located")}
            for district in _districts_met(extracts[feed].rows, places, home_area):
                own["district", district] = mask
        held = [own.get(("district", code)) for code in county]
        if all(each is not None for each in held):
            own[places.county] = np.logical_and.reduce([each for each in held if each is not None])
        for lsoa in places.lsoas:
            whole = own.get(("district", places.district_of[lsoa]))
            if whole is not None:
                own["lsoa", lsoa] = whole
        received[feed] = own
    world = World(
        home,
        places,
        extracts,
        covered,
        months,
        received,
        sent_by,
        counts,
        which,
        seed("indicator_register"),
        {row["measure_id"]: row for row in seed("measure")},
        home_force,
    )
    for measure in world.measures:
        world.numerators[measure] = _by_area(world, counts[measure])
    return world


def _by_area(world: World, counted: pd.DataFrame) -> dict[Area, npt.NDArray[np.int64]]:
    """Events of every area by month: of those with any."""
    places, length = world.places, len(world.months)
    position = {month: i for i, month in enumerate(world.months)}
    containing = defaultdict(list)
    for area, units in places.areas.items():
        for unit in units:
            containing[unit].append(area)
    found: dict[Area, npt.NDArray[np.int64]] = {}
    for source, unit, month, n in zip(
        counted["source"], counted["unit"], counted["month"], counted["n"], strict=True
    ):
        code = places.force_codes[source]
        areas = [("force", code), *containing.get(unit, ())]
        if unit is None or unit != unit:
            areas.append(("not_located", code))
        for area in areas:
            if area not in found:
                found[area] = np.zeros(length, dtype=np.int64)
            found[area][position[month]] += n
    return found
