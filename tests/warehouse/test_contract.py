"""Contracts say what is wrong with themselves, and what they say is what the feeds promise."""

import re
from collections.abc import Iterator

import pytest
import yaml

from warehouse.contract import (
    Contract,
    header_matches,
    load_contract,
    load_contracts,
    normal_header,
    parse_contract,
    read_contracts,
)
from warehouse.errors import ContractError, UsageError

GOOD = """
feed: fire/incident
title: Incidents
publisher: The fire and rescue service
grain: one incident
open_data: false
cadence: monthly
update: {rule: upsert, key: [incident_no]}
files: {formats: [csv]}
columns:
  - name: incident_no
    header: [incident_no]
    required: true
    pattern: '.'
    description: The service's number.
  - {name: call_at, header: [call_at], type: datetime, description: When the call came in.}
layouts:
  - {name: plain, format: csv}
"""


def changed(**changes: object) -> str:
    said = yaml.safe_load(GOOD)
    said.update(changes)
    return yaml.safe_dump(said)


def column(**keys: object) -> str:
    """The contract with one column, which says this besides."""
    said = {"name": "incident_no", "header": ["incident_no"], "description": "The number of it."}
    return changed(columns=[{**said, "required": True, "pattern": ".", **keys}])


def test_a_good_contract_gives_its_raw_table_and_columns() -> None:
    contract = parse_contract(GOOD, "fire/incident.yml")
    assert (contract.partner, contract.name) == ("fire", "incident")
    assert contract.raw_table == "fire__incident"
    assert contract.raw_columns == ("incident_no", "call_at")
    assert contract.descriptions["call_at"] == "When the call came in."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (changed(cadence="weekly"), "cadence"),
        (changed(colour="red"), "colour: there is no such key"),
        (changed(update={"rule": "upsert", "key": ["nobody"]}), "'nobody' is not one of the"),
        (changed(update={"rule": "upsert"}), "upsert needs `key`"),
        (changed(update={"rule": "replace_by_period"}), "replace_by_period needs `month`"),
        (changed(files={"formats": ["zip"]}), "needs `members`"),
        (
            changed(files={"formats": ["csv"], "members": "("}),
            "files.members: '(' is not a regular",
        ),
        (changed(layouts=[{"name": "a", "format": "csv", "sheet": "x"}]), "layouts.a.sheet"),
        (
            changed(layouts=[{"name": "a", "format": "csv", "constants": {"zz": "1"}}]),
            "layouts.a.constants: 'zz'",
        ),
        (
            changed(layouts=[{"name": "a", "format": "csv", "headers": {"incident_no": []}}]),
            "required column 'incident_no' has no header",
        ),
        (changed(layouts=[]), "layouts"),
        (changed(columns=[{"name": "Bad Name", "description": "x" * 20}]), "columns.0.name"),
        (column(identifier="case", pattern="^x$"), "identifier: is text without pattern"),
        (column(identifier="Case number"), "columns.0.identifier"),
        (column(minimum=0), "only a number has `minimum`"),
        (column(earliest="2010-04"), "only a month, date or time has `earliest`"),
        (column(separator=";"), "several values need `values`"),
        (column(pattern=None), "update: 'incident_no' places or identifies the rows, so it needs"),
        (column(required=False), "update: 'incident_no' places or identifies the rows, so it must"),
        (column(percentage={}), "percentage: only a decimal is one"),
        (
            column(type="decimal", percentage={"group": ["nobody"]}),
            "percentage.group: 'nobody' is no column",
        ),
        (
            changed(update={"rule": "upsert", "key": ["incident_no"], "date": "call_at"}),
            "update: 'call_at' places or identifies the rows, so it must be required",
        ),
        (
            changed(update={"rule": "snapshot", "date": "call_at"}),
            "`date` has no meaning for snapshot",
        ),
        (
            changed(update={"rule": "upsert", "key": ["incident_no"], "span": ["call_at"] * 2}),
            "`span` has no meaning for upsert",
        ),
        ("feed: [", "not YAML"),
        ("just text", "must be a mapping"),
    ],
)
def test_a_wrong_contract_names_its_file_and_key(text: str, says: str) -> None:
    with pytest.raises(ContractError, match=re.escape(says)) as caught:
        parse_contract(text, "fire/incident.yml")
    assert "fire/incident.yml" in str(caught.value)
    assert "\n" not in str(caught.value) or "YAML" in str(caught.value)


def examples_wanting(contract: Contract) -> Iterator[str]:
    """The patterns of a contract that have no example for messages, by their place."""
    for column in contract.columns:
        if column.pattern and not column.like:
            yield f"columns.{column.name}.like"
    if contract.files.members and not contract.files.like:
        yield "files.like"
    for layout in contract.layouts:
        where = f"layouts.{layout.name}"
        if layout.sheet and not layout.sheet_like:
            yield f"{where}.sheet_like"
        for name, capture in layout.capture.items():
            if not capture.like:
                yield f"{where}.capture.{name}.like"
        for column in contract.columns:
            headers = contract.headers_of(column, layout)
            patterns = bool(headers) and all(each.startswith("^") for each in headers)
            if (patterns or column.name in layout.collect) and column.name not in layout.like:
                yield f"{where}.like.{column.name}"


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda contract: contract.feed)
def test_every_pattern_of_a_contract_has_an_example_for_messages(contract: Contract) -> None:
    assert list(examples_wanting(contract)) == []


def test_an_example_that_does_not_match_its_pattern_is_refused() -> None:
    text = column(pattern="^[EW]01", like="E07000129")
    with pytest.raises(ContractError, match="'E07000129' does not match its pattern"):
        parse_contract(text, "fire/incident.yml")


def test_an_example_does_not_make_files_be_read_again() -> None:
    plain = parse_contract(column(pattern="^[EW]01"), "f.yml")
    shown = parse_contract(column(pattern="^[EW]01", like="E01025611"), "f.yml")
    assert list(examples_wanting(plain)) == ["columns.incident_no.like"]
    assert list(examples_wanting(shown)) == []
    assert plain.sha256 == shown.sha256


def test_a_wrong_contract_is_a_usage_error() -> None:
    assert issubclass(ContractError, UsageError)


def test_the_feed_is_the_path_of_its_file(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "fire"
    folder.mkdir()
    (folder / "other.yml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ContractError, match=r"fire/other\.yml.*path"):
        read_contracts(folder.parent)


def test_an_unknown_feed_is_named_with_those_there_are() -> None:
    with pytest.raises(ContractError, match=r"no feed 'police/nothing'.*police/street_crime"):
        load_contract("police/nothing")


def test_street_crime_promises_what_the_feed_list_says() -> None:
    contract = load_contract("police/street_crime")
    assert [c.name for c in contract.columns if c.required] == [
        "month",
        "falls_within",
        "crime_type",
    ]
    assert contract.update.rule == "replace_by_period"
    assert (contract.update.key, contract.update.month) == (("falls_within",), "month")
    assert contract.unmerged_keys == ("Police Service of Northern Ireland",)
    assert contract.sources_without_ids == ("British Transport Police",)
    assert not any(column.identifier for column in contract.columns)


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda c: c.feed)
def test_every_pattern_is_one_that_duckdb_reads_too(contract: Contract) -> None:
    import duckdb

    patterns = [c.pattern for c in contract.columns if c.pattern]
    patterns += [skip.pattern for layout in contract.layouts for skip in layout.skip_rows]
    for pattern in patterns:
        found = duckdb.execute("SELECT regexp_matches('x', ?)", [pattern]).fetchone()
        assert found == (re.search(pattern, "x") is not None,), pattern


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("Crime ID", " crime  id ", True),
        ("Crime ID", "\ufeffCrime ID", True),
        ("Crime ID", "CrimeID", False),
        ("Police Force Area code", "Police Force\nArea code", True),
        (r"^lad\d\dcd$", "LAD22CD", True),
        (r"^lad\d\dcd$", "LAD22CDX", False),
    ],
)
def test_headers_match_whatever_their_spaces_and_case(wanted: str, found: str, same: bool) -> None:
    assert header_matches(wanted, normal_header(found)) is same


# What feeds.md of the specification marks as identifying (a dagger), and as required (bold).
IDENTIFIERS = {
    "police/recorded_crime": {"crime_ref": "crime"},
    "police/incident": {"incident_no": "incident", "linked_crime_ref": "crime"},
    "hate/report": {"report_id": "hate_report", "linked_crime_ref": "crime"},
    "marac/hearing": {
        "case_id": "marac_case",
        "victim_id": "person",
        "perpetrator_id": "person",
    },
    "fire/incident": {"incident_no": "fire_incident"},
    "council/asb_report": {"report_id": "council_report"},
    "probation/caseload": {"offender_id": "person"},
    "youth/disposal": {"disposal_id": "disposal", "young_person_id": "person"},
}
REQUIRED = {
    "police/recorded_crime": "crime_ref recorded_date offence_code",
    "police/incident": "incident_no created_at category",
    "hate/report": "report_id reported_date source kind district_code",
    "marac/hearing": "case_id victim_id perpetrator_id referral_date hearing_date district_code",
    "fire/incident": "incident_no call_at incident_class",
    "council/asb_report": "report_id received_date category district_code",
    "probation/caseload": "offender_id period_start period_end district_code reoffended",
    "youth/disposal": "disposal_id young_person_id disposal_date tier court_conviction "
    "first_entry district_code",
    "survey/perception": "survey wave fieldwork_end question_id area_code base percent",
    "partnership/target": "target_id indicator_id area_code baseline_label target_percent "
    "period_end",
    "partnership/published_figure": "figure_id statement stated_value",
}


@pytest.mark.parametrize("feed", REQUIRED)
def test_partners_contracts_are_what_the_feed_list_says(feed: str) -> None:
    contract = load_contract(feed)
    assert not contract.open_data
    found = {c.name: c.identifier for c in contract.columns if c.identifier}
    assert found == IDENTIFIERS.get(feed, {})
    required = {c.name for c in contract.columns if c.required}
    # A figure that only words state has none: S138 of the published assessment.
    assert required | {"stated_value"} >= set(REQUIRED[feed].split())
    assert required <= set(REQUIRED[feed].split())
