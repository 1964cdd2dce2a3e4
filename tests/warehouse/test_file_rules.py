"""A file of another kind than meant is refused whole, by rules that its contract declares."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.reading_helpers import Read
from warehouse.contract import Contract, load_contract, parse_contract
from warehouse.errors import ContractError

RULED = """
feed: reference/pair
title: Pairs
publisher: The office
grain: one pair
open_data: true
published_as: the table "Pairs of all kinds"
cadence: irregular
update: {rule: snapshot, key: []}
files: {formats: [csv]}
columns:
  - {name: whole, header: [whole], required: true, description: What was divided.}
  - {name: part, header: [part], required: true, description: What came of it.}
  - {name: kind, header: [kind], required: true, values: [U, S], description: How it changed.}
file_rules:
  - {where: {column: kind, values: [S]}, per: [whole], at_least: 2, says: one part of a split}
layouts:
  - {name: plain, format: csv}
"""
LOOKUP = "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,{}LAD22CD,LAD22NM,LAD22NMW\n"


@pytest.fixture(scope="module")
def ruled() -> Contract:
    return parse_contract(RULED, "reference/pair.yml")


@pytest.mark.parametrize("fast", [True, False])
@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["U", "S", "s", "?"])),
        min_size=1,
        max_size=12,
    )
)
def test_a_file_breaks_a_rule_as_counting_says(
    ruled: Contract,
    tmp_path_factory: pytest.TempPathFactory,
    fast: bool,
    rows: list[tuple[str, str]],
) -> None:
    folder = tmp_path_factory.mktemp("ruled")
    good, asked = folder / "good.csv", folder / "asked.csv"
    good.write_text("whole,part,kind\nz,1,U\n")
    asked.write_text(
        "whole,part,kind\n" + "".join(f"{w},{n},{k}\n" for n, (w, k) in enumerate(rows))
    )
    split = [w for w, kind in rows if kind.upper() == "S"]
    lonely = [w for w in dict.fromkeys(split) if split.count(w) < 2]
    read = Read(asked, ruled, folder / "work", fast)
    refused = read.one.refused
    assert (refused is not None) == bool(lonely)
    if refused is None:
        assert len(read.rows) == read.one.accepted == sum(k != "?" for _, k in rows)
        return
    first = next(n for n, (w, k) in enumerate(rows) if w in lonely and k.upper() == "S")
    assert refused.line == first + 2
    assert f"{len(lonely)} of them" in refused.reason
    assert 'The file meant is the table "Pairs of all kinds".' in refused.what_to_do
    # Nothing of it is left; another file of the feed goes on.
    assert read.rows == []
    assert Read(good, ruled, folder / "work", fast).one.accepted == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("column: kind", "column: sort", "file_rules: 'sort' is not one of the columns"),
        ("per: [whole]", "per: [hole]", "file_rules: 'hole' is not one of the columns"),
        ("at_least: 2", "at_least: 1", "file_rules.0.at_least"),
        ("format: csv}", "format: csv, without: [x]}", "one of them must do without `without`"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(old: str, new: str, says: str) -> None:
    assert old in RULED
    with pytest.raises(ContractError, match=says.replace("`", ".")):
        parse_contract(RULED.replace(old, new), "reference/pair.yml")


@pytest.mark.parametrize(
    ("indicator", "rows", "line"),
    [
        ("", ["E01000001,A 001A,E01000001,A 001A,{}E07000129,Blaby,"], 1),
        ("CHGIND,", ["E01000001,A 001A,E01000011,A 001B,S,E07000129,Blaby,"], 2),
        ("CHGIND,", ["E01000001,A 001A,E01000011,A 001B,M,E07000129,Blaby,"], 2),
    ],
    ids=["no change indicator", "one part of a split", "one origin of a merger"],
)
def test_a_best_fit_lookup_is_refused_naming_the_file_meant(
    tmp_path: Path, indicator: str, rows: list[str], line: int
) -> None:
    file = tmp_path / "lookup.csv"
    file.write_text(LOOKUP.format(indicator) + "\n".join(row.format("") for row in rows) + "\n")
    refused = Read(file, load_contract("reference/lsoa_lookup"), tmp_path / "work").one.refused
    assert refused is not None
    assert refused.line == line
    assert "Local Authority District (2022) Exact Fit Lookup" in refused.what_to_do


def test_the_best_fit_lookup_of_the_cases_is_refused(shared: Path, tmp_path: Path) -> None:
    [file] = (shared / "cases/03-best-fit-lookup").glob("*.csv")
    refused = Read(file, load_contract("reference/lsoa_lookup"), tmp_path / "work").one.refused
    assert refused is not None
    assert "CHGIND" in str(refused)
    assert "Exact Fit Lookup" in refused.what_to_do


def test_a_later_lookup_has_a_way_in(tmp_path: Path) -> None:
    file = tmp_path / "lookup.csv"
    file.write_text(
        "LSOA21CD,LSOA21NM,WD23CD,WD23NM,LAD23CD,LAD23NM,ObjectId\n"
        "E01019170,Carlisle 001A,E05000001,A ward,E06000063,Cumberland,1\n"
    )
    read = Read(file, load_contract("reference/lsoa_lookup"), tmp_path / "work")
    assert read.one.layout == "ons_lsoa21_lad"
    [row] = [dict(zip(read.columns, row, strict=True)) for row in read.rows]
    assert (row["lookup_kind"], row["lookup_year"]) == ("districts", "23")
    assert (row["lsoa_2021_code"], row["district_code"]) == ("E01019170", "E06000063")
    assert row["lsoa_2011_code"] is None
