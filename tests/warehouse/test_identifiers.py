"""One person written in several ways is one person, and two are never made one."""

from functools import cache

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.partner_files import ask, land, load
from warehouse.contract import Column, load_contracts, read_contracts
from warehouse.errors import ContractError, UsageError
from warehouse.home import CONTRACTS, Home
from warehouse.ingest.pseudonyms import Domains, Pseudonyms, load_pseudonyms
from warehouse.reading.identifiers import normal_identifier, normal_sql, register
from warehouse.settings import Link, load_settings, parse_settings

MARAC = "case_id,victim_id,perpetrator_id,referral_date,hearing_date,district_code"
PROBATION = "offender_id,period_start,period_end,district_code,reoffended"
YOUTH = "disposal_id,young_person_id,disposal_date,tier,court_conviction,first_entry,district_code"
WAYS = [
    "AB 0123-X", "ab 0123-x", "AB-0123-X", "  AB\u00a00123 - X ", "\uff21\uff22 0123\u2013X",
    "AB\u200b 0123-X\ufeff", '="AB 0123-X"', "'AB 0123-X", "AB\u2011\u20110123 -X-",
]  # fmt: skip
OTHERS = ["AB0123-X", "AB 123-X", "AB 0123-Y", "AB 01-23-X", "AB/0123-X", "AB 0123"]


@pytest.mark.parametrize("text", WAYS)
def test_ways_of_writing_the_same_have_one_form(text: str) -> None:
    assert normal_identifier(text) == "ab-0123-x"


def test_what_may_be_another_has_another_form() -> None:
    forms = {normal_identifier(text) for text in OTHERS}
    assert len(forms) == len(OTHERS)
    assert "ab-0123-x" not in forms
    assert [normal_identifier(text) for text in ("-", "--", "\u200b")] == ["-", "--", "\u200b"]


def test_noughts_are_dropped_only_where_the_contract_says_so_and_from_numbers_alone() -> None:
    assert normal_identifier("00123") == "00123"
    dropped = [normal_identifier(text, "dropped") for text in ("00123", "123", "0", "A0123", "")]
    assert dropped == ["123", "123", "0", "a0123", ""]


LETTERS = st.one_of(
    st.characters(codec="utf-8", exclude_characters="\x00"),
    st.sampled_from("aB0 -'=\"\u2013\u00a0\u200b\ufb01\u0130\u00df\uff11\u00ad/."),
)


@given(texts=st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1))
@settings(deadline=None)
def test_the_form_is_its_own_form_and_the_same_in_sql(texts: list[str]) -> None:
    for zeros in ("kept", "dropped"):
        forms = [normal_identifier(text, zeros) for text in texts]
        assert [normal_identifier(form, zeros) for form in forms] == forms
        column = Column(
            name="a", description="An identifier.", identifier="person", leading_zeros=zeros
        )
        found = normalising().execute(
            f"select list_transform(?::varchar[], lambda t: {normal_sql(column, 't')})", [texts]
        )
        assert found.fetchone() == (forms,)


@cache
def normalising() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    register(con)
    register(con)  # a second time, as where two feeds are loaded, changes nothing
    return con


def test_a_person_of_several_spellings_is_loaded_as_one(home: Home) -> None:
    rows = [f"M{n},{way},P1,2010-01-01,2010-04-{n + 1:02},E07000129"
            for n, way in enumerate(("AB 0123-X", "ab 0123-x", "AB\u20130123-X"))]  # fmt: skip
    land(home, "marac/hearing", "h.csv", [MARAC, *rows, "m0,V9,P9,2010-01-01,2010-04-20,E07000129"])
    load(home)
    [(victims, cases)] = ask(
        home, "select count(distinct victim_id), count(*) from raw.marac__hearing"
    )
    assert (victims, cases) == (1, 3)
    assert ask(home, "select line_number, reason from quality.rejected_row") == [
        (5, "the key is that of an earlier row of this file; the first stays")
    ]


def persons(home: Home) -> list[str]:
    """The pseudonym of the one person in each of the three feeds."""
    [found] = ask(
        home,
        "select (select any_value(victim_id) from raw.marac__hearing), "
        "(select any_value(offender_id) from raw.probation__caseload), "
        "(select any_value(young_person_id) from raw.youth__disposal)",
    )
    return [str(each) for each in found]


def land_one_person(home: Home) -> None:
    land(home, "marac/hearing", "h.csv", [MARAC, "M1,P 17,P 17,2010-01-01,2010-04-01,E07000129"])
    land(home, "probation/caseload", "c.csv", [PROBATION, "P-17,2010-04-01,2011-03-31,E07000129,N"])
    land(home, "youth/disposal", "d.csv", [YOUTH, "D1,p 17,2010-04-01,first_tier,Y,Y,E07000129"])


def test_nobody_is_followed_from_one_partner_to_another_unless_the_settings_link_them(
    home: Home,
) -> None:
    land_one_person(home)
    load(home)
    apart = persons(home)
    assert len(set(apart)) == 3
    text = home.csp_yml.read_text()
    link = "linked_persons:\n  - feeds: [probation/caseload, youth/disposal]\n"
    home.csp_yml.write_text(f"{text}\n{link}    reason: s.115, sharing agreement of 2026-01\n")
    assert load(home).changed, "the files are read again from the archive"
    marac, probation, youth = persons(home)
    assert (marac, probation == youth) == (apart[0], True)
    assert probation not in apart
    assert not load(home).changed
    home.csp_yml.write_text(text)
    load(home)
    assert persons(home) == apart


def test_crimes_are_one_domain_and_persons_one_in_each_feed() -> None:
    domains = Domains([Link(feeds=["a/b", "c/d"], reason="s.115, agreement of 2026-01")])
    assert domains.of("police/incident", "crime") == domains.of("hate/report", "crime")
    assert domains.of("a/b", "person") == domains.of("c/d", "person")
    kinds = {
        (contract.feed, column.identifier)
        for contract in load_contracts().values()
        for column in contract.columns
        if column.identifier
    }
    of_persons = [Domains().of(feed, kind) for feed, kind in kinds if kind == "person"]
    assert len(of_persons) == len(set(of_persons)) == 3
    key = Pseudonyms(bytes(32), domains)
    assert key.of("person of a/b", "x") != key.of("person of a/b and c/d", "x")


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("{feeds: [probation/caseload, youth/disposal], reason: agreed}", "no lawful reason"),
        ("{feeds: [youth/disposal], reason: s.115 and the agreement of 2026}", "two feeds or more"),
        ("{feeds: [Youth, youth/disposal], reason: s.115 and an agreement}", "is not a feed"),
        ("{feeds: [youth/disposal, a/b]}", "reason: this setting is missing"),
        ("{feeds: [a/b, c/d], reason: s.115 and the agreement, kind: x}", "keys are feeds, reason"),
    ],
)
def test_a_link_without_a_reason_is_none(link: str, says: str, home: Home) -> None:
    text = home.csp_yml.read_text()
    with pytest.raises(UsageError, match="linked_persons") as caught:
        parse_settings(f"{text}\nlinked_persons: [{link}]\n")
    assert says in str(caught.value)


def test_a_feed_is_in_one_link_and_has_persons(home: Home) -> None:
    link = "{feeds: [probation/caseload, youth/disposal], reason: s.115 and the agreement of 2026}"
    text = home.csp_yml.read_text()
    with pytest.raises(UsageError, match="probation/caseload, youth/disposal is in two links"):
        parse_settings(f"{text}\nlinked_persons: [{link}, {link}]\n")
    for other, says in (("police/incident", "no column that identifies"), ("a/b", "is no feed")):
        changed = link.replace("youth/disposal", other)
        home.csp_yml.write_text(f"{text}\nlinked_persons: [{changed}]\n")
        with pytest.raises(UsageError, match=says):
            load(home)


def test_columns_of_one_kind_treat_noughts_alike(tmp_path: object) -> None:
    import shutil
    from pathlib import Path

    folder = Path(str(tmp_path)) / "contracts"
    shutil.copytree(CONTRACTS, folder)
    path = folder / "youth/disposal.yml"
    path.write_text(
        path.read_text().replace(
            "identifier: person", "identifier: person\n    leading_zeros: dropped"
        )
    )
    with pytest.raises(ContractError, match="would never have the same pseudonym"):
        read_contracts(folder)


def test_the_key_is_in_no_query_plan(home: Home) -> None:
    pseudonyms = load_pseudonyms(home, load_settings(home))
    with duckdb.connect() as con:
        pseudonyms.register(con)
        plan = con.execute("explain analyze select pseudonym('person of a/b', 'x')").fetchall()
        names = con.execute("select * from duckdb_functions() where function_name = 'pseudonym'")
        assert home.key_file.read_text().strip() not in f"{plan} {names.fetchall()} {pseudonyms!r}"
