"""The words of the assessment's claims, on invented values of an invented place."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import PROJECT, connection, macros, model
from warehouse.seeds import SEEDS, seed_rows

Claim = dict[str, Any]
SHAPE = re.compile(r"with shape as \((.*?)\n\),", re.DOTALL)
AREA = ("district", "D1", "Here")


@cache
def _con() -> duckdb.DuckDBPyConnection:
    """The seeds, and a county of two districts in one year, of which nothing is known."""
    con = connection()
    for name in ("section", "wording", "phrase"):
        con.execute(
            f"create table assessment_{name} as from "
            f"read_csv('{SEEDS / f'assessment_{name}.csv'}', header = true)"
        )
    for name in ("indicator_register", "topic_summary", "change_wording", "survey_indicator"):
        con.execute(f"create table {name} as from read_csv('{SEEDS / f'{name}.csv'}')")
    [shape] = SHAPE.findall((PROJECT / "models/indicators/int_claim_value.sql").read_text())
    con.execute(f"create table int_claim_value as select *, '' as source_key from ({shape})")
    con.execute(
        "create table dim_period as select 'financial_year' as period_type, "
        "date '2010-04-01' as period_start, date '2011-03-31' as period_end, "
        "'2010/11' as period_label"
    )
    con.execute(
        "create table dim_area as select * from (values "
        "('district', 'D1', 'Here', null, true, true), "
        "('district', 'D2', 'There', null, true, false), "
        "('partnership', 'P', 'Hereabouts Community Safety Partnership', 'Hereabouts', true, "
        "true), "
        "('county', 'C', 'Shire', null, true, false)) "
        "as a (area_type, area_code, area_name, local_name, is_in_county, is_focus_area)"
    )
    con.execute(
        "create table int_setting_district as select * from (values "
        "('focus', 'D1', 'D1', null), ('most_similar', 'D2', 'D2', 'D1')) "
        "as s (role, setting_code, district_code, group_code)"
    )
    con.execute(
        "create table feed as select * from (values "
        "('police/recorded_crime', 'police', 'The police force'), "
        "('marac/hearing', 'marac', 'The MARAC coordinator'), "
        "('reference/district_population', 'reference', 'Office for National Statistics')) "
        "as f (feed, partner, publisher)"
    )
    con.execute("create table int_county_force (police_force_area_code varchar)")
    con.execute("create table target_progress as select 'domestic_burglary' as indicator_id")
    con.execute(
        "create table maturity_score (partner varchar, feed varchar, period_label varchar, "
        "field_percent double)"
    )
    con.execute(
        "create table int_indicator_value (indicator_id varchar, area_type varchar, "
        "area_code varchar, period_type varchar, period_label varchar, is_complete boolean)"
    )
    con.execute(f"create view int_assessed_claim as {model('int_assessed_claim')}")
    con.execute(f"create view assessment_claim as {model('assessment_claim')}")
    return con


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    _con().close()
    _con.cache_clear()


def claims(*values: Claim) -> list[Claim]:
    """The claims that are made of these values of Here in 2010/11 and of nothing else."""
    con = _con()
    con.execute("delete from int_claim_value")
    for value in values:
        row = {
            "area_type": AREA[0], "area_code": AREA[1], "period_label": "2010/11",
            "source_table": "made", **value,
        }  # fmt: skip
        con.execute(
            f"insert into int_claim_value ({', '.join(row)}) values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
    made = con.sql("from assessment_claim")
    return [dict(zip(made.columns, row, strict=True)) for row in made.fetchall()]


@cache
def of_nothing() -> tuple[Claim, ...]:
    """The claims where nothing is known: all say why."""
    return tuple(claims())


def said(section: str, aspect: str, **value: Any) -> str:
    """The one sentence on the value in a section."""
    found = [
        claim["sentence"]
        for claim in claims({"indicator_id": "all_crime", "aspect": aspect, **value})
        if claim["section"] == section
        and claim["aspect"] == aspect
        and claim["area_code"] == value.get("area_code", "D1")
        and claim["indicator_id"] == value.get("indicator_id", "all_crime")
        and claim["comparator_type"] == value.get("comparator_type", claim["comparator_type"])
        and claim["is_complete"]
    ]
    assert len(found) == 1, found
    return str(found[0])


def changed(verdict: str, before: int, after: int, **value: Any) -> str:
    percent = 100 * (after - before) / before if before else None
    return said(
        "crime_overview", "change", verdict=verdict, value=percent, numerator=after,
        previous_numerator=before, unit="percent", **value,
    )  # fmt: skip


def test_rose_and_fell_are_the_test_s_words() -> None:
    assert changed("decrease", 5620, 5000) == (
        "Total recorded crime in Here fell by 11.0\u00a0% in 2010/11, from 5,620 to 5,000, "
        "which is unlikely to be chance alone."
    )
    assert "rose by 11.2\u00a0%" in changed("increase", 1000, 1112)
    assert changed("no significant change", 100, 93) == (
        "Total recorded crime in Here showed no clear change in 2010/11: 93 after 100 "
        "(\u22127.0\u00a0%, which could be chance)."
    )
    reason = "2009/10 is incomplete: 11 of 12 months received"
    assert changed("not comparable", 0, 9, reason=reason) == (
        f"Total recorded crime in Here cannot be compared with the year before 2010/11: {reason}."
    )


def test_a_partnership_is_called_by_its_place_and_has_no_rank_or_group_of_its_own() -> None:
    assert changed("decrease", 20, 10, area_type="partnership", area_code="P").startswith(
        "Total recorded crime in Hereabouts fell by"
    )
    own = [claim for claim in of_nothing() if claim["area_code"] == "P"]
    assert own
    assert not [claim for claim in own if claim["aspect"] == "rank"]
    assert not [claim for claim in own if claim["comparator_type"] == "most_similar_group"]


def test_a_group_is_spoken_of_where_the_settings_name_one() -> None:
    grouped = {
        claim["area_code"] for claim in claims() if claim["comparator_type"] == "most_similar_group"
    }
    assert grouped == {"D1"}


def test_that_no_target_is_set_is_said_only_where_it_is_asked() -> None:
    unset = [
        claim for claim in of_nothing() if claim["aspect"] == "target" and not claim["is_complete"]
    ]
    assert unset
    assert {claim["question"] for claim in unset} == {"targets"}


def test_what_was_not_received_a_section_says_once_and_who_sends_it() -> None:
    marac = [claim for claim in of_nothing() if claim["section"] == "marac"]
    assert {claim["area_code"]: claim["sentence"] for claim in marac} == {
        code: f"There is no figure of MARAC cases for {name} in 2010/11: no extract of the MARAC "
        "coordinator covers 2010/11 whole."
        for code, name in (("D1", "Here"), ("D2", "There"), ("P", "Hereabouts"), ("C", "Shire"))
    }
    asked = [
        claim
        for claim in of_nothing()
        if claim["question"] and claim["indicator_id"] == "all_crime" and claim["area_code"] == "D1"
    ]
    assert len([claim for claim in asked if "the police force covers" in claim["sentence"]]) >= 6


def test_from_nothing_there_is_no_percentage() -> None:
    assert "from none to 9" in changed("increase", 0, 9)
    assert "%" not in changed("no significant change", 0, 2)


def test_a_rate_that_moved_against_its_count_is_not_said_of_the_count() -> None:
    assert "rose for its residents" in changed("increase", 1000, 990)
    assert "fell for its residents" in changed("decrease", 1000, 1010)


@settings(max_examples=12, deadline=None)
@given(
    verdict=st.sampled_from(["increase", "decrease", "no significant change", "not certain"]),
    before=st.integers(0, 5000),
    after=st.integers(0, 5000),
)
def test_only_a_verdict_makes_a_count_rise_or_fall(verdict: str, before: int, after: int) -> None:
    sentence = changed(verdict, before, after)
    assert not re.search(r"[{}]|  ", sentence)
    if verdict.startswith("no"):
        assert not re.search(r"\b(rose|fell)\b", sentence)
        assert "no clear change" in sentence or "no certain change" in sentence
    elif before and (after > before) == (verdict == "increase") and after != before:
        assert ("rose by" if verdict == "increase" else "fell by") in sentence
        assert f"from {before:,} to {after:,}" in sentence


def test_mainly_is_the_contribution_s_word() -> None:
    part = {"category": "robbery", "category_name": "Robbery", "numerator": -60, "ordering": 1}
    for verdict, percent, words in [
        ("mainly", 60.0, "was mainly that of robbery: \u221260 of \u2212100, 60.0\u00a0%"),
        ("in part", 40.0, "was in part that of robbery"),
        ("mainly", 160.0, "Robbery changed by more than the whole of"),
    ]:
        found = said(
            "crime_overview", "contribution", verdict=verdict, value=percent, denominator=-100,
            **part,
        )  # fmt: skip
        assert words in found
    word = macros().contribution_word
    assert _asked(word("-50", "-100")) == "in part"
    assert _asked(word("-51", "-100")) == "mainly"


def _asked(sql: str) -> Any:
    [(answer,)] = _con().sql(f"select {sql}").fetchall()
    return answer


def _bounds(verdict: str) -> str:
    return said(
        "hate", "bounds", indicator_id="hate_victims.gender", category="Male", ordering=1,
        area_type="county", area_code="C", verdict=verdict, value=66.7, numerator=680,
        denominator=1019, unknown=255, lowest_possible=53.4, highest_possible=73.4,
    )  # fmt: skip


def test_a_majority_says_how_many_are_unknown() -> None:
    majority = _bounds("majority")
    assert majority.startswith("The majority of hate reports")
    assert "between 53.4\u00a0% and 73.4\u00a0% (255 unknown)" in majority
    for verdict in ("no majority", "cannot be said"):
        assert "255 unknown" in _bounds(verdict)
        assert not re.search(r"^The majority|\bmost\b", _bounds(verdict))


def test_a_share_with_unknowns_says_how_many() -> None:
    found = said(
        "alcohol", "share", indicator_id="alcohol_share", verdict="with unknowns", value=7.139,
        numerator=350, denominator=4903, unknown=97, lowest_possible=7.0, highest_possible=8.94,
    )  # fmt: skip
    assert "stood at 7.1\u00a0% (350 of 4,903) of what is known" in found
    assert (
        "97 records do not say, so that of all it lies between 7.0\u00a0% and 8.9\u00a0%" in found
    )


@pytest.mark.parametrize(
    ("rank", "rank_of", "tied", "word"),
    [
        (1, 7, 1, "highest"), (1, 7, 2, "highest, tied"), (7, 7, 1, "lowest"),
        (6, 7, 2, "lowest, tied"), (3, 7, 1, "between"), (3, 7, 2, "between, tied"),
        (1, 1, 1, "alone"), (1, 4, 4, "all alike"),
    ],
)  # fmt: skip
def test_a_rank_has_its_word(rank: int, rank_of: int, tied: int, word: str) -> None:
    assert _asked(macros().rank_word(str(rank), str(rank_of), str(tied))) == word


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(0, 5), min_size=1, max_size=9), at=st.integers(0, 8))
def test_highest_and_lowest_are_so_among_all(values: list[int], at: int) -> None:
    own = values[at % len(values)]
    rank = 1 + sum(other > own for other in values)
    word = _asked(macros().rank_word(str(rank), str(len(values)), str(values.count(own))))
    others = [value for value in values if value != own]
    assert word.startswith("highest") == (bool(others) and own == max(values))
    assert word.startswith("lowest") == (bool(others) and own == min(values))
    assert (word == "alone") == (len(values) == 1)
    assert (word == "all alike") == (len(values) > 1 and not others)
    assert word.endswith(", tied") == (bool(others) and values.count(own) > 1)


def test_ties_are_named_with_how_many_there_are() -> None:
    found = said(
        "crime_overview", "rank", comparator_type="county", comparator_name="Shire",
        verdict="highest, tied", value=1, numerator=1, denominator=7, names="Here, There",
    )  # fmt: skip
    assert "the highest of the 7 areas of Shire" in found
    assert "level with others (Here, There)" in found


@pytest.mark.parametrize(
    ("rank", "rank_of", "words"),
    [(2, 7, "second highest"), (6, 7, "second lowest"), (13, 27, "13th highest"),
     (22, 100, "22nd highest"), (1, 7, "highest"), (7, 7, "lowest")],
)  # fmt: skip
def test_a_rank_is_counted_from_the_nearer_end(rank: int, rank_of: int, words: str) -> None:
    assert _asked(macros().said_rank(str(rank), str(rank_of))) == words


def test_better_and_worse_are_the_judgement_s() -> None:
    value: Claim = {
        "comparator_type": "county", "comparator_name": "Shire", "verdict": "higher",
        "value": 9.5, "comparator_value": 7.5,
    }  # fmt: skip
    assert said("crime_overview", "comparison", judgement="worse", **value).endswith(
        "9.5 against 7.5\u00a0per\u00a01,000 residents, which is worse."
    )
    neutral = said("crime_overview", "comparison", judgement="none", **value)
    assert not re.search("better|worse", neutral)


def test_significantly_names_its_limit() -> None:
    words = [row["template"] for row in seed_rows("assessment_wording")]
    found = [text for text in words if "significant" in text]
    assert found
    assert all("{limit}" in text for text in found)


@settings(max_examples=80, deadline=None)
@given(percent=st.floats(0, 100, allow_nan=False), whole=st.integers(1, 5000))
def test_a_share_is_a_fraction_only_within_a_point_and_has_its_cases(
    percent: float, whole: int
) -> None:
    cases = round(whole * percent / 100)
    share = 100 * cases / whole
    found = _asked(macros().said_share(repr(share), str(cases), str(whole), "1"))
    assert f"{cases:,} of {whole:,})" in found
    assert f"{_rounded(share)}\u00a0%" in found
    fractions = {
        "one tenth": 10, "one fifth": 20, "one quarter": 25, "one third": 100 / 3,
        "two fifths": 40, "one half": 50, "three fifths": 60, "two thirds": 200 / 3,
        "three quarters": 75, "four fifths": 80, "nine tenths": 90,
    }  # fmt: skip
    near = [word for word, of in fractions.items() if abs(share - of) < 1 - 1e-9]
    assert [word for word in fractions if found.startswith(f"{word} (")] == near or (
        any(abs(abs(share - of) - 1) <= 1e-9 for of in fractions.values())
    )


def _rounded(number: float) -> str:
    exact = Decimal(repr(number)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{exact + 0:,.1f}".replace("-", "\u2212")


@settings(max_examples=150, deadline=None)
@given(number=st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 6)))
def test_every_number_is_rounded_half_up_once(number: float) -> None:
    assert _asked(macros().said_number(repr(number))) == _rounded(number)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (
            "met",
            "was met: 900 against a target of at most 950 (\u22125.0\u00a0% on 1,000 in 2009/10)",
        ),
        ("not met", "was not met: 900 against"),
        ("not yet known", "is not yet known: the target is for 2011/12"),
    ],
)
def test_a_target_has_its_status_with_the_baseline(verdict: str, words: str) -> None:
    found = said(
        "conclusion", "target", verdict=verdict, category="t", value=-5.0, previous_value=1000.0,
        comparator_value=950.0, numerator=900, names="2009/10", comparator_name="2010/11",
        reason="the target is for 2011/12",
    )  # fmt: skip
    assert words in found


def test_where_there_is_no_figure_the_claim_says_why() -> None:
    found = claims()
    assert found
    own = [claim for claim in found if claim["verdict"] != "no figure"]
    assert own == []
    assert all(claim["reason"] and not claim["is_complete"] for claim in found)
    without_target = [claim for claim in found if claim["aspect"] != "target"]
    assert all(claim["reason"] in claim["sentence"] for claim in without_target)


def test_every_cell_of_questions_and_topics_has_a_claim() -> None:
    found = {
        (claim["section"], claim["question"])
        for claim in claims()
        if claim["area_code"] == "D1" and claim["section"].startswith("appendix_a")
    }
    assert len(found) == 14 * 6


def test_claims_have_one_readable_name_each() -> None:
    ids = [claim["claim_id"] for claim in of_nothing()]
    assert len(set(ids)) == len(ids)
    assert "crime_overview.all_crime.value.D1.2010-11" in ids
    assert all(re.fullmatch(r"[\w.&+-]+", name) for name in ids)


def test_a_target_missed_comes_first() -> None:
    def weight(aspect: str, verdict: str, size: float) -> float:
        return float(_asked(macros().claim_importance(f"'{aspect}'", f"'{verdict}'", repr(size))))

    assert weight("target", "not met", 1) > weight("change", "increase", 1.5)
    assert weight("change", "increase", 1.5) > weight("change", "no significant change", 2)
    assert weight("change", "decrease", 0.5) == weight("change", "increase", 2)
    assert weight("change", "decrease", 0.01) == weight("change", "decrease", 0.5)
    assert weight("target", "not met", 1) > weight("target", "met", 1) > 0


def test_templates_hold_slots_and_no_numbers() -> None:
    for row in seed_rows("assessment_wording"):
        assert not re.search(r"\d", row["template"]), row["template"]


def test_a_verdict_without_words_stops_the_build() -> None:
    con = _con()
    found = claims({"indicator_id": "all_crime", "aspect": "trend", "verdict": "sideways"})
    assert any(claim["sentence"] is None for claim in found)
    stops = con.sql(model("assert_every_claim_has_its_words")).fetchall()
    assert {(row[0], row[1]) for row in stops} == {("trend", "sideways")}
    answered = con.sql(model("assert_every_question_is_answered")).fetchall()
    assert answered == []
    con.execute("begin; delete from assessment_section where question = 'places'")
    unanswered = con.sql(model("assert_every_question_is_answered")).fetchall()
    con.execute("rollback")
    assert len(unanswered) == 14 * 4
