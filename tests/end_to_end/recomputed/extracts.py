"""The archived extracts as rows in force: which rows count, and what each cell says.

A cell is one of five: `valid`, `invalid` (it says something that cannot be), `not stated` (it says
that it is not known), `missing` (blank) or `not applicable`. Only a valid cell has a value.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Cells = npt.NDArray[Any]

VALID, INVALID, NOT_STATED = "valid", "invalid", "not_stated"
MISSING, NOT_APPLICABLE = "missing", "not_applicable"

NOTHING = {"", "null", "(null)", "na", "n/a", "#n/a", "nan", "nat", "none", "\\n"}
NO_DATE = {"00/00/0000", "00/01/1900", "1900-01-01", "9999-12-31"}
NO_PERSON = {"redacted", "not provided", "withheld"}
UNSAID = {"not known", "n/k", "unknown", "-"}
UNSAID_OF_FLAGS = UNSAID | {"not stated", "u"}
UNSAID_OF_PEOPLE = UNSAID_OF_FLAGS | {"refused", "99"}

Read = Callable[[str], object]  # the value of a cell; None where it cannot be


@dataclass(frozen=True)
class Column:
    """What a column's cells can say."""

    read: Read = str
    unsaid: frozenset[str] = frozenset()
    nothing: frozenset[str] = frozenset()
    required: bool = False
    applies: tuple[str, str] | None = None  # only to rows whose other column has this value
    blank_is: str = MISSING

    def cell(self, text: str) -> tuple[str, object]:
        plain = text.strip()
        if plain[:1] in "='":  # what a spreadsheet puts before a text
            plain = plain.removeprefix("'").removeprefix('="').removesuffix('"').strip()
        folded = plain.casefold()
        if folded in NOTHING or folded in self.nothing:
            return self.blank_is, None
        if folded in self.unsaid:
            return NOT_STATED, None
        value = self.read(plain)
        return (INVALID, None) if value is None else (VALID, value)


def one_of(*values: str) -> Read:
    known = {value.casefold(): value for value in values}
    return lambda text: known.get(text.casefold())


def like(pattern: str) -> Read:
    expression = re.compile(pattern)
    return lambda text: text if expression.fullmatch(text) else None


def whole(lowest: int, highest: int) -> Read:
    def read(text: str) -> int | None:
        if not re.fullmatch(r"\d+(\.0+)?", text):
            return None
        number = int(float(text))
        return number if lowest <= number <= highest else None

    return read


def number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return None


DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|\d\d-\d\d-\d{4}")
EARLIEST, NOW = dt.datetime(1990, 4, 1), dt.datetime.now()


def moment(text: str) -> dt.datetime | None:
    """A date and a time, with or without seconds: a date alone says no time."""
    return _dated(text) if len(text) > 10 else None


def _dated(text: str) -> dt.datetime | None:
    """ISO, dd/mm/yyyy or dd-mm-yyyy, with a time or without; nothing is dated in the future."""
    if not DATE.match(text):
        return None
    date = text if text[4] == "-" else f"{text[6:10]}-{text[3:5]}-{text[:2]}{text[10:]}"
    try:
        value = dt.datetime.fromisoformat(date)
    except ValueError:
        return None
    return value if EARLIEST <= value <= NOW else None


def day(text: str) -> dt.datetime | None:
    return _dated(text) if len(text) == 10 else None


def due(text: str) -> dt.datetime | None:
    """A day that may lie in the future: the end of a target."""
    return dt.datetime.strptime(text, "%Y-%m-%d") if DATE.fullmatch(text) else None


SPREADSHEET_NUMBER = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


def identifier(text: str) -> str | None:
    """A key; one that a spreadsheet turned into 4.81E+10 names nothing."""
    return None if SPREADSHEET_NUMBER.fullmatch(text) else text


def strands(text: str) -> str | None:
    known = ("racial", "religious", "homophobic", "transphobic", "disability", "age", "gender")
    named = [part.strip().casefold() for part in text.split(";")]
    return ";".join(named) if all(part in known for part in named) else None


def required(read: Read, **more: object) -> Column:
    return Column(read, required=True, **more)  # type: ignore[arg-type]


DATES = frozenset(NO_DATE)
PEOPLE = frozenset(UNSAID_OF_PEOPLE)
KEY = required(identifier, unsaid=frozenset(UNSAID), nothing=frozenset(NO_PERSON))
LINK = Column(
    identifier,
    unsaid=frozenset(UNSAID),
    nothing=frozenset(NO_PERSON),
    blank_is=NOT_APPLICABLE,
)
FLAG = Column(one_of("Y", "N"), unsaid=frozenset(UNSAID_OF_FLAGS))
DAY = required(day, nothing=DATES)
LSOA = Column(like(r"[EW]01\d{6}"), unsaid=frozenset(UNSAID))
DISTRICT = required(like(r"E0[6-9]\d{6}"))
GENDER = Column(one_of("Male", "Female", "Other"), unsaid=PEOPLE)
AGE = Column(whole(0, 120), unsaid=PEOPLE - {"99"})
ETHNICITY = Column(
    one_of(
        "White",
        "Mixed",
        "Asian or Asian British",
        "Black or Black British",
        "Chinese or Other Ethnic",
    ),
    unsaid=PEOPLE,
)
NEEDS = (
    "thinking",
    "relationships",
    "education",
    "lifestyles",
    "attitudes",
    "alcohol",
    "drugs",
    "accommodation",
)
ASB_QUALIFIERS = (
    "Rowdy or inconsiderate behaviour",
    "Rowdy or nuisance neighbours",
    "Vehicle nuisance",
    "Street drinking",
    "Noise",
    "Animal problems",
    "Malicious communications",
    "Littering or drug paraphernalia",
    "Begging",
    "Prostitution-related",
    "Fireworks",
    "Trespass",
    "personal",
    "nuisance",
    "environmental",
)


def _fires(*values: str, unsaid: set[str]) -> Column:
    return Column(one_of(*values), unsaid=frozenset(unsaid), applies=("incident_class", "fire"))


@dataclass(frozen=True)
class Feed:
    """The columns of a feed, its key, and the date its rows are of."""

    columns: dict[str, Column]
    key: tuple[str, ...]
    dated: str | None = None
    cadence: str = "monthly"


FEEDS = {
    "police/street_crime": Feed(
        {
            "crime_id": Column(like(r"[0-9a-f]{64}")),
            "month": required(like(r"\d{4}-\d\d")),
            "reported_by": Column(),
            "falls_within": required(str),
            "longitude": Column(number),
            "latitude": Column(number),
            "location": Column(unsaid=frozenset({"no location", "on or near"})),
            "lsoa_code": Column(like(r"[EW]01\d{6}")),
            "lsoa_name": Column(),
            "crime_type": required(str),
            "last_outcome_category": Column(),
            "context": Column(),
        },
        key=(),
        dated="month",
    ),
    "police/recorded_crime": Feed(
        {
            "crime_ref": KEY,
            "recorded_date": DAY,
            "committed_from": Column(moment, nothing=DATES),
            "committed_to": Column(moment, nothing=DATES),
            "offence_code": required(like(r"\d{1,4}\s*[./]?\s*\d{0,3}\s*[A-Za-z]?\d?")),
            "offence_description": Column(),
            "lsoa_code": LSOA,
            "outcome": Column(unsaid=frozenset(UNSAID)),
            "cancelled_date": Column(day, nothing=DATES, blank_is=NOT_APPLICABLE),
            "alcohol_flag": FLAG,
            "drug_flag": FLAG,
            "domestic_flag": FLAG,
            "hate_flag": FLAG,
        },
        key=("crime_ref",),
        dated="recorded_date",
        cadence="nightly",
    ),
    "police/incident": Feed(
        {
            "incident_no": KEY,
            "created_at": required(moment, nothing=DATES),
            "category": required(
                one_of(
                    "Anti-social behaviour",
                    "Hoax calls",
                    "Abandoned vehicles",
                    "Domestic",
                    "Road traffic collision",
                    "Other",
                )
            ),
            "qualifier": Column(
                one_of(*ASB_QUALIFIERS),
                unsaid=frozenset(UNSAID | {"not stated"}),
                applies=("category", "Anti-social behaviour"),
            ),
            "lsoa_code": LSOA,
            "domestic_flag": FLAG,
            "linked_crime_ref": LINK,
        },
        key=("incident_no",),
        dated="created_at",
        cadence="nightly",
    ),
    "hate/report": Feed(
        {
            "report_id": KEY,
            "reported_date": DAY,
            "source": required(one_of("police", "school", "himp")),
            "kind": required(one_of("offence", "incident")),
            "strands": Column(strands, unsaid=PEOPLE),
            "offence_group": Column(applies=("kind", "offence")),
            "victim_gender": GENDER,
            "victim_age": AGE,
            "victim_ethnicity": ETHNICITY,
            "lsoa_code": LSOA,
            "district_code": DISTRICT,
            "linked_crime_ref": Column(
                identifier,
                unsaid=frozenset(UNSAID),
                nothing=frozenset(NO_PERSON),
                applies=("kind", "offence"),
            ),
        },
        key=("report_id",),
        dated="reported_date",
    ),
    "marac/hearing": Feed(
        {
            "case_id": KEY,
            "victim_id": KEY,
            "perpetrator_id": KEY,
            "referral_date": DAY,
            "hearing_date": DAY,
            "referring_agency": Column(unsaid=frozenset(UNSAID)),
            "repeat_flag": FLAG,
            "district_code": DISTRICT,
        },
        key=("case_id",),
        dated="hearing_date",
    ),
    "fire/incident": Feed(
        {
            "incident_no": KEY,
            "call_at": required(moment, nothing=DATES),
            "incident_class": required(
                one_of("fire", "false_alarm", "road_traffic_collision", "other")
            ),
            "fire_class": _fires("primary", "secondary", "chimney", unsaid=UNSAID),
            "motive": _fires(
                "deliberate", "accidental", "not known", unsaid=UNSAID - {"not known"}
            ),
            "property_type": _fires(
                "dwelling", "building", "vehicle", "caravan", "outdoor", "other", unsaid=UNSAID
            ),
            "lsoa_code": LSOA,
        },
        key=("incident_no",),
        dated="call_at",
    ),
    "council/asb_report": Feed(
        {
            "report_id": KEY,
            "received_date": DAY,
            "category": required(
                one_of(
                    "Abandoned vehicle",
                    "Fly-tipping",
                    "Graffiti",
                    "Litter",
                    "Neighbour nuisance",
                    "Noise",
                    "Other",
                )
            ),
            "lsoa_code": LSOA,
            "district_code": DISTRICT,
            "status": Column(),
        },
        key=("report_id",),
        dated="received_date",
    ),
    "probation/caseload": Feed(
        {
            "offender_id": KEY,
            "period_start": DAY,
            "period_end": DAY,
            "district_code": DISTRICT,
            "lsoa_code": LSOA,
            "gender": GENDER,
            "age": AGE,
            "tier": Column(one_of("1", "2", "3", "4"), unsaid=frozenset(UNSAID_OF_FLAGS)),
            **{f"need_{need}": FLAG for need in NEEDS},
            "reoffended": required(one_of("Y", "N")),
            "reoffence_date": Column(day, nothing=DATES, applies=("reoffended", "Y")),
        },
        key=("offender_id", "period_start", "period_end"),
        cadence="yearly",
    ),
    "youth/disposal": Feed(
        {
            "disposal_id": KEY,
            "young_person_id": KEY,
            "disposal_date": DAY,
            "tier": required(one_of("pre_court", "first_tier", "community", "custody")),
            "court_conviction": required(one_of("Y", "N")),
            "first_entry": required(one_of("Y", "N")),
            "age": AGE,
            "ethnicity": ETHNICITY,
            "district_code": DISTRICT,
        },
        key=("disposal_id",),
        dated="disposal_date",
        cadence="quarterly",
    ),
    "survey/perception": Feed(
        {
            "survey": required(one_of("PLACE", "CRAVE")),
            "wave": required(like(r"[A-Za-z0-9].*")),
            "fieldwork_end": DAY,
            "question_id": required(like(r"[A-Za-z0-9].*")),
            "question": Column(),
            "area_code": required(like(r"[A-Z]\d{8}")),
            "area_name": Column(),
            "base": required(whole(1, 10**9)),
            "percent": required(number),
        },
        key=("survey", "wave", "question_id", "area_code"),
        cadence="yearly",
    ),
    "partnership/target": Feed(
        {
            "target_id": required(like(r"[A-Za-z0-9].*")),
            "indicator_id": required(str),
            "area_code": required(like(r"[A-Z]\d{8}")),
            "baseline_label": required(like(r"\d{4}/\d\d")),
            "baseline_value": Column(number),
            "target_percent": required(number),
            "period_end": required(due),
        },
        key=("target_id",),
        cadence="yearly",
    ),
}


@dataclass
class Loaded:
    """One archived file, or member of an archived zip, with what became of its rows."""

    feed: str
    name: str
    path: Path
    content: bytes
    landed: int
    member: bytes | None = None  # of a zip the whole of it is `content`
    data_rows: int = 0
    accepted: int = 0
    rejected: int = 0
    months: set[str] = field(default_factory=set)  # that it has rows of, or names
    sources: set[tuple[str, str]] = field(default_factory=set)  # street crime: force and month


@dataclass
class Extracts:
    """The rows of a feed in force, one column per field and one `<field>|status` beside it.

    `sent` has them as they were sent; `rows` one per crime or case, where several are one.
    """

    rows: pd.DataFrame
    files: list[Loaded]
    sent: pd.DataFrame = field(default_factory=pd.DataFrame)


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, a cell an attribute."""
    return iter(table.itertuples())


def lines(content: bytes) -> Iterator[list[str]]:
    """The records of a CSV file: UTF-8, else Windows-1252."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return csv.reader(io.StringIO(text, newline=""))


def _field_name(header: str) -> str:
    return re.sub(r"\W+", "_", header.strip().lower())


def read(file: Loaded, feed: Feed) -> dict[str, Cells]:
    """The accepted rows of one file: what each cell says, and under `<field>|status` how.

    A row is rejected that has another number of fields, lacks something required, or repeats the
    key of a row before it.
    """
    records = lines(file.content if file.member is None else file.member)
    header = [_field_name(cell) for cell in next(records)]
    sent = [row for row in records if any(cell.strip() for cell in row)]
    fitting = [row for row in sent if len(row) == len(header)]
    texts = dict(zip(header, zip(*fitting, strict=True), strict=True))
    rows: dict[str, Cells] = {}
    usable = np.ones(len(fitting), dtype=bool)
    for name, column in feed.columns.items():
        cells = texts.get(name) or ("",) * len(fitting)
        said = {text: column.cell(text) for text in set(cells)}
        rows[name] = np.empty(len(cells), dtype=object)
        rows[name][:] = [said[text][1] for text in cells]
        rows[f"{name}|status"] = np.array([said[text][0] for text in cells], dtype=object)
        if column.required:
            usable &= rows[f"{name}|status"] == VALID
        if column.applies is not None:
            other, value = column.applies
            unused = (rows[f"{name}|status"] == MISSING) & (rows[other] != value)
            rows[f"{name}|status"][unused] = NOT_APPLICABLE
    if feed.key:
        met: set[tuple[object, ...]] = set()
        for position, key in enumerate(zip(*(rows[name] for name in feed.key), strict=True)):
            usable[position] &= key not in met
            if usable[position]:
                met.add(key)
    file.data_rows = len(sent)
    file.accepted = int(usable.sum())
    file.rejected = len(sent) - file.accepted
    return {name: cells[usable] for name, cells in rows.items()}


def archived(home: Path, feed: str) -> list[Loaded]:
    """The feed's files, the one landed first first; of a zip its members."""
    files = []
    folder = home / "archive" / feed
    paths = sorted(folder.iterdir(), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in paths:
        content, landed = path.read_bytes(), path.stat().st_mtime_ns
        if path.suffix == ".zip" and feed == "police/street_crime":
            with zipfile.ZipFile(path) as members:
                files += [
                    Loaded(feed, f"{path.name}/{name}", path, content, landed, members.read(name))
                    for name in sorted(members.namelist())
                    if re.fullmatch(r"(.*/)?\d{4}-\d\d-[a-z0-9-]+-street\.csv", name)
                ]
        else:
            files.append(Loaded(feed, path.name, path, content, landed))
    return files


def stated_months(name: str) -> set[str]:
    """The months a file's name says: `2010-04_to_2011-03`, `2010-08`."""
    found = re.search(r"(\d{4})-(\d\d)_to_(\d{4})-(\d\d)", name)
    if found is None:
        return set()
    first, last = (int(found[i]) * 12 + int(found[i + 1]) - 1 for i in (1, 3))
    return {f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)}


def in_force(home: Path, feed_name: str) -> Extracts:
    """The rows of a feed that count, by its update rule."""
    feed = FEEDS[feed_name]
    files = archived(home, feed_name)
    parts: dict[str, list[Cells]] = {}
    for position, file in enumerate(files):
        part = read(file, feed)
        if feed.dated:
            part["month"] = np.array([str(value)[:7] for value in part[feed.dated]], dtype=object)
            file.months = set(part["month"]) | stated_months(file.name)
        if "falls_within" in part:
            file.sources = set(zip(part["falls_within"], part["month"], strict=True))
        if "period_end" in part and "period_start" in part:
            spans = set(zip(part["period_start"], part["period_end"], strict=True))
            file.months = {
                str(month) for span in spans for month in pd.period_range(*span, freq="M")
            }
        part["file"] = np.full(file.accepted, position)
        for name, cells in part.items():
            parts.setdefault(name, []).append(cells)
    joined = {name: np.concatenate(cells) for name, cells in parts.items()}
    kept = np.zeros(len(joined["file"]), dtype=bool)
    period = {"police/street_crime": ("falls_within", "month"),
              "probation/caseload": ("period_start", "period_end")}.get(feed_name)  # fmt: skip
    if period:  # the newest file of the period replaces it whole
        keys = list(zip(*(joined[name] for name in period), strict=True))
        newest = dict(zip(keys, joined["file"], strict=True))
        kept[:] = [newest[key] == file for key, file in zip(keys, joined["file"], strict=True)]
    else:  # the newest row of the key
        keys = list(zip(*(joined[name] for name in feed.key), strict=True))
        kept[list({key: position for position, key in enumerate(keys)}.values())] = True
    return Extracts(
        pd.DataFrame(
            {name: pd.Series(cells[kept], dtype=cells.dtype) for name, cells in joined.items()}
        ),
        files,
    )
