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
Truth = npt.NDArray[np.float64]


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
    areas: list[Area]  # all that can have figures: the rows of the two arrays by area and month
    received: dict[str, Mask]  # by feed: the months an area's extract covers
    sent_by: dict[str, Mask]  # street crime: the months a force sent
    counts: dict[str, pd.DataFrame]  # by measure: source, unit, district, month and number
    counted: dict[str, Mask]  # by measure: which rows of its feed
    register: list[dict[str, str]]
    measures: dict[str, dict[str, str]]
    home_force: str
    numerators: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)

    @property
    def below(self) -> Mask:
        """Which areas are made of LSOAs."""
        return np.array([kind in self.places.below_district for kind, _ in self.areas])

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

    def received_of(self, measure: str) -> Mask:
        """The months in which each area of a measure was received."""
        about = self.measures[measure]
        months = self.received[about["feed"]]
        if about["finest_area"] == "district":
            months = months & ~self.below[:, None]
        since = np.array([month >= about["valid_from"][:7] for month in self.months])
        lookback = int(about["lookback_months"])
        if lookback:
            before = [months[:, max(0, i - 12) : i].sum(axis=1) for i in range(len(since))]
            months = months & (np.stack(before, axis=1) >= lookback)
        return months & since


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


def told(cells: pd.Series, *values: str) -> Truth:
    """Whether each cell is one of the values: 1 yes, 0 no, 1/2 where it does not say."""
    return np.where(cells.isna(), 0.5, cells.isin(values)).astype(float)


def both(*conditions: Any) -> Truth:
    """Whether all hold (Kleene's logic): no, if one does not, whatever the others do not say."""
    return np.minimum.reduce([np.asarray(each, dtype=float) for each in conditions])


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
        told(rows[f"{flag}_flag"], "Y") for flag in ("alcohol", "drug", "domestic")
    )
    return found | {
        "all_crime": stands,
        "alcohol_related_crime": both(stands, alcohol),
        "drug_related_crime": both(stands, drugs),
        "domestic_offences": both(stands, domestic),
        "domestic_alcohol": both(stands, domestic, alcohol),
        "domestic_without_alcohol": both(stands, domestic, 1 - alcohol),
        "violence_domestic": both(violence, domestic),
        "domestic_without_violence": both(stands & ~violence, domestic),
        "violence_alcohol": both(violence, alcohol),
        "violence_drug": both(violence, drugs),
        "domestic_violence_alcohol": both(violence, domestic, alcohol),
        "domestic_violence_without_alcohol": both(violence, domestic, 1 - alcohol),
    }


def _incident_measures(rows: pd.DataFrame) -> dict[str, Any]:
    kind, qualifier = rows["category"], rows["qualifier"]
    old = rows["month"] < "2011-04"
    asb = kind == "Anti-social behaviour"
    hoax, abandoned = kind == "Hoax calls", kind == "Abandoned vehicles"
    no_crime = rows["linked_crime_ref|status"] != VALID
    rowdy = qualifier.isin(["Rowdy or inconsiderate behaviour", "Rowdy or nuisance neighbours"])
    return {
        "asb_incidents": asb | (old & (hoax | abandoned)),
        "asb_rowdy_nuisance": asb & ((old & rowdy) | (~old & (qualifier == "nuisance"))),
        "hoax_calls": hoax,
        "abandoned_vehicles": abandoned,
        "asb_rowdy_nuisance_unknown": asb & qualifier.isna(),
        "incidents_without_crime": no_crime,
        "domestic_incidents": both(no_crime, told(rows["domestic_flag"], "Y")),
    }


def _fire_measures(rows: pd.DataFrame) -> dict[str, Any]:
    fire = rows["incident_class"] == "fire"
    deliberate = both(fire, told(rows["motive"], "deliberate"))
    primary = both(deliberate, told(rows["fire_class"], "primary"))
    vehicle = told(rows["property_type"], "vehicle")
    return {
        "fires": fire,
        "deliberate_fires": deliberate,
        "deliberate_primary_fires": primary,
        "deliberate_primary_vehicle_fires": both(primary, vehicle),
        "deliberate_primary_other_fires": both(primary, 1 - vehicle),
        "deliberate_secondary_fires": both(deliberate, told(rows["fire_class"], "secondary")),
        "accidental_dwelling_fires": both(
            fire,
            told(rows["motive"], "accidental", "not known"),
            told(rows["property_type"], "dwelling"),
        ),
        "road_traffic_collisions": rows["incident_class"] == "road_traffic_collision",
    }


def _hate_measures(rows: pd.DataFrame) -> dict[str, Any]:
    police = rows["source"] == "police"
    offence = police & (rows["kind"] == "offence")
    group = rows["offence_group"].str.lower()
    return {
        "hate_reports": police | True,
        "hate_offences": offence,
        "hate_incidents": police & (rows["kind"] == "incident"),
        "hate_offences_violence": both(offence, told(group, "violence against the person")),
        "hate_offences_damage": both(offence, told(group, "criminal damage")),
    }


def _measured(feed: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Which rows of a feed each of its measures counts: 1 those that do, 1/2 those that may."""
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
        cell, cells = _cells(table)
        for measure, truth in _measured(feed, rows).items():
            for name, share in ((measure, 1), (f"{measure}_unknown", 0.5)):
                if share == 1 or np.any(np.asarray(truth) == share):
                    which[name] = np.asarray(truth) == share
                    n = np.bincount(cell[which[name]], minlength=len(cells))
                    counts[name] = cells.assign(n=n)[n > 0]
    numbers = [month_number(month) for months in covered.values() for month in months]
    months = [month_name(each) for each in range(min(numbers), max(numbers) + 1)]
    received: dict[str, Mask] = {}
    sent_by: dict[str, Mask] = {}
    forces = sorted({places.force_codes[force] for force, _ in sent} | {home_area})
    areas = sorted(places.areas) + [
        (kind, code) for kind in ("force", "not_located") for code in forces
    ]
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
        none = np.zeros(len(months), dtype=bool)
        with_lsoas = "lsoa_code" in FEEDS[feed].columns

        def of_part(part: str, own: Any = own, none: Mask = none, has: bool = with_lsoas) -> Mask:
            if part in places.district_of and not has:
                return none
            return np.asarray(own.get(("district", places.district_of.get(part, part)), none))

        received[feed] = np.array(
            [
                own.get(area, none)
                if area[0] in ("force", "not_located")
                else np.logical_and.reduce([of_part(p) for p in places.parts.get(area, [area[1]])])
                for area in areas
            ]
        )
    world = World(
        home,
        places,
        extracts,
        covered,
        months,
        areas,
        received,
        sent_by,
        counts,
        which,
        seed("indicator_register"),
        {row["measure_id"]: row for row in seed("measure")},
        home_force,
    )
    containing = _containing(world)
    for measure in which:
        world.numerators[measure] = _by_area(world, counts[measure], containing)
    return world


def _cells(table: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """The number of each row among the distinct rows, and those."""
    grouped = table.groupby(list(table), dropna=False, sort=False)
    return grouped.ngroup().to_numpy(), table.drop_duplicates().reset_index(drop=True)


def _containing(world: World) -> dict[str, list[int]]:
    """The areas that each unit lies in, by their number."""
    found = defaultdict(list)
    for number, area in enumerate(world.areas):
        for unit in world.places.areas.get(area, ()):
            found[unit].append(number)
    return found


def _by_area(
    world: World, counted: pd.DataFrame, containing: dict[str, list[int]]
) -> npt.NDArray[np.int64]:
    """Events by area (rows) and month."""
    number = {area: i for i, area in enumerate(world.areas)}
    month_at = counted["month"].map({month: i for i, month in enumerate(world.months)}).to_numpy()
    found = np.zeros((len(world.areas), len(world.months)), dtype=np.int64)
    codes = counted["source"].map(world.places.force_codes)
    nowhere = counted["unit"].isna()
    inside = [containing.get(unit, []) for unit in counted["unit"]]
    at = [
        [*areas, number["force", code], *([number["not_located", code]] if lost else [])]
        for areas, code, lost in zip(inside, codes, nowhere, strict=True)
    ]
    sizes = [len(each) for each in at]
    flat = np.fromiter((each for one in at for each in one), dtype=np.int64, count=sum(sizes))
    np.add.at(found, (flat, np.repeat(month_at, sizes)), np.repeat(counted["n"].to_numpy(), sizes))
    return found
