"""Every number on the assessment's pages that no sentence says is its mart's row's.

Tables, pictures, their text alternatives and source lines, and what a claim rests on: worked out
anew from the published marts and compared whole, cell by cell.
"""

import csv
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assessment.document import Element, parsed
from tests.end_to_end.running import partner, query
from warehouse.home import Home
from warehouse.seeds import seed_rows

BLABY, COUNTY = "E07000129", "E10000018"
YEAR, START, LAST = "2010/11", "2010-04-01", "2011-03-31"
OWN_YEAR = f"period_label = '{YEAR}' and area_code = '{BLABY}'"
TOPICS = {row["topic"]: row["indicator_id"] for row in seed_rows("topic_summary")}
PLACES, LEAST = 5, 5  # named on a map, of those with so many events
MONTHS = 25  # drawn of a series that signals
NO_BREAK = "\u00a0"
BLANKS = re.compile(r"[ \n]+")
METHODS = Path(__file__).resolve().parents[2] / "assessment" / "methods.csv"
Table = list[list[str]]


def said(value: object, places: int = 1) -> str:
    """A number as the pages show it."""
    if value is None:
        return "\u2013"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "\u2212")
    if not isinstance(value, float):
        return str(value)
    step = Decimal(1).scaleb(-places)
    rounded = Decimal(repr(value)).quantize(step, ROUND_HALF_UP)
    if value > 0 and not rounded:
        return f"<{NO_BREAK}{step}"
    return f"{rounded + 0:,}".replace("-", "\u2212")


def per_cent(value: float) -> str:
    return f"{said(value)}{NO_BREAK}%"


def rows_said(found: list[tuple[Any, ...]]) -> Table:
    return [[said(cell) for cell in row] for row in found]


@pytest.fixture(scope="module")
def page(demo_home: Home) -> Element:
    return parsed((demo_home.current / "assessment/index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def claims(demo_home: Home) -> dict[str, dict[str, Any]]:
    """The claims of the page, by id."""
    found = partner(
        demo_home,
        "select claim_id, claim from marts.assessment_claim as claim "
        f"where period_label = '{YEAR}' and (area_code = '{BLABY}' or area_role <> 'own')",
    )
    return dict(found)


@cache
def name(home: Home, indicator: str) -> str:
    [(found,)] = partner(
        home,
        f"select name from marts.indicator where indicator_id = '{indicator}' "
        "order by indicator_version desc limit 1",
    )
    return str(found)


def tables(page: Element) -> dict[str, Table]:
    """The bodies of the page's tables, by their figure's anchor or else their caption."""
    found: dict[str, Table] = {}
    of_figures = {
        id(table): figure.attrs["id"]
        for figure in page.all("figure")
        for table in figure.all("table")
    }
    for table in page.all("table"):
        called = of_figures.get(id(table)) or next(table.all("caption")).text()
        assert called not in found
        [body] = table.all("tbody")
        found[called] = [[cell.text() for cell in row.elements()] for row in body.all("tr")]
    return found


def of_pictures(home: Home) -> dict[str, Table]:
    """The numbers of every picture that can be drawn, by its anchor."""
    found: dict[str, Table] = {}
    for topic, indicator in TOPICS.items():
        current = (
            f"indicator_id = '{indicator}' and is_current and is_complete and value is not null"
        )
        limits = "numerator, value, lower_95, upper_95"
        anchor = topic.replace(" ", "-")
        found[f"years-{anchor}"] = rows_said(partner(
            home,
            f"select period_label, area_name, {limits} from marts.indicator_value where {current} "
            f"and period_type = 'financial_year' and area_code in ('{BLABY}', '{COUNTY}') "
            f"and period_start <= '{START}' order by period_start, area_type desc",
        ))  # fmt: skip
        found[f"areas-{anchor}"] = rows_said(partner(
            home,
            f"select area_name, {limits} from marts.indicator_value where {current} "
            f"and period_label = '{YEAR}' and (area_code = '{COUNTY}' "
            "or area_type = 'district' and area_code like 'E07%') order by value desc, area_code",
        ))  # fmt: skip
        spots = places(home, indicator)
        if spots:
            found[f"map-{anchor}"] = rows_said([(i, *row) for i, row in enumerate(spots, start=1)])
    for area in (BLABY, COUNTY):
        found[f"signals-{area}"] = [
            [name(home, indicator), *month]
            for indicator, *_ in series(home, area)
            for month in reversed(rows_said(partner(
                home,
                "select period_label, value::bigint, expected, lower, upper "
                "from marts.monthly_signal "
                f"where indicator_id = '{indicator}' and area_code = '{area}' "
                f"order by period_start desc limit {MONTHS}",
            )))
        ]  # fmt: skip
    return {anchor: rows for anchor, rows in found.items() if rows}


def places(home: Home, indicator: str) -> list[tuple[Any, ...]]:
    return partner(
        home,
        "select coalesce(local_name, area_name), numerator, rate, county_rate, class "
        f"from marts.hotspot where indicator_id = '{indicator}' and period_label = '{YEAR}' "
        f"and district_code = '{BLABY}' and numerator >= {LEAST} and rate is not null "
        f"order by rate desc, numerator desc, area_code limit {PLACES}",
    )


def series(home: Home, area: str) -> list[tuple[Any, ...]]:
    """The area's series that signal, the surest first."""
    return partner(
        home,
        "select indicator_id, strftime(period_start, '%B\u00a0%Y'), signal, signal_months, "
        "signal_events, signal_expected, q_value from marts.monthly_signal where is_newest "
        f"and signal in ('high', 'low') and area_code = '{area}' order by q_value, indicator_id",
    )


def of_signals(home: Home) -> dict[str, Table]:
    return {
        f"Series of {called} that signal, the surest first": [
            [name(home, indicator), *(said(cell) for cell in cells), said(q_value, 4)]
            for indicator, *cells, q_value in series(home, area)
        ]
        for area, called in ((BLABY, "Blaby"), (COUNTY, "Leicestershire"))
    }


def of_targets(home: Home) -> Table:
    targets = partner(
        home,
        "select indicator_id, target_percent, area_name, baseline_value, baseline_label, "
        "target_value, actual_value, status, reason from marts.target_progress "
        f"where period_label = '{YEAR}' and (area_code in ('{BLABY}', '{COUNTY}') "
        "or area_type = 'force') order by area_type, target_id",
    )
    return [
        [
            f"{name(home, indicator)}, {'+' if percent > 0 else ''}{per_cent(percent)}",
            area,
            f"{said(baseline, 0)} ({label})",
            said(target, 0),
            said(actual, 0),
            status + (f": {reason}" if reason else ""),
        ]
        for indicator, percent, area, baseline, label, target, actual, status, reason in targets
    ]


def of_ethnicity(home: Home) -> Table:
    groups = partner(
        home,
        "select ethnic_group, disposals, disposal_percent, population_10_17, population_percent, "
        f"difference from marts.youth_ethnicity where period_label = '{YEAR}' "
        f"and area_code = '{COUNTY}' order by population_10_17 desc nulls last, ethnic_group",
    )
    shares = {2, 4}
    return [
        [
            per_cent(cell) if i in shares and cell is not None else said(cell)
            for i, cell in enumerate(group)
        ]
        for group in groups
    ]


def of_feeds(home: Home) -> tuple[Table, Table]:
    """Of each feed that an indicator counts: what the introduction and the last chapter say.

    A survey comes by the wave: it has estimates instead of records, and no months.
    """
    [(estimates,)] = partner(
        home,
        f"select count(*) from marts.perception where fieldwork_end between '{START}' and '{LAST}'",
    )
    short, long = [], []
    for feed, title, sender, months, of, records, percent, below in query(
        home.warehouse_file,
        "select raw.feed, title, publisher, months_received, months_expected, records, "
        "field_percent, below from raw.feed as raw "
        "left join marts.maturity_score as score on raw.feed = score.partner || '/' || score.feed "
        f"and period_type = 'financial_year' and period_label = '{YEAR}' left join ("
        "select partner || '/' || feed as feed, sum(rows_in_force)::bigint as records "
        f"from marts.feed_coverage where month between '{START}' and '{LAST}' "
        "and status <> 'not expected' group by all) as sent on raw.feed = sent.feed left join ("
        "select partner || '/' || feed as feed, "
        "count(distinct field) filter (where status = 'fail') as below "
        f"from marts.recording_completeness where month between '{START}' and '{LAST}' "
        "group by all) as fields on raw.feed = fields.feed "
        "where raw.partner <> 'reference' and exists (select 1 from marts.indicator "
        "where contains(feeds, raw.feed)) order by raw.feed",
    ):
        if feed == "survey/perception" and estimates:
            received = ["by the wave", "no standard"]
            cells = [months, of, estimates, percent, below]
        else:
            received = [f"{months} of {of}", per_cent(percent)] if months else [
                "Nothing was received for this year. What rests on it cannot be said."
            ]  # fmt: skip
            cells = [months or 0, of, records, percent, below]
        long.append([feed, *(said(cell) for cell in cells)])
        short.append([title, sender, *received])
    return short, long


def test_every_table_is_its_marts(page: Element, demo_home: Home) -> None:
    found = tables(page)
    received, records = of_feeds(demo_home)
    summary = next(called for called in found if called.startswith("All topics"))
    ethnicity = next(called for called in found if called.startswith("NI 44"))
    expected = {
        **of_pictures(demo_home),
        **of_signals(demo_home),
        f"Targets and how far they are met in {YEAR}": of_targets(demo_home),
        ethnicity: of_ethnicity(demo_home),
        f"Records received for {YEAR}": received,
        f"Records of {YEAR}": records,
        summary: found[summary],  # test_table_1_says_what_its_claims_say
    }
    assert found.keys() == expected.keys()
    for called, rows in expected.items():
        assert found[called] == rows, called
    assert sum(len(rows) for rows in found.values()) > 500


WORDS = {
    "increase": "\u25b2\u00a0rose", "decrease": "\u25bc\u00a0fell",
    "increasing": "\u25b2\u00a0increasing", "decreasing": "\u25bc\u00a0decreasing",
    "higher": "\u25b2\u00a0higher", "lower": "\u25bc\u00a0lower",
    "similar": "\u25cf\u00a0similar", "no significant change": "\u25cf\u00a0no clear change",
    "not certain": "\u25cf\u00a0not certain",
}  # fmt: skip
UNSAID = "\u25cb\u00a0cannot be said"


def verdict_cell(claim: dict[str, Any], unit: str) -> str:
    """A cell of Table 1 as its claim's verdict has it; of a change beyond chance, how much."""
    words = WORDS.get(claim["verdict"].split(",")[0], UNSAID)
    if unit and words[0] in "\u25b2\u25bc" and claim["value"] is not None:
        words += f" {said(abs(claim['value']))}{NO_BREAK}{unit}"
    if claim["judgement"] in ("better", "worse"):
        words += f" ({claim['judgement']})"
    return words


def figure_cell(home: Home, indicator: str) -> str:
    """The topic's own figure: a share with its cases, else the count with its rate."""
    found = partner(
        home,
        "select kind, year.unit, numerator, denominator, value from marts.indicator_value as year "
        "inner join marts.indicator using (indicator_id, indicator_version) "
        f"where indicator_id = '{indicator}' and {OWN_YEAR} and period_type = 'financial_year' "
        "and is_current and is_complete",
    )
    if not found:
        return UNSAID
    [(kind, unit, numerator, denominator, value)] = found
    if kind == "proportion":
        return f"{per_cent(value)} ({said(numerator)} of {said(denominator)})"
    return f"{said(numerator)} ({said(value)}{NO_BREAK}{unit.replace('per ', f'per{NO_BREAK}')})"


def target_cell(home: Home, topic: str) -> str:
    """The status of each of the topic's targets of the year; of a part of the topic its name."""
    found = partner(
        home,
        "select distinct status, indicator_id, name from marts.target_progress "
        f"inner join marts.indicator using (indicator_id) where topic = '{topic}' and {OWN_YEAR}",
    )
    own = TOPICS[topic]
    cells = [
        status + ("" if indicator == own else f" ({called.lower()})")
        for status, indicator, called in found
    ]
    return "; ".join(cells) or "none set"


def test_table_1_says_what_its_claims_say(
    page: Element, claims: dict[str, dict[str, Any]], demo_home: Home
) -> None:
    [table] = (rows for called, rows in tables(page).items() if called.startswith("All topics"))
    assert {row[0].lower() for row in table} == set(TOPICS)
    for topic, *cells in table:
        indicator = TOPICS[topic.lower()]
        section = f"appendix_a.{topic.lower().replace(' ', '_')}"
        spots = places(demo_home, indicator)
        communities = sorted(
            (claim["position"], claim["category"] or UNSAID)
            for claim in claims.values()
            if (claim["section"], claim["aspect"]) == (section, "community")
        )
        shares = ("adult_reoffending_rate", "perceived_drug_problem")
        points = "points" if indicator in shares else "%"
        verdicts = [
            verdict_cell(claims[f"{section}.{indicator}.{aspect}.{BLABY}.2010-11{than}"], unit)
            for aspect, than, unit in (
                ("change", "", points),
                ("trend", "", ""),
                ("comparison", ".county", ""),
                ("comparison", ".most_similar_group", ""),
            )
        ]
        place = spots[0][0] if spots else UNSAID
        assert cells == [
            figure_cell(demo_home, indicator),
            *verdicts,
            place,
            communities[0][1],
            target_cell(demo_home, topic.lower()),
        ], topic


def other_texts(element: Element, apart: frozenset[str]) -> Iterator[str]:
    """The texts with a digit that stand neither in a claim's sentence nor in one of the tags."""
    for child in element.children:
        if isinstance(child, str):
            if re.search(r"\d", child):
                yield BLANKS.sub(" ", child).strip(" ")
        elif child.tag not in apart and "data-claim" not in child.attrs:
            yield from other_texts(child, apart)


def source_lines(home: Home) -> set[str]:
    """What stands under the pictures: feeds, months and how whole the fields are."""
    lines = set()
    for indicator in TOPICS.values():
        for feeds, months, percent in partner(
            home,
            "select feeds, months_received, (select min(field_percent) from marts.maturity_score "
            f"where period_type = 'financial_year' and period_label = '{YEAR}' "
            "and list_contains(string_split(feeds, ';'), partner || '/' || feed)) "
            "from marts.indicator_value inner join marts.indicator "
            f"using (indicator_id, indicator_version) where indicator_id = '{indicator}' "
            f"and is_current and {OWN_YEAR} and period_type = 'financial_year'",
        ):
            sent = ", ".join(f for f in feeds.split(";") if not f.startswith("reference/"))
            received = f"; {months} months received" if months else ""
            whole = f"; fields {per_cent(percent)} complete" if percent is not None else ""
            lines.add(f"Source: {sent}; April 2010 to March 2011{received}{whole}.")
    for area in (BLABY, COUNTY):
        [(sent, months, label)] = partner(
            home,
            "select string_agg(distinct feed, ', ' order by feed), max(baseline_months), "
            "max(period_label) from (select *, unnest(string_split(feeds, ';')) as feed "
            "from marts.monthly_signal inner join marts.indicator "
            "using (indicator_id, indicator_version) where is_newest "
            f"and signal in ('high', 'low') and area_code = '{area}') "
            "where not starts_with(feed, 'reference/')",
        )
        lines.add(
            f"Source: {sent}; the newest months to {label}, expected by as many as {months} "
            "months before."
        )
    return lines


def test_no_other_text_has_a_number_of_its_own(page: Element, demo_home: Home) -> None:
    [(publication, version, published)] = partner(
        demo_home, "select publication_id, software_version, published_at from marts.publication"
    )
    with METHODS.open(encoding="utf-8", newline="") as file:
        references = {f"{row['reference']}." for row in csv.DictReader(file)}
    expected = {
        f"Strategic Assessment of Blaby, {YEAR}",
        "Blaby \u00b7 1\u00a0April 2010 to 31\u00a0March 2011",
        f"Data of {published.day}{NO_BREAK}{published:%B %Y} \u00b7 publication {publication}",
        f"Records received for {YEAR}",
        f"Records of {YEAR}",
        f"Targets and how far they are met in {YEAR}",
        "NI 44: ethnic composition of young people on youth justice disposals in Leicestershire, "
        + YEAR,
        f"Publication {publication}, software {version}. "
        "Every figure is of the records in force that night.",
        *references,
        *source_lines(demo_home),
    }
    found = set(other_texts(page, frozenset({"svg", "style", "td", "th"})))
    assert found - expected == set()
    assert source_lines(demo_home) & found
    heads = {text for head in page.all("thead") for text in other_texts(head, frozenset())}
    assert heads == {"Residents aged 10 to 17"}


def test_a_picture_is_told_with_the_numbers_of_its_table(page: Element) -> None:
    rows = tables(page)
    told = 0
    for figure in page.all("figure"):
        anchor = figure.attrs["id"]
        labels = [svg.attrs["aria-label"] for svg in figure.all("svg")]
        kind = anchor.split("-")[0]
        if kind == "years":
            values = ", ".join(f"{row[3]} in {row[0]}" for row in rows[anchor] if row[1] == "Blaby")
            assert f"by financial year: {values} (" in labels[0]
        elif kind == "areas":
            values = ", ".join(f"{row[0]} {row[2]}" for row in rows[anchor])
            assert labels[0].endswith(f" by district in {YEAR}: {values}")
        elif kind == "map":
            values = ", ".join(f"{row[0]} {row[1]}" for row in rows[anchor])
            assert labels[1].endswith(f"the highest rates: {values}")
            numbers = [text.text() for text in next(reversed(list(figure.all("svg")))).all("text")]
            assert numbers == [row[0] for row in rows[anchor]]
        else:
            called = {BLABY: "Blaby", COUNTY: "Leicestershire"}[anchor.removeprefix("signals-")]
            sides = {"high": "above", "low": "below"}
            assert labels == [
                f"{row[0]} in {called}, month by month to {rows[anchor][-1][1]}: "
                f"{sides[row[2]]} what the months before promise"
                for row in rows[f"Series of {called} that signal, the surest first"]
            ]
        told += 1
        if kind != "map":  # what is written in a chart beside its axes are names
            assert [text for svg in figure.all("svg") for text in beside_axes(svg)] == []
    assert told == len([anchor for anchor in rows if "-" in anchor and " " not in anchor])


def beside_axes(element: Element) -> Iterator[str]:
    """The texts with a digit in a chart that are not its axes'."""
    for child in element.elements():
        if not is_axis(child):
            if child.tag == "text" and re.search(r"\d", child.text()):
                yield child.text()
            yield from beside_axes(child)


def is_axis(element: Element) -> bool:
    """Whether it is a chart's axis: what ticks, which are drawn in their own grey, stand in."""
    return any(
        {(tick.tag, tick.attrs.get("stroke")) for tick in group.elements()} == {("line", "#888")}
        for group in element.elements()
    )


def facts(claim: dict[str, Any], definitions: dict[str, str]) -> list[str]:
    """What stands below a claim, but for the line of its records, from its row."""
    lines = []
    if claim["value"] is not None:
        line = f"Value {said(claim['value'], 3)}"
        for words, column in (("before", "previous_value"), ("compared", "comparator_value")):
            if claim[column] is not None:
                line += f"; {words} {said(claim[column], 3)}"
        if claim["numerator"] is not None:
            line += f"; {said(claim['numerator'])}"
            if claim["denominator"] is not None:
                line += f" of {said(claim['denominator'])}"
        for words, low, high in (
            ("95\u00a0% limits", "lower_95", "upper_95"),
            ("possible", "lowest_possible", "highest_possible"),
        ):
            if claim[low] is not None and claim[high] is not None:
                line += f"; {words} {said(claim[low], 2)} to {said(claim[high], 2)}"
        lines.append(line)
    if claim["test"]:
        p_value = claim["p_value"]
        lines.append(
            f"Test: {claim['test']}" + ("" if p_value is None else f", p {said(p_value, 4)}")
        )
    lines.append(f"Verdict: {claim['verdict']}; rule: {claim['word_rule']}")
    if claim["indicator_id"] in definitions:
        version = claim["indicator_version"]
        lines.append(
            f"Definition{'' if version is None else f' (version {version})'}: "
            f"{definitions[claim['indicator_id']]}"
        )
    if claim["source_table"]:
        lines.append(f"Row: {claim['source_table']}: {claim['source_key']}")
    return [BLANKS.sub(" ", line).strip() for line in lines]


def test_what_a_claim_rests_on_is_its_row(
    claims: dict[str, dict[str, Any]], demo_home: Home
) -> None:
    text = (demo_home.current / "assessment/claims.html").read_text(encoding="utf-8")
    root = parsed(text.replace("<wbr>", ""))
    definitions = dict(
        partner(
            demo_home,
            "select indicator_id, arg_max(numerator_definition, indicator_version) "
            "from marts.indicator group by 1",
        )
    )
    seen = set()
    for row in root.all("div"):
        if "row" not in row.classes:
            continue
        claim_id = next(row.all("p")).attrs["data-claim"]
        claim = claims[claim_id]
        lines = [line.text() for line in row.all("li")]
        records = [line for line in lines if line.startswith("Records: ")]
        assert [line for line in lines if line not in records] == facts(claim, definitions), (
            claim_id
        )
        whole = "whole" if claim["is_complete"] else "not whole"
        about = f"Records: the period is {whole}"
        if claim["months_received"] is not None:
            about += f", {claim['months_received']} months received"
        if claim["completeness_percent"] is not None:
            about += f", fields {per_cent(claim['completeness_percent'])} complete"
        assert [re.sub(r"; files of .*", "", line) for line in records] == [about]
        seen.add(claim_id)
    assert seen == claims.keys()


def test_the_files_are_those_of_the_figures(demo_home: Home) -> None:
    text = (demo_home.current / "assessment/claims.html").read_text(encoding="utf-8")
    found = {
        (table_name.removeprefix("Files of "), *row)
        for table_name, rows in tables(parsed(text.replace("<wbr>", ""))).items()
        for row in rows
    }
    expected = partner(
        demo_home,
        "select distinct feed, file_name, area_name, records, sha256 from marts.figure_source "
        f"where period_label = '{YEAR}' and area_code in ('{BLABY}', '{COUNTY}')",
    )
    assert found == {tuple(said(cell) for cell in row) for row in expected}
    assert len(found) > 20
