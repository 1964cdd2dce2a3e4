"""Every code that may be sent finds its district and LSOA, whatever year or census it is of."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import connection, macros, model, rendered
from warehouse.seeds import SEEDS, seed_rows

CUMBRIA = ["E06000063", "E06000064"]
NORTHAMPTONSHIRE = ["E06000061", "E06000062"]
# In the order in which they read one another.
MODELS = (
    *("stg_reference__successor", "stg_reference__lsoa_lookup", "int_district_succession"),
    *("int_setting_district", "br_district_code", "dim_lsoa", "dim_district"),
)
LOOKUP_COLUMNS = (
    "_file_id",
    "_line_number",
    "lookup_kind",
    "lookup_year",
    "lsoa_2011_code",
    "lsoa_2011_name",
    "lsoa_2021_code",
    "lsoa_2021_name",
    "change_indicator",
    "district_code",
    "district_name",
)

Pair = tuple[str, str]


@contextmanager
def places(
    *,
    districts: Iterable[str],
    geography: str = "lsoa_2011",
    lookup: str | None = None,
    later: str | None = None,
    own: Iterable[Pair] = (),
    known: Iterable[Pair] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The models of places over a lookup, for a home whose county has these districts.

    lookup, later: SQL of the rows of the exact-fit and of the later lookup, of LOOKUP_COLUMNS. own:
    the home's successors (old, new); known: the project's, by default those of the seed.
    """
    con = connection()
    nothing = ", ".join(
        f"null::{'bigint' if name.startswith('_') else 'varchar'} as {name}"
        for name in LOOKUP_COLUMNS
    )
    con.execute(
        f"create table reference__lsoa_lookup as select * from (select {nothing}) where false"
    )
    for rows in (lookup, later):
        if rows is not None:
            con.execute(f"insert into reference__lsoa_lookup by name ({rows})")
    con.execute(
        "create table loaded_file as select unnest(range(1, 4)) as file_id, now() as effective_at, "
        "unnest(['reference/lsoa_lookup', 'reference/lsoa_lookup', 'reference/successor']) "
        "as feed, '' as file_name"
    )
    con.execute(
        "create table reference__successor "
        "(_file_id bigint, old_code varchar, new_code varchar, since varchar)"
    )
    for old, new in own:
        con.execute("insert into reference__successor values (3, ?, ?, '2023-04-01')", [old, new])
    for name in ("district", "district_successor"):
        con.execute(f"create table {name} as from read_csv('{SEEDS}/{name}.csv', header = true)")
    if known is not None:
        con.execute("delete from district_successor")
        for old, new in known:
            con.execute(
                "insert into district_successor by name select ? as old_code, ? as new_code",
                [old, new],
            )
    con.execute("create table setting (key varchar, value varchar)")
    con.execute("insert into setting values ('geography', ?)", [geography])
    con.execute("create table setting_area (role varchar, area_code varchar, group_code varchar)")
    con.execute(
        "insert into setting_area select 'county_district', unnest(?), null", [list(districts)]
    )
    con.execute(
        "create table stg_reference__csp_lookup (district_code varchar, district_name varchar, "
        "csp_code varchar, csp_name varchar, police_force_area_code varchar)"
    )
    for name in MODELS:
        con.execute(f"create table {name} as {model(name)}")
    try:
        yield con
    finally:
        con.close()


def exact_fit(shared: Path) -> str:
    """SQL of the rows of the real lookup of 2022."""
    path = shared / "data/reference/LSOA11_LSOA21_LAD22.csv"
    return (
        "select 1 as _file_id, row_number() over () + 1 as _line_number, "
        "'vintages' as lookup_kind, "
        "'22' as lookup_year, F_LSOA11CD as lsoa_2011_code, LSOA11NM as lsoa_2011_name, "
        "LSOA21CD as lsoa_2021_code, LSOA21NM as lsoa_2021_name, CHGIND as change_indicator, "
        "LAD22CD as district_code, LAD22NM as district_name "
        f"from read_csv('{path}', header = true, all_varchar = true)"
    )


def of_2023(shared: Path) -> str:
    """SQL of a lookup of LSOAs of 2021 to the districts of April 2023, made of that of 2022."""
    return (
        "select distinct on (lsoa_2021_code) 2 as _file_id, _line_number, "
        "'districts' as lookup_kind, '23' as lookup_year, lsoa_2021_code, lsoa_2021_name, "
        "coalesce(new.district_code, rows.district_code) as district_code, "
        "coalesce(new.district_name, rows.district_name) as district_name "
        f"from ({exact_fit(shared)}) as rows "
        f"left join read_csv('{SEEDS}/district_successor.csv', header = true) as successor "
        "on rows.district_code = successor.old_code and successor.since <= date '2023-04-01' "
        f"left join read_csv('{SEEDS}/district.csv', header = true) as new "
        "on successor.new_code = new.district_code order by lsoa_2021_code, _line_number"
    )


def rows_of(con: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[Any]:
    return con.execute(sql, list(values)).fetchall()


@pytest.mark.parametrize("geography", ["lsoa_2011", "lsoa_2021"])
def test_every_lsoa_code_of_either_census_has_a_district_and_the_same_one(
    shared: Path, geography: str
) -> None:
    with places(districts=["E07000129"], geography=geography, lookup=exact_fit(shared)) as con:
        [(codes, placed)] = rows_of(con, "select count(*), count(district_code) from dim_lsoa")
        pairs = rows_of(
            con,
            "select pairs.change_indicator, count(*), "
            "count(*) filter (old.district_code is distinct from new.district_code) "
            "from stg_reference__lsoa_lookup as pairs "
            "inner join dim_lsoa as old on pairs.lsoa_2011_code = old.lsoa_code "
            "inner join dim_lsoa as new on pairs.lsoa_2021_code = new.lsoa_code group by all",
        )
        inside = rows_of(
            con,
            "select count(*) from dim_lsoa where is_in_geography "
            f"and is_{geography} is distinct from true or is_{geography} and not is_in_geography",
        )
        elsewhere = rows_of(
            con,
            "select count(*) from dim_lsoa inner join dim_lsoa as own "
            "on dim_lsoa.geography_lsoa_code = own.lsoa_code "
            "where dim_lsoa.district_code != own.district_code or not own.is_in_geography",
        )
        alone = rows_of(
            con,
            "select count(*) from dim_lsoa where is_in_geography and not is_in_both_vintages",
        )
    assert codes == placed == 34_753 + 1_900 + 119 + 6
    assert {kind: differing for kind, _, differing in pairs if kind != "X"} == dict.fromkeys(
        "USM", 0
    )
    assert inside == elsewhere == [(0,)]
    # The parts of those split, and the irregular; the other way those merged, and the irregular.
    irregular = 6
    assert alone == [(1_900 + irregular,) if geography == "lsoa_2021" else (239 + irregular,)]


@pytest.mark.parametrize("later", [False, True], ids=["lookup of 2022", "lookup of 2023"])
def test_the_districts_of_2023_have_their_lsoas_from_either_lookup(
    shared: Path, later: bool
) -> None:
    with places(
        districts=CUMBRIA,
        lookup=exact_fit(shared),
        later=of_2023(shared) if later else None,
    ) as con:
        found = rows_of(
            con,
            "select dim_lsoa.district_code, district_name, count(*) filter (is_lsoa_2011) "
            "from dim_lsoa inner join dim_district using (district_code) where is_in_county "
            "group by all order by all",
        )
        old = rows_of(con, "select count(*) from dim_lsoa where district_code = 'E07000028'")
        sent = rows_of(
            con,
            "select district_code from br_district_code "
            "where sent_code in ('E07000028', 'E06000063', 'E07000187') order by sent_code",
        )
        parts = rows_of(
            con,
            "select count(distinct lsoa_2011_code) filter (district_code in "
            "('E07000026', 'E07000028', 'E07000029')), count(distinct lsoa_2011_code) filter "
            "(district_code in ('E07000027', 'E07000030', 'E07000031')) from "
            f"({exact_fit(shared)})",
        )
    [(cumberland, westmorland)] = parts
    assert cumberland > westmorland > 100
    assert found == [
        ("E06000063", "Cumberland", cumberland),
        ("E06000064", "Westmorland and Furness", westmorland),
    ]
    assert old == [(0,)]
    # Mendip is another home's: of the lookup of 2022 it is itself, after that of 2023 unknown.
    assert sent == [("E06000063",), ("E06000063",), *([] if later else [("E07000187",)])]


def test_a_home_whose_settings_name_the_old_districts_counts_in_them(shared: Path) -> None:
    with places(districts=["E07000026", "E07000028"], lookup=exact_fit(shared)) as con:
        assert rows_of(
            con, "select district_code from dim_district where is_in_county order by all"
        ) == [("E07000026",), ("E07000028",)]
        assert rows_of(con, "select distinct status from int_setting_district") == [("known",)]


@pytest.mark.parametrize(
    ("districts", "counts_in"),
    [(NORTHAMPTONSHIRE, "E06000062"), (["E07000154"], "E06000062"), (["E07000129"], None)],
    ids=["home of West Northamptonshire", "home that names the old code", "any other home"],
)
def test_northampton_counts_in_a_home_of_west_northamptonshire_alone(
    shared: Path, districts: list[str], counts_in: str | None
) -> None:
    with places(districts=districts, lookup=exact_fit(shared)) as con:
        found = rows_of(
            con, "select district_code from br_district_code where sent_code = 'E07000154'"
        )
        [bucket] = con.execute(
            f"select {macros().district_bucket('known')} from (select 'E07000154' as code) "
            "left join br_district_code as known on code = known.sent_code"
        ).fetchone() or [None]
    assert found == ([(counts_in,)] if counts_in else [])
    assert bucket == ("valid" if counts_in else "invalid")


def test_a_homes_own_successor_goes_before_the_projects(shared: Path) -> None:
    with places(
        districts=["E06000061"], lookup=exact_fit(shared), own=[("E07000154", "E06000061")]
    ) as con:
        assert rows_of(
            con, "select district_code from br_district_code where sent_code = 'E07000154'"
        ) == [("E06000061",)]


CODES = [f"E0700{number:04d}" for number in range(9)]
codes = st.sampled_from(CODES)


def expected_places(
    lookup: set[str], named: set[str], links: set[Pair]
) -> tuple[dict[str, str], dict[str, str]]:
    """(district by sent code, status by code of the settings), by the rules in plain Python."""
    links = {(old, new) for old, new in links if old != new}

    def steps_from(code: str) -> dict[str, int]:
        reached: dict[str, int] = {}
        front, steps = {code}, 0
        while front and steps < 9:
            steps += 1
            front = {new for old, new in links if old in front} - {code} - set(reached)
            reached.update(dict.fromkeys(front, steps))
        return reached

    def nearest(code: str, among: set[str]) -> str | None:
        found = {new: steps for new, steps in steps_from(code).items() if new in among}
        first = [new for new, steps in found.items() if steps == min(found.values())]
        return first[0] if len(first) == 1 else None

    status, home = {}, set()
    for code in named:
        became = nearest(code, lookup)
        if code in lookup:
            status[code] = "known"
        elif became:
            status[code] = "abolished"
        elif any(code in steps_from(old) for old in lookup):
            status[code] = "newer than the lookup"
        else:
            status[code] = "unknown"
            continue
        home.add(became if code not in lookup and became else code)
    placed = {}
    for code in lookup | home | {old for old, _ in links}:
        if code in home:
            placed[code] = code
        elif (new := nearest(code, home)) is not None:
            placed[code] = new
        elif code in lookup:
            placed[code] = code
    with_lsoas = {placed[code] for code in lookup}
    return {sent: to for sent, to in placed.items() if to in with_lsoas}, status


@settings(max_examples=40, deadline=None)
@given(
    lookup=st.sets(codes, min_size=1, max_size=6),
    named=st.sets(codes, min_size=1, max_size=4),
    links=st.sets(st.tuples(codes, codes), max_size=8),
)
def test_codes_are_placed_by_the_rules_whatever_led_to_what(
    lookup: set[str], named: set[str], links: set[Pair]
) -> None:
    rows = " union all ".join(
        f"select 1 as _file_id, {n} as _line_number, 'vintages' as lookup_kind, "
        f"'22' as lookup_year, 'L{n}' as lsoa_2011_code, 'L{n}' as lsoa_2021_code, "
        f"'U' as change_indicator, '{code}' as district_code, '{code}' as district_name"
        for n, code in enumerate(sorted(lookup))
    )
    with places(districts=named, lookup=rows, known=links) as con:
        found = dict(rows_of(con, "select sent_code, district_code from br_district_code"))
        status = dict(rows_of(con, "select setting_code, status from int_setting_district"))
        in_lsoas = {code for (code,) in rows_of(con, "select distinct district_code from dim_lsoa")}
    assert (found, status) == expected_places(lookup, named, links)
    # None of the lookup is lost, and none leads to where no LSOA is.
    assert lookup <= set(found)
    assert set(found.values()) == in_lsoas


def test_the_districts_of_the_project_are_those_of_the_official_lookups(shared: Path) -> None:
    known = {row["district_code"]: row for row in seed_rows("district")}
    successors = {row["old_code"]: row for row in seed_rows("district_successor")}
    with duckdb.connect() as con:
        of_2022 = con.execute(
            f"select distinct district_code, district_name from ({exact_fit(shared)})"
        ).fetchall()
    with (shared / "data/reference/LAD_CSP_PFA_2017-01_v2.csv").open(encoding="utf-8-sig") as lines:
        of_2017 = list(csv.DictReader(lines))
    # A district may be renamed: of those of 2017 only the names of the abolished are of that year.
    abolished = [(r["LAD17CD"], r["LAD17NM"]) for r in of_2017 if r["LAD17CD"] not in known]
    for code, name in [*of_2022, *abolished]:
        said = successors[code]["old_name"] if code not in known else known[code]["district_name"]
        assert said == name, code
    for row in of_2017:
        code = row["LAD17CD"]
        while code not in known:
            code = successors[code]["new_code"]
        assert known[code]["police_force_area_code"] == row["PFA17CD"], code
    # Each succession ends in a district of today; those of 2025 are after the table.
    for code, row in successors.items():
        if row["since"] <= "2023-04-01":
            assert code not in known
            assert row["new_code"] in known or row["new_code"] in successors


def test_the_checks_name_what_they_found_and_what_to_do(shared: Path) -> None:
    named = ["E07000154", "E06000062", "E07000999"]
    with places(districts=named, lookup=exact_fit(shared)) as con:
        unknown = rows_of(con, model("assert_the_settings_name_known_districts"))
        old = rows_of(con, model("assert_the_settings_name_districts_of_the_lookup"))
        con.execute(
            "create table field_completeness as select 'marac' as partner, 'hearing' as feed, "
            "'district_code' as field, 40 as records, 1 as invalid"
        )
        for name in ("survey__perception", "partnership__target", "partnership__published_figure"):
            con.execute(f"create table stg_{name} as select unnest(?) as area_code", [named])
        codes = rows_of(con, model("assert_district_codes_are_known"))
        con.execute("update field_completeness set invalid = 0")
        assert len(rows_of(con, model("assert_district_codes_are_known"))) == 3
    [(code, sentence)] = unknown
    assert code == "E07000999"
    assert sentence.startswith("csp.yml, county.districts: E07000999 is in no LSOA lookup")
    [(code, sentence)] = old
    assert code == "E07000154"
    assert "it counts as E06000062 (West Northamptonshire). Write that code." in sentence
    assert {row[:4] for row in codes} == {
        ("marac/hearing", "district_code", 40, 1),
        ("survey/perception", "area_code", 3, 1),
        ("partnership/target", "area_code", 3, 1),
        ("partnership/published_figure", "area_code", 3, 1),
    }
    assert all("landing/reference/successor" in sentence for *_, sentence in codes)


def test_without_a_lookup_no_code_is_called_unknown() -> None:
    with places(districts=["E07000999"]) as con:
        assert rows_of(con, model("assert_the_settings_name_known_districts")) == []
        assert rows_of(con, "from br_district_code") == []


@settings(max_examples=60, deadline=None)
@given(
    links=st.sets(st.tuples(codes, codes).filter(lambda pair: pair[0] < pair[1]), max_size=8),
    held=st.dictionaries(codes, st.integers(1, 99), max_size=6),
)
def test_a_merged_districts_residents_are_those_of_all_its_parts_once(
    links: set[Pair], held: dict[str, int]
) -> None:
    """Of trees of mergers: a district that has a figure stands for all within it."""
    tree = dict(sorted(links))  # one successor each

    def total(code: str) -> int | None:
        if code in held:
            return held[code]
        parts = [total(old) for old, new in tree.items() if new == code]
        return None if not parts or None in parts else sum(part or 0 for part in parts)

    with connection() as con:
        con.execute("create table stg_reference__successor (old_code varchar, new_code varchar)")
        for pair in tree.items():
            con.execute("insert into stg_reference__successor values (?, ?)", pair)
        con.execute(f"create table int_district_succession as {model('int_district_succession')}")
        con.execute("create table dim_district as select unnest(?) as district_code", [CODES])
        con.execute("create table published (area_code varchar, mid_year integer, residents int)")
        for item in held.items():
            con.execute("insert into published values (?, 2018, ?)", item)
        con.execute("insert into published select area_code, 2019, residents from published")
        found = con.execute(
            rendered('{{ summed_from_predecessors("published", ["mid_year"], "residents") }}')
        ).fetchall()
    wanted = {code: total(code) for code in CODES if code not in held}
    assert sorted(found) == sorted(
        (code, year, residents)
        for code, residents in wanted.items()
        if residents is not None
        for year in (2018, 2019)
    )


def test_of_two_codes_of_one_area_the_estimate_of_the_later_file_stands() -> None:
    """Later is what came into force later, not what was loaded later."""
    with connection() as con:
        con.execute(
            "create table br_district_code as select * from (values ('old', 'new', true)) "
            "as codes (sent_code, district_code, is_whole)"
        )
        con.execute(
            "create table loaded_file as select * from (values "
            "(1, 'survey/perception', 'a.csv', timestamp '2020-02-01'), "
            "(2, 'survey/perception', 'b.csv', timestamp '2020-01-01')) "
            "as files (file_id, feed, file_name, effective_at)"
        )
        con.execute(
            "create table survey__perception as select *, 'S' as survey, '2019' as wave, "
            "date '2019-12-01' as fieldwork_end, 'Q1' as question_id, 'Q' as question, "
            "'Area' as area_name, 100 as base "
            "from (values (1, 2, 'old', 17.0), (2, 2, 'new', 30.0)) as sent "
            "(_file_id, _line_number, area_code, percent)"
        )
        found = con.execute(
            f"select area_code, percent::double from ({model('stg_survey__perception')})"
        ).fetchall()
    assert found == [("new", 17.0)]
