"""What the deliveries are like: files, months, places, fields, volumes, the maturity score."""

import hashlib
import json
import re
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl  # type: ignore[import-untyped]
import pandas as pd

from tests.end_to_end.recomputed.events import (
    EVENT_FEEDS,
    World,
    month_name,
    month_number,
    seed,
    year_of,
)
from tests.end_to_end.recomputed.extracts import (
    FEEDS,
    INVALID,
    MISSING,
    NOT_APPLICABLE,
    NOT_STATED,
    VALID,
    lines,
)
from tests.end_to_end.recomputed.places import Area
from tests.end_to_end.recomputed.subjects import percent, year_columns

Row = dict[str, Any]
ASB = "Anti-social behaviour"
# Fields that identify, place in time or must be there have no completeness of their own.
UNMONITORED = {
    "crime_ref", "recorded_date", "offence_code", "incident_no", "created_at", "category",
    "report_id", "reported_date", "source", "kind", "case_id", "victim_id", "perpetrator_id",
    "referral_date", "hearing_date", "call_at", "incident_class", "received_date", "offender_id",
    "period_start", "period_end", "reoffended", "disposal_id", "young_person_id", "disposal_date",
    "court_conviction", "first_entry",
}  # fmt: skip


def _named(feed: str) -> Row:
    partner, name = feed.split("/")
    return {"partner": partner, "feed": name}


def _month(month: str) -> Row:
    first = pd.Period(month, "M")
    return {
        "period_type": "month",
        "period_start": first.start_time,
        "period_end": first.end_time.normalize(),
        "period_label": month,
        "month": first.start_time,
    }


def load_audit(home: Path, world: World) -> pd.DataFrame:
    """Every archived and refused file: its hash, size and rows."""
    found = []
    for feed, extract in world.extracts.items():
        found += [
            _audited(feed, file.name, file.content, file.member)
            | {
                "data_rows": file.data_rows,
                "accepted": file.accepted,
                "rejected": file.rejected,
                "skipped": 0,
            }
            for file in extract.files
        ]
    other = [path for path in (home / "archive").glob("*/*/*") if path.is_file()]
    for path in sorted(other):
        feed = f"{path.parts[-3]}/{path.parts[-2]}"
        if feed in world.extracts or feed.startswith("."):
            continue
        for name, member, rows, skipped in _reference_rows(path):
            found.append(
                _audited(feed, name, path.read_bytes(), member)
                | {"data_rows": rows, "accepted": rows - skipped, "rejected": 0, "skipped": skipped}
            )
    for path in sorted((home / "refused").rglob("*.reason.json")):
        refused = path.with_name(path.name.removesuffix(".reason.json"))
        feed = f"{path.parts[-3]}/{path.parts[-2]}"
        nothing = dict.fromkeys(("data_rows", "accepted", "rejected", "skipped"), 0)
        found.append(
            _audited(feed, refused.name, refused.read_bytes(), None)
            | nothing
            | {"status": "refused"}
        )
    return pd.DataFrame(found)


def _audited(feed: str, name: str, content: bytes, member: bytes | None) -> Row:
    return {
        **_named(feed),
        "file_name": name,
        "sha256": hashlib.sha256(content if member is None else member).hexdigest(),
        "bytes": len(content if member is None else member),
        "status": "loaded",
    }


def _reference_rows(path: Path) -> list[tuple[str, bytes | None, int, int]]:
    """Names, members, rows and rows skipped of a publisher's file, which accepts all others."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as members:
            return [
                (f"{path.name}/{name}", content, len(json.loads(content)["features"]), 0)
                for name in sorted(members.namelist())
                for content in (members.read(name),)
            ]
    if path.suffix == ".xlsx":
        for sheet in openpyxl.load_workbook(path, read_only=True).worksheets:
            is_data = [
                bool(row) and str(row[0]).startswith(("E01", "W01"))
                for row in sheet.iter_rows(values_only=True)
            ]
            if any(is_data):  # all before the header is skipped, blank rows too
                return [
                    (
                        path.name,
                        None,
                        sum(is_data) + is_data.index(True) - 1,
                        is_data.index(True) - 1,
                    )
                ]
    rows_of_text = [row for row in lines(path.read_bytes()) if any(cell.strip() for cell in row)]
    preamble = next(i for i, row in enumerate(rows_of_text) if sum(map(bool, row)) > 1)
    return [(path.name, None, len(rows_of_text) - 1, preamble)]


def _statuses(feed: str, rows: pd.DataFrame, known: set[str]) -> dict[str, list[str]]:
    """The status of each monitored field of each row."""
    found = {}
    for name in FEEDS[feed].columns:
        if name in UNMONITORED or (feed == "youth/disposal" and name == "tier"):
            continue
        said = rows[f"{name}|status"].tolist()
        if name == "lsoa_code":  # one that is in no lookup names no place
            said = [
                INVALID if status == VALID and code not in known else status
                for status, code in zip(said, rows[name], strict=True)
            ]
        found[name] = said
    if feed != "police/street_crime":
        return found
    asb = (rows["crime_type"] == ASB).tolist()
    without = (rows["falls_within"] == "British Transport Police").tolist()
    crime_id = [
        NOT_APPLICABLE if status == MISSING and (a or b) else status
        for status, a, b in zip(found["crime_id"], asb, without, strict=True)
    ]
    outcome = [
        NOT_APPLICABLE if a else NOT_STATED if said == "Status update unavailable" else status
        for a, said, status in zip(
            asb, rows["last_outcome_category"], found["last_outcome_category"], strict=True
        )
    ]
    coordinates = [
        MISSING
        if one == two == MISSING
        else VALID
        if one == two == VALID and -9.5 <= x <= 2.5 and 49 <= y <= 61.5
        else INVALID
        for one, two, x, y in zip(
            found["longitude"], found["latitude"], rows["longitude"], rows["latitude"], strict=True
        )
    ]
    return {
        "crime_id": crime_id,
        "lsoa_code": found["lsoa_code"],
        "location": found["location"],
        "outcome": outcome,
        "coordinates": coordinates,
    }


def recording_completeness(world: World) -> pd.DataFrame:
    """By field and month: how much of what was sent can be used, against its standard."""
    known = set(world.places.district_of)
    standards = defaultdict(list)
    for row in seed("completeness_standard_register"):
        standards[f"{row['partner']}/{row['feed']}", row["field"]].append(row)
    found = []
    for feed in EVENT_FEEDS:
        rows = world.extracts[feed].sent
        months = rows["month"].tolist()
        for name, said in _statuses(feed, rows, known).items():
            counts: dict[str, Counter[str]] = defaultdict(Counter)
            for (month, status), n in Counter(zip(months, said, strict=True)).items():
                counts[month][status] += n
            if feed != "probation/caseload":  # of a year's caseload all rows lie in its last month
                for month in world.covered[feed]:
                    counts[month] += Counter()
            for month, each in counts.items():
                applicable = each.total() - each[NOT_APPLICABLE]
                share = percent(each[VALID], applicable)
                held = [
                    row
                    for row in standards[feed, name]
                    if not row["since"] or row["since"][:7] <= month
                ]
                threshold = float(held[-1]["threshold_percent"]) if held else np.nan
                tolerated = float(held[-1]["tolerated_not_stated_percent"]) if held else np.nan
                judged = applicable and held
                found.append(
                    {
                        **_named(feed),
                        "field": name,
                        **_month(month),
                        "records": each.total(),
                        "valid": each[VALID],
                        "missing": each[MISSING],
                        "not_stated": each[NOT_STATED],
                        "invalid": each[INVALID],
                        "not_applicable": each[NOT_APPLICABLE],
                        "completeness_percent": share,
                        "threshold_percent": threshold,
                        "tolerated_not_stated_percent": tolerated,
                        "status": "not_applicable"
                        if not judged
                        else "pass"
                        if share >= threshold
                        else "fail",
                    }
                )
    return pd.DataFrame(found)


def _sources(feed: str, rows: pd.DataFrame) -> list[str]:
    if feed == "police/street_crime":
        return rows["falls_within"].tolist()
    return [feed.split("/")[0]] * len(rows)


def feed_coverage(world: World) -> pd.DataFrame:
    """Which expected months an extract of each source covers, and by which file."""
    lag = {"nightly": 0, "monthly": 1, "quarterly": 3, "yearly": 12}
    found = []
    for feed in EVENT_FEEDS:
        extract = world.extracts[feed]
        rows = extract.sent
        sources = _sources(feed, rows)
        given = Counter(zip(sources, rows["month"], strict=True))
        if feed == "probation/caseload":  # each row is of all months of its year
            spans = zip(rows["period_start"], rows["period_end"], strict=True)
            for (start, end), n in Counter(spans).items():
                for each in pd.period_range(start, end, freq="M"):
                    given[sources[0], str(each)] = n
        newest: dict[tuple[str, str], str] = {}
        for file in extract.files:
            if feed == "police/street_crime":
                covers = file.sources
            else:
                covers = {(sources[0], month) for month in file.months}
            newest |= dict.fromkeys(covers, file.name)
        for source in {source for source, _ in newest}:
            received = sorted(month for own, month in newest if own == source)
            last = month_name(month_number(world.months[-1]) - lag[FEEDS[feed].cadence])
            for month in world.months:
                name = newest.get((source, month))
                expected = received[0] <= month <= max(received[-1], last)
                found.append(
                    {
                        **_named(feed),
                        "source": source,
                        **_month(month),
                        "status": "received" if name else "missing" if expected else "not expected",
                        "rows_in_force": given[source, month],
                        "file_name": name,
                    }
                )
    return pd.DataFrame(found)


def place_coverage(world: World) -> pd.DataFrame:
    """Where the rows in force could be placed."""
    found = []
    for feed in EVENT_FEEDS:
        rows = world.extracts[feed].sent
        kinds: dict[str, Counter[str]] = defaultdict(Counter)
        for month, unit, district in zip(
            rows["month"], rows["unit"], rows["district"], strict=True
        ):
            kind = (
                "in_lsoa"
                if unit in world.places.district_of
                else "in_district_alone"
                if district is not None
                else "nowhere"
            )
            kinds[month][kind] += 1
        for month, each in kinds.items():
            found.append(
                {
                    **_named(feed),
                    "month": pd.Timestamp(f"{month}-01"),
                    "period_label": month,
                    "records": each.total(),
                    "in_lsoa": each["in_lsoa"],
                    "of_other_vintage": 0,  # all codes are of the home's
                    "in_district_alone": each["in_district_alone"],
                    "nowhere": each["nowhere"],
                    "percent_of_other_vintage": 0.0,
                    "percent_nowhere": percent(each["nowhere"], each.total()),
                }
            )
    return pd.DataFrame(found)


def figure_source(world: World) -> pd.DataFrame:
    """How many of the rows in force of an area and year each file gave."""
    found = []
    places = world.places
    containing = defaultdict(list)
    for area, parts in places.made_of_districts().items():
        for part in parts:
            containing[part].append(area)
    for feed in EVENT_FEEDS:
        extract = world.extracts[feed]
        rows = extract.sent
        if feed == "police/street_crime":
            forces = rows["falls_within"].tolist()
        else:
            forces = [world.home_force] * len(rows)
        counts: Counter[tuple[Area, int, int]] = Counter()
        grouped = Counter(zip(forces, rows["district"], rows["month"], rows["file"], strict=True))
        for (force, district, month, file), n in grouped.items():
            areas: list[Area] = [("force", places.force_codes[force])]
            if district is None:
                areas.append(("not_located", places.force_codes[force]))
            else:
                areas += containing[district]
            for area in areas:
                counts[area, year_of(month), file] += n
        for (area, year, file), n in counts.items():
            given = extract.files[file]
            found.append(
                {
                    "feed": feed,
                    "area_type": area[0],
                    "area_code": area[1],
                    **year_columns(year),
                    "file_name": given.name,
                    "sha256": hashlib.sha256(
                        given.content if given.member is None else given.member
                    ).hexdigest(),
                    "records": n,
                }
            )
    return pd.DataFrame(found)


def feed_volume(world: World) -> pd.DataFrame:
    """Each month's rows and the band that its own history gives."""
    found: list[Row] = []
    for feed in EVENT_FEEDS:
        if feed == "probation/caseload":
            continue
        rows = world.extracts[feed].sent
        sent = Counter(zip(_sources(feed, rows), rows["month"], strict=True))
        sources = {source for source, _ in sent}
        for source in sources:
            if feed == "police/street_crime":
                months = sorted(month for own, month in sent if own == source)
            else:
                months = sorted(world.covered[feed])
            found += _bands(feed, source, {month: sent[source, month] for month in months})
    return pd.DataFrame(found)


def _bands(feed: str, source: str, records: dict[str, int]) -> list[Row]:
    """The bands of one source's months, oldest first."""
    logs = {month_number(month): np.log(n + 0.5) for month, n in records.items()}
    levels: dict[int, float] = {}
    history: dict[int, int] = {}
    expected: dict[int, float] = {}
    found = []
    for month, n in records.items():
        own = month_number(month)
        before = [logs[each] for each in range(own - 12, own) if each in logs]
        history[own] = len(before)
        row: Row = {
            **_named(feed),
            "source": source,
            "month": pd.Timestamp(f"{month}-01"),
            "period_label": month,
            "records": n,
            "months_of_history": len(before),
            "is_seasonal": False,
            "status": "not applicable",
        }
        found.append(row)
        if not before:
            continue
        levels[own] = float(np.median(before))
        apart = [
            logs[each] - levels[each]
            for each in levels
            if each < own and (own - each) % 12 == 0 and history[each] >= 11
        ]
        seasonal = len(apart) >= 2
        same_way = seasonal and (min(apart) > 0 or max(apart) < 0)
        season = min(apart, key=abs) if same_way else 0.0
        expected[own] = levels[own] + season
        if len(before) < 6:
            continue
        misses = [
            abs(logs[each] - expected[each])
            for each in range(own - 36, own)
            if each in expected and history[each] >= 6
        ]
        noise = max(0.05, 1.4826 * (float(np.median(misses)) if misses else 0.05))
        spread = (1 / np.exp(expected[own]) + noise**2) ** 0.5
        count = float(np.exp(expected[own]) - 0.5)
        far = max(6 * spread, np.log(3))
        if count >= 15:
            far = min(far, expected[own] - np.log(count / 10 + 0.5) - 1e-9)
        near = min(3 * spread, far)
        low, high, far_low, far_high = (
            float(np.exp(expected[own] + step)) - 0.5 for step in (-near, near, -far, far)
        )
        row |= {
            "is_seasonal": seasonal,
            "expected_records": count,
            "warning_low": max(0.0, low),
            "warning_high": high,
            "blocking_low": max(0.0, far_low),
            "blocking_high": far_high,
            "status": "far below"
            if n < far_low
            else "far above"
            if n > far_high
            else "below"
            if n < low
            else "above"
            if n > high
            else "within",
        }
    return found


def maturity_score(completeness: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """NHS England's index: the mean of the fields' usable shares, times the months received."""
    judged = completeness[completeness["threshold_percent"].notna()].copy()
    judged["applicable"] = judged["records"] - judged["not_applicable"]
    tolerated = judged["applicable"] * judged["tolerated_not_stated_percent"] / 100
    judged["usable"] = judged["valid"] + np.minimum(judged["not_stated"], tolerated)
    found: list[Row] = []
    for key, expected in coverage[coverage["status"] != "not expected"].groupby(
        ["partner", "feed"]
    ):
        own = judged[(judged["partner"] == key[0]) & (judged["feed"] == key[1])]
        if own.empty:
            continue
        last = max(expected["month"].max(), own["month"].max())
        starts = {
            ("financial_year", pd.Timestamp(year_of(f"{month:%Y-%m}"), 4, 1))
            for month in expected["month"]
        }
        starts.add(("rolling_12m", last - pd.DateOffset(months=11)))
        for kind, start in starts:
            end = start + pd.DateOffset(years=1)
            months = expected[(expected["month"] >= start) & (expected["month"] < end)]
            rows = own[(own["month"] >= start) & (own["month"] < end)]
            fields = rows.groupby("field")[["usable", "applicable"]].sum()
            items = (fields["usable"] / fields["applicable"])[fields["applicable"] > 0]
            received = int((months["status"] == "received").sum())
            whole = 100 * items.mean() if len(items) else np.nan
            found.append(
                {
                    "partner": key[0],
                    "feed": key[1],
                    "period_type": kind,
                    "period_start": start,
                    "fields": len(items) or np.nan,
                    "field_percent": whole,
                    "months_received": received,
                    "months_expected": len(months),
                    "score": whole * received / len(months) if received else 0.0,
                }
            )
    feeds = pd.DataFrame(found)
    same = feeds["period_start"].where(feeds["period_type"] != "rolling_12m")
    grouped = feeds.assign(same=same).groupby(["partner", "period_type", "same"], dropna=False)
    partners = grouped.agg(
        period_start=("period_start", "max"),
        fields=("fields", "sum"),
        field_percent=("field_percent", "mean"),
        months_received=("months_received", "sum"),
        months_expected=("months_expected", "sum"),
        score=("score", "mean"),
    ).reset_index()
    table = pd.concat([feeds, partners.assign(feed="all")], ignore_index=True).drop(columns="same")
    table["coverage_percent"] = 100 * table["months_received"] / table["months_expected"]
    table["period_end"] = [
        start + pd.DateOffset(years=1) - pd.Timedelta(days=1) for start in table["period_start"]
    ]
    table["period_label"] = [
        f"{start.year}/{(start.year + 1) % 100:02d}"
        if kind == "financial_year"
        else f"12m to {end:%Y-%m}"
        for kind, start, end in zip(
            table["period_type"], table["period_start"], table["period_end"], strict=True
        )
    ]
    return table


def recorded_crime_benchmark(world: World) -> pd.DataFrame:
    """Recorded crime as published by police force area and by partnership."""
    folder = world.home / "archive/reference/recorded_crime_benchmark"
    codes = {
        row["benchmark_name"]: world.places.force_codes[row["force_name"]]
        for row in seed("police_force")
        if row["benchmark_name"]
    }
    found: list[Row] = []
    for row in list(lines((folder / "rec-crime-pfa.csv").read_bytes()))[1:]:
        day, month, year = (int(part) for part in row[0].split("-"))
        # Some quarters are dated a day before they end.
        end = pd.Timestamp(year, month, day) + pd.offsets.MonthEnd(0)
        force, offence = row[1].strip(), row[3]
        code = codes.get(force, "")
        area = code if re.fullmatch(r"[EW]\d{8}", code) else None
        body = force in ("Action Fraud", "CIFAS", "UK Finance")
        found.append(
            {
                "source_table": "force_rolling_year",
                "benchmark_area_type": "fraud_body" if body else "force",
                "benchmark_area_code": area or force,
                "benchmark_area_name": force,
                "police_force_area_code": area,
                **_twelve_months(end),
                "offence": offence,
                "offences": int(row[4].replace(",", "")),
            }
        )
    [path] = folder.glob("policeforceareatables*.csv")
    records = list(lines(path.read_bytes()))
    title = next(cell for cell in records[0] if cell)
    ended = re.search(r"year ending (\w+ \d{4})", title)
    assert ended is not None
    end = pd.Timestamp(f"1 {ended[1]}") + pd.offsets.MonthEnd(0)
    at = next(i for i, row in enumerate(records) if sum(map(bool, row)) > 1)
    header = [re.sub(r"\s+", " ", cell).strip() for cell in records[at]]
    for row in records[at + 1 :]:
        area, of_force, partnership, name = (cell.strip() or None for cell in row[:4])
        kind = "partnership" if partnership else "unassigned" if name else "force"
        for offence, cell in zip(header[6:], row[6:], strict=True):
            number = cell.replace(",", "").strip()
            if number.lstrip("-").isdigit():
                found.append(
                    {
                        "source_table": "partnership_year",
                        "benchmark_area_type": kind,
                        "benchmark_area_code": partnership or area,
                        "benchmark_area_name": name or of_force,
                        "police_force_area_code": area,
                        **_twelve_months(end),
                        "offence": offence,
                        "offences": int(number),
                    }
                )
    return pd.DataFrame(found)


def _twelve_months(end: pd.Timestamp) -> Row:
    return {
        "period_start": end - pd.DateOffset(years=1) + pd.Timedelta(days=1),
        "period_end": end,
    }
