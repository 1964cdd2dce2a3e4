"""What an assessment shows, read from the built warehouse: the queries are in queries.sql."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from assessment import charts, maps
from assessment.numbers import number, percent
from assessment.structure import CHAPTERS, LISTED
from warehouse.errors import RunFailed
from warehouse.rows import Row, rows

FOLDER = Path(__file__).parent
MONTHS_SHOWN = 25  # of a signal: two years and the month that closes them
TOP_PLACES = 5
LEAST_EVENTS_OF_A_PLACE = 5


@cache
def queries() -> dict[str, str]:
    """The queries of the assessment, by name."""
    text = (FOLDER / "queries.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def read(con: duckdb.DuckDBPyConnection, name: str, values: Any = None) -> list[Row]:
    """The rows of a query; values: its parameters, a list or by name."""
    return rows(con, queries()[name], values)


def kept_table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV of this room."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Picture:
    """A picture with all that stands with it: whoever does not see it has its words and numbers.

    name: the anchor. parts: (label, SVG), side by side. head and body: its numbers as a table.
    """

    name: str
    title: str
    parts: Sequence[tuple[str, str]]
    described: str
    head: list[str]
    body: list[list[Any]]
    source: str
    legend: bool = False


@dataclass
class Assessment:
    """All that the pages and the document of one area and year show."""

    partnership: str
    area: Row
    period: Row
    publication: Row
    claims: list[Row]
    county: Row | None
    partners: list[str] = field(default_factory=list)
    priorities: list[str] = field(default_factory=list)
    shapes: str = ""
    pictures: dict[str, list[Picture]] = field(default_factory=dict)
    topics: list[str] = field(default_factory=list)
    topic_indicator: dict[str, str] = field(default_factory=dict)
    indicators: dict[str, Row] = field(default_factory=dict)
    table_1: list[Row] = field(default_factory=list)
    targets: list[Row] = field(default_factory=list)
    ethnicity: list[Row] = field(default_factory=list)
    signals: list[Row] = field(default_factory=list)
    signal_pictures: dict[str, Picture] = field(default_factory=dict)
    feeds: list[Row] = field(default_factory=list)
    files: dict[str, list[Row]] = field(default_factory=dict)
    glossary: list[dict[str, str]] = field(default_factory=list)
    methods: list[dict[str, str]] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def signals_by_area(self) -> dict[str, list[Row]]:
        """The series that signal, by area: the assessed area's first, then its county's."""
        own = self.area["area_code"]
        return _by(sorted(self.signals, key=lambda row: row["area_code"] != own), "area_code")

    def section(self, name: str) -> list[list[Row]]:
        """The section's claims in paragraphs: of one indicator and area, or one each of a list."""
        found = [claim for claim in self.claims if claim["section"] == name]
        return paragraphs(found, each=name in LISTED)

    def answers(self, section: str, question: str) -> list[list[Row]]:
        """The claims that answer a question of an appendix, in paragraphs."""
        found = [
            claim
            for claim in self.claims
            if (claim["section"], claim["question"]) == (section, question)
        ]
        return paragraphs(found)


# A long paragraph is broken between what happened, how it stands beside others, where, and why.
LONGEST_PARAGRAPH = 6
BREAKS = {"comparison": 1, "rank": 1, "hotspot": 2, "community": 2, "contribution": 3}


def paragraphs(claims: Iterable[Row], each: bool = False) -> list[list[Row]]:
    """Claims in their order, those of one indicator and area together; or `each` alone."""
    if each:
        return [[claim] for claim in claims]
    made: list[list[Row]] = []
    for _, of_subject in groupby(claims, lambda row: (row["indicator_id"], row["area_code"])):
        together = list(of_subject)
        if len(together) > LONGEST_PARAGRAPH:
            parts = groupby(together, lambda row: BREAKS.get(row["aspect"], 0))
            made += [list(part) for _, part in parts]
        else:
            made.append(together)
    return made


def appendix(topic: str) -> str:
    """The section of a topic's page in Appendix A."""
    return f"appendix_a.{topic.replace(' ', '_')}"


def latest_year(con: duckdb.DuckDBPyConnection, area: Row, label: str | None = None) -> Row:
    """The financial year to assess: period_label, period_start, period_end.

    Without a label the latest in which at least half as many topics are known whole as in the year
    of most: one feed that goes on alone does not make a year. RunFailed where there is none.
    """
    found = read(con, "periods", [area["area_type"], area["area_code"]])
    most = max((row["topics"] for row in found), default=0)
    for row in found:
        if row["period_label"] == label or (label is None and 2 * row["topics"] >= most):
            return row
    held = ", ".join(row["period_label"] for row in found) or "none"
    raise RunFailed(
        f"No assessment of {area['area_name']} can be written"
        f"{f' for {label}' if label else ''}: complete financial years are {held}. Land the "
        "extracts that are missing, which `csp feeds` lists, and run again."
    )


def read_assessment(
    con: duckdb.DuckDBPyConnection, area: Row, period: Row, kept: charts.Kept = None
) -> Assessment:
    """The assessment of an area and year.

    con: the warehouse, built. area: area_type, area_code, area_name. period: as `latest_year`
    returns. kept: charts of an earlier page, which are drawn again only where they differ.
    """
    county = next(iter(read(con, "county")), None)
    code = county["area_code"] if county else None
    if area["area_type"] == "partnership":
        area["districts"] = [row["district_code"] for row in read(con, "focus_districts")]
    own = {"area_code": area["area_code"], "county": code}
    label = {"period": period["period_label"]}
    start = {"start": period["period_start"]}
    claims = read(
        con, "claims", {**label, "area_type": area["area_type"], "area_code": area["area_code"]}
    )
    said_of = _by(read(con, "settings"), "name")
    made = Assessment(
        partnership=said_of["partnership"][0]["value"],
        area=area,
        period=period,
        publication=next(iter(read(con, "publication")), {}),
        claims=claims,
        county=county,
        partners=[row["value"] for row in said_of.get("partner", [])],
        priorities=[row["value"] for row in said_of.get("priority", [])],
    )
    made.indicators = {row["indicator_id"]: row for row in read(con, "indicators")}
    of_tables = {row["reader"]: row["feeds"] for row in read(con, "feeds_of_tables")}
    for claim in claims:
        known = made.indicators.get(claim["indicator_id"] or "")
        claim["feeds"] = known["feeds"] if known else of_tables.get(claim["source_table"], [])
    made.topic_indicator = {row["topic"]: row["indicator_id"] for row in read(con, "topics")}
    made.topics = [topic for topic in _in_order(claims) if appendix(topic) in _sections(claims)]
    hotspots = _by(read(con, "hotspots", [period["period_label"]]), "indicator_id")
    made.table_1 = _table_1(made, hotspots)
    made.targets = read(con, "targets", {**label, **own, "districts": area.get("districts", [])})
    made.ethnicity = read(con, "ethnicity", {**label, "county": code})
    made.signals = _called(made, read(con, "signals", own))
    made.feeds = read(con, "feeds", {**label, **start, "end": period["period_end"]})
    made.files = _by(read(con, "files", {**label, **own}), "feed")
    _add_pictures(con, made, hotspots, kept)
    said = " ".join(claim["sentence"] for claim in claims)
    made.glossary = [
        row
        for row in sorted(kept_table("glossary.csv"), key=lambda row: row["term"].lower())
        if re.search(
            rf"\b{re.escape(row['term'])}", said, re.IGNORECASE if len(row["term"]) > 4 else 0
        )
    ]
    aspects = {claim["aspect"] for claim in claims}
    made.methods = [
        row for row in kept_table("methods.csv") if aspects & set(row["aspects"].split())
    ]
    return made


def _by(found: Iterable[Row], key: str) -> dict[str, list[Row]]:
    made: dict[str, list[Row]] = {}
    for row in found:
        made.setdefault(row[key], []).append(row)
    return made


def _called(made: Assessment, found: list[Row]) -> list[Row]:
    """The rows with the assessed area's name as the assessment says it."""
    for row in found:
        if row["area_code"] == made.area["area_code"]:
            row["area_name"] = made.area["area_name"]
    return found


def _sections(claims: Iterable[Row]) -> set[str]:
    return {claim["section"] for claim in claims}


def _in_order(claims: list[Row]) -> list[str]:
    """The topics in the order in which the chapters come to them."""
    order = [section.name for chapter in CHAPTERS[2:] for section in chapter.sections]
    of_sections = sorted(
        (claim for claim in claims if claim["section"] in order and claim["topic"]),
        key=lambda claim: (order.index(claim["section"]), claim["position"]),
    )
    others = [claim for claim in claims if claim["topic"]]
    return list(dict.fromkeys(claim["topic"] for claim in [*of_sections, *others]))


def _home_section(made: Assessment, topic: str) -> str:
    """The first section of a chapter that speaks of the topic: its map stands there."""
    spoken = {claim["section"] for claim in made.claims if claim["topic"] == topic}
    for chapter in CHAPTERS[2:]:
        for section in chapter.sections:
            if section.name in spoken:
                in_chapter = {each.name for each in chapter.sections}
                return "hotspots" if "hotspots" in in_chapter else section.name
    return "hotspots"


def _table_1(made: Assessment, hotspots: dict[str, list[Row]]) -> list[Row]:
    """A row for each topic: the claims of its page that a cell shows, by column."""
    table = []
    for topic in made.topics:
        of_topic = [claim for claim in made.claims if claim["section"] == appendix(topic)]

        def first(
            aspect: str, comparator: str | None = None, of: list[Row] = of_topic
        ) -> Row | None:
            return next(
                (
                    claim
                    for claim in of
                    if claim["aspect"] == aspect
                    and (comparator is None or claim["comparator_type"] == comparator)
                ),
                None,
            )

        places = _top(made, hotspots.get(made.topic_indicator.get(topic, ""), []))
        table.append(
            {
                "topic": topic,
                "value": first("share" if _is_share(made, topic) else "value"),
                "change": first("change"),
                "change_unit": "points" if _is_share(made, topic) else "%",
                "trend": first("trend"),
                "county": first("comparison", "county"),
                "group": first("comparison", "most_similar_group"),
                "place": places[0]["place"] if places else None,
                "place_claim": first("hotspot"),
                "unit": _unit(made, topic),
                "community": first("community"),
                "targets": _targets(made, topic, of_topic),
            }
        )
    return table


def _is_share(made: Assessment, topic: str) -> bool:
    known = made.indicators.get(made.topic_indicator.get(topic, ""))
    return bool(known and known["kind"] == "proportion")


def _targets(made: Assessment, topic: str, of_topic: list[Row]) -> list[tuple[Row, str]]:
    """The topic's targets, each with what it is for where that is a part of the topic.

    Where none is set, the claim that says so.
    """
    found = [claim for claim in of_topic if claim["aspect"] == "target"]
    return [
        (claim, "" if claim["indicator_id"] == made.topic_indicator[topic] else name.lower())
        for claim in ([claim for claim in found if claim["verdict"] != "no figure"] or found)
        for name in [made.indicators[claim["indicator_id"]]["name"]]
    ]


def _unit(made: Assessment, topic: str) -> str:
    """What the topic's value is counted in; percentages say so themselves."""
    known = made.indicators.get(made.topic_indicator.get(topic, ""))
    return "" if known is None or known["kind"] == "proportion" else str(known["unit"])


def _districts(made: Assessment, spots: list[Row]) -> set[str]:
    """The districts that the assessed area is made of."""
    if made.area["area_type"] == "district":
        return {made.area["area_code"]}
    if made.area["area_type"] == "partnership":
        return set(made.area.get("districts", ()))
    return {spot["district_code"] for spot in spots}


def _top(made: Assessment, spots: list[Row]) -> list[Row]:
    """The area's small areas with the highest rates, of those with events enough to be named."""
    inside = _districts(made, spots)
    return [
        spot
        for spot in spots
        if spot["district_code"] in inside
        and spot["numerator"] >= LEAST_EVENTS_OF_A_PLACE
        and spot["rate"] is not None
    ][:TOP_PLACES]


def _source(made: Assessment, indicator_id: str, months: int | None) -> str:
    """The line under a picture: feeds, months, completeness."""
    feeds = _partners_feeds(made, indicator_id)
    months_said = f"; {months} months received" if months else ""
    complete = next(
        (
            claim["completeness_percent"]
            for claim in made.claims
            if claim["indicator_id"] == indicator_id and claim["completeness_percent"] is not None
        ),
        None,
    )
    complete_said = f"; fields {percent(complete)} complete" if complete is not None else ""
    start, end = made.period["period_start"], made.period["period_end"]
    return f"{feeds}; {start:%B %Y} to {end:%B %Y}{months_said}{complete_said}."


def _partners_feeds(made: Assessment, indicator_id: str) -> str:
    """The feeds that an indicator counts: those of reference give residents and places alone."""
    feeds = made.indicators[indicator_id]["feeds"]
    return ", ".join(feed for feed in feeds if not feed.startswith("reference/"))


def _add_pictures(
    con: duckdb.DuckDBPyConnection,
    made: Assessment,
    hotspots: dict[str, list[Row]],
    kept: charts.Kept,
) -> None:
    start = {"start": made.period["period_start"]}
    own = {"area_type": made.area["area_type"], "area_code": made.area["area_code"]}
    county = made.county["area_code"] if made.county else None
    series = _by(
        _called(made, read(con, "series", {**start, **own, "county": county})), "indicator_id"
    )
    compared = _by(read(con, "districts", start), "indicator_id")
    boundaries = read(con, "boundaries")
    inside = _districts(made, boundaries)
    own_places = [row for row in boundaries if row["district_code"] in inside]
    outlined = {row["lsoa_code"] for row in own_places}
    # Short names, for each map of a page calls hundreds of areas by them.
    whole = maps.shapes("c", boundaries, outlined)
    inset = maps.shapes("d", own_places, outlined)
    frames = [frame for frame in (whole, inset) if frame]
    has_map = False
    for topic in made.topics:
        indicator = made.topic_indicator.get(topic)
        if indicator is None:
            continue
        years = [row for row in series.get(indicator, []) if row["period_start"] == start["start"]]
        months = next((row["months_received"] for row in years), None)
        source = _source(made, indicator, months)
        spots = hotspots.get(indicator, [])
        pictures = {
            f"{appendix(topic)}.change": _years(
                made, topic, series.get(indicator, []), source, kept
            ),
            f"{appendix(topic)}.other_areas": _compared(
                made, topic, compared.get(indicator, []), source, kept
            ),
        }
        if whole and inset and spots:
            drawn = _map(made, topic, spots, whole, inset, source)
            pictures[_home_section(made, topic)] = drawn
            has_map = True
        for place, picture in pictures.items():
            if picture:
                made.pictures.setdefault(place, []).append(picture)
    if has_map:
        made.shapes = maps.defined(frames)
    made.signal_pictures = _signals(con, made, kept)


def _map(
    made: Assessment,
    topic: str,
    spots: list[Row],
    whole: maps.Shapes,
    inset: maps.Shapes,
    source: str,
) -> Picture:
    classes = {spot["area_code"]: spot["class"] for spot in spots}
    top = _top(made, spots)
    name = made.area["area_name"]
    county = made.county["area_name"] if made.county else "the county"
    named = ", ".join(f"{i} {spot['place']}" for i, spot in enumerate(top, start=1))
    label_county = f"{topic.capitalize()} in the small areas of {county}, {name} outlined"
    label_inset = f"{topic.capitalize()} in {name}, the highest rates: {named or 'none'}"
    parts = [
        (
            county,
            maps.drawn(whole, classes, label_county),
        ),
        (
            name,
            maps.drawn(inset, classes, label_inset, numbered=[spot["area_code"] for spot in top]),
        ),
    ]
    return Picture(
        name=f"map-{topic.replace(' ', '-')}",
        title=f"{topic.capitalize()}: hotspots in {county} and the highest places of {name}",
        parts=parts,
        described=f"{label_county}. {label_inset}.",
        head=["Place on the map", "Small area", "Events", "Rate", "County's rate", "Class"],
        body=[
            [i, spot["place"], spot["numerator"], spot["rate"], spot["county_rate"], spot["class"]]
            for i, spot in enumerate(top, start=1)
        ],
        source=source,
        legend=True,
    )


def _years(
    made: Assessment, topic: str, series: list[Row], source: str, kept: charts.Kept
) -> Picture | None:
    series = [row for row in series if row["value"] is not None]
    mine = [row for row in series if row["area_code"] == made.area["area_code"]]
    if len(mine) < 2:
        return None
    described = (
        f"{topic.capitalize()} in {made.area['area_name']}, by financial year: "
        + ", ".join(f"{number(row['value'])} in {row['period_label']}" for row in mine)
        + f" ({mine[0]['unit']})"
    )
    return Picture(
        name=f"years-{topic.replace(' ', '-')}",
        title=f"{topic.capitalize()} over the years, with limits",
        parts=[("", charts.years(series, made.area["area_code"], described, kept))],
        described=described,
        head=["Year", "Area", "Events", "Value", "Lower limit", "Upper limit"],
        body=[
            [
                row["period_label"],
                row["area_name"],
                row["numerator"],
                row["value"],
                row["lower_95"],
                row["upper_95"],
            ]
            for row in series
        ],
        source=source,
    )


def _compared(
    made: Assessment, topic: str, areas: list[Row], source: str, kept: charts.Kept
) -> Picture | None:
    areas = [row for row in areas if row["value"] is not None]
    if len([row for row in areas if row["area_type"] != "county"]) < 2:
        return None
    described = f"{topic.capitalize()} by district in {made.period['period_label']}: " + ", ".join(
        f"{row['area_name']} {number(row['value'])}" for row in areas
    )
    return Picture(
        name=f"areas-{topic.replace(' ', '-')}",
        title=f"{topic.capitalize()} in the county's districts, with limits",
        parts=[("", charts.districts(areas, _districts(made, []), described, kept))],
        described=f"{described} ({areas[0]['unit']})",
        head=["Area", "Events", "Value", "Lower limit", "Upper limit"],
        body=[
            [row["area_name"], row["numerator"], row["value"], row["lower_95"], row["upper_95"]]
            for row in areas
        ],
        source=source,
    )


def _signals(
    con: duckdb.DuckDBPyConnection, made: Assessment, kept: charts.Kept
) -> dict[str, Picture]:
    """For each area with series that signal one picture of all of them, by the area's code."""
    keys = [f"{row['indicator_id']}|{row['area_code']}" for row in made.signals]
    months = read(con, "signal_months", {"keys": keys, "most": MONTHS_SHOWN}) if keys else []
    series: dict[tuple[str, str], list[Row]] = {}
    for row in months:
        series.setdefault((row["indicator_id"], row["area_code"]), []).append(row)
    return {
        code: _signals_of(made, signals, series, kept)
        for code, signals in made.signals_by_area().items()
    }


def _signals_of(
    made: Assessment,
    signals: list[Row],
    series: dict[tuple[str, str], list[Row]],
    kept: charts.Kept,
) -> Picture:
    """A small chart of each of an area's series that signal."""
    area = signals[0]["area_name"]
    parts, body = [], []
    for signal in signals:
        name = made.indicators[signal["indicator_id"]]["name"]
        side = "above" if signal["signal"] == "high" else "below"
        described = (
            f"{name} in {area}, month by month to {signal['period_label']}: "
            f"{side} what the months before promise"
        )
        mine = series[signal["indicator_id"], signal["area_code"]]
        parts.append((f"{name} ({signal['signal']})", charts.signal(mine, described, kept)))
        body += [
            [name, *(row[key] for key in ("period_label", "value", "expected", "lower", "upper"))]
            for row in mine
        ]
    feeds = {_partners_feeds(made, signal["indicator_id"]) for signal in signals}
    longest = max(signal["baseline_months"] for signal in signals)
    return Picture(
        name=f"signals-{signals[0]['area_code']}",
        title=f"Series of {area} that signal, in events a month: counted (black), expected "
        "(dashed), limits (shaded) and the months judged (dots)",
        parts=parts,
        described=f"{len(parts)} series of {area} that signal",
        head=["Series", "Month", "Events", "Expected", "Lower limit", "Upper limit"],
        body=body,
        source=f"{', '.join(sorted(feeds))}; the newest months to "
        f"{max(signal['period_label'] for signal in signals)}, expected by as many as {longest} "
        "months before.",
    )
