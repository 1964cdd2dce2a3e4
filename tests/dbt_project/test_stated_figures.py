"""How a published figure is read, matched and judged, on invented figures."""

import math
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import connection, macros, model
from warehouse.seeds import SEEDS


@cache
def _con() -> duckdb.DuckDBPyConnection:
    return connection()


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    _con().close()
    _con.cache_clear()


def _said(expression: str) -> Any:
    [(value,)] = _con().sql(f"select {expression}").fetchall()
    return value


@pytest.mark.parametrize(
    ("text", "kind", "number", "decimals"),
    [
        ("5,000", "number", 5000.0, 0),
        ("-11", "number", -11.0, 0),
        ("+2", "number", 2.0, 0),
        ("14 %", "number", 14.0, 0),
        ("17.2%", "number", 17.2, 1),
        ("~1500", "about", 1500.0, 0),
        ("1/3", "fraction", 100 / 3, 0),
        (">10", "threshold", 10.0, 0),
        ("> 1/2", "threshold_fraction", 50.0, 0),
        ("downwards", "word", None, 0),
        ("second lowest", "word", None, 0),
    ],
)
def test_a_stated_text_is_read(text: str, kind: str, number: float | None, decimals: int) -> None:
    sql, quoted = macros(), f"'{text}'"
    assert _said(sql.stated_kind(quoted)) == kind
    assert _said(sql.stated_number(quoted)) == (
        None if number is None else pytest.approx(number, rel=1e-12)
    )
    assert _said(sql.stated_decimals(quoted)) == decimals


def test_nothing_stated_is_of_no_kind() -> None:
    sql = macros()
    assert _said(sql.stated_kind("null::varchar")) is None
    assert _said(sql.stated_number("null::varchar")) is None


@pytest.mark.parametrize(
    ("number", "decimals", "rounded"),
    [
        (62.5, 0, 63),
        (-62.5, 0, -63),
        (2.5, 0, 3),
        (1.005, 2, 1.01),
        (-4.7619, 0, -5),
        (0.05, 1, 0.1),
    ],
)
def test_rounding_is_half_up_in_decimal(number: float, decimals: int, rounded: float) -> None:
    assert _said(macros().half_up(repr(number), str(decimals))) == pytest.approx(rounded)


def _matches(kind: str, stated: float, recomputed: float, decimals: int = 0) -> bool:
    return bool(
        _said(macros().stated_matches(f"'{kind}'", repr(stated), str(decimals), repr(recomputed)))
    )


@pytest.mark.parametrize(
    ("share", "said"),
    [(33.3, 100 / 3), (30.0, 100 / 3), (26.0, 25.0), (20.0, 20.0), (66.6, 200 / 3)],
)
def test_a_fraction_is_the_nearest_that_people_say(share: float, said: float) -> None:
    assert _matches("fraction", said, share)
    others = {20.0, 25.0, 100 / 3, 50.0, 200 / 3} - {said}
    assert not any(_matches("fraction", other, share) for other in others)


def test_a_threshold_holds_above_it_and_about_within_a_tenth() -> None:
    assert _matches("threshold", 10.0, 11.0)
    assert not _matches("threshold", 10.0, 10.0)
    assert _matches("about", 1500.0, 1565.6)
    assert not _matches("about", 1500.0, 1700.0)


@settings(max_examples=150, deadline=None)
@given(
    value=st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 9)),
    decimals=st.integers(0, 3),
)
def test_whatever_is_rounded_as_people_round_is_reproduced(value: float, decimals: int) -> None:
    step = Decimal(1).scaleb(-decimals)
    stated = float(Decimal(repr(value)).quantize(step, ROUND_HALF_UP))
    assert _matches("number", stated, value, decimals)
    assert not _matches("number", stated + float(step), value, decimals)


# The models of figures over tables by hand. An invented document of an invented place.

COLUMNS = (
    "figure_id", "statement", "area_code", "area_name", "period_label", "indicator_id", "aspect",
    "stated_value", "source_status",
)  # fmt: skip
FIGURES = [
    ("F01", "Crime fell by 10 %", "D1", "Here", "2010/11", "crime", "change_percent", "-10", None),
    ("F02", "Crime fell by 12 %", "D1", "Here", "2010/11", "crime", "change_percent", "-12", None),
    ("F03", "Up by 15 %", "C", "Shire", "2010/11", "reports", "change_on_baseline", "15", None),
    ("F04", "Difference 1.4", "C", "Shire", "2010/11", "ethnic.White", "difference", "1.4", None),
    ("F05", "A rate of 55", "D1", "Here", "2010/11", "crime", "value", "55", None),
    ("F06", "185 cases here", "D1", "Here", "2010/11", "cases", "numerator", "185", None),
    ("F07", "185 cases in the shire", "C", "Shire", "2010/11", "cases", "numerator", "185", None),
    ("F08", "90 crimes", "D1", "Here", "2010/11", "crime", "numerator", "90", None),
    ("F09", "99 fires", "D1", "Here", "2010/11", "fires", "numerator", "99", None),
    ("F10", "3 strikes", "D1", "Here", "2010/11", "strikes", "numerator", "3", None),
    ("F11", "Partners: a; b; c", "D1", "Here", "2010/11", "document", "items_listed", "3", None),
    ("F12", "Chapters: a; b", "D1", "Here", "2010/11", "document", "items_listed", "2", None),
    ("F13", "80 % of incidents", "D1", "Here", "2010/11", "share", "value", "80",
     "inconsistent: an incident is no offence"),
    ("F14", "Most are white", "C", "Shire", "2010/11", "victims.White", "majority",
     "majority", None),
    ("F15", "Downwards", "D1", "Here", "2010/11", "crime", "trend", "downwards", None),
    ("F16", "The highest", None, "Retail Park", "2010/11", "fires", "numerator", "7", None),
    ("F17", "Some words", "D1", "Here", "2010/11", None, None, None, None),
    ("F18", "A third", "D1", "Here", "2010/11", "thirds", "value", "1/3", None),
    ("F19", "33 %", "D1", "Here", "2010/11", "thirds", "value", "33", None),
    ("F20", "63 % of offences and incidents", "D1", "Here", "2010/11", "hate", "share_of_reports",
     "63", None),
    ("F21", "50 of 88 offences and incidents", "D1", "Here", "2010/11", "hate_too",
     "share_of_reports", "57", None),
    ("F22", "50 from the police", "C", "Shire", "2010/11", "marac_referrals.Police", "numerator",
     "50", None),
    ("F23", "134 from advisors", "C", "Shire", "2010/11", "marac_referrals.Advisor", "numerator",
     "134", None),
    ("F24", "185 MARAC cases", "C", "Shire", "2010/11", "marac_cases", "numerator", "185", None),
    ("F25", "20 from the police", "D1", "Here", "2010/11", "marac_referrals.Police", "numerator",
     "20", None),
    ("F26", "30 MARAC cases", "D1", "Here", "2010/11", "marac_cases", "numerator", "30", None),
    ("F27", "The fall is mainly of thefts, which fell by 10 %", "D1", "Here", "2010/11", "theft",
     "change_percent", "-10", None),
    ("F28", "The fall is mainly of fights, which fell by 30 %", "D1", "Here", "2010/11", "fight",
     "change_percent", "-30", None),
    ("F29", "An all-time low", "D1", "Here", "2010/11", "cars", "record", "all-time low", None),
    ("F30", "An all-time high", "D1", "Here", "2010/11", "vans", "record", "all-time high", None),
    ("F31", "12 in the shire and the town", "C", "Shire and town", "2010/11", "seen", "numerator",
     "12", None),
]  # fmt: skip
RECOMPUTED = [
    ("crime", "change_percent", "D1", -10.0, None, 90, 100),
    ("reports", "change_on_baseline", "C", 100 * 186 / 1088, None, 1274, 1088),
    ("ethnic.White", "difference", "C", 1.47, None, 92.034, 90.564),
    ("crime", "value", "D1", 53.2, None, 5000, 93935),
    ("cases", "numerator", "D1", 25.0, None, 25, None),
    ("cases", "numerator", "C", 185.0, None, 185, None),
    ("crime", "numerator", "D1", 90.0, None, 90, None),
    ("fires", "numerator", "D1", 98.0, None, 98, None),
    ("share", "value", "D1", 80.0, None, 8, 10),
    ("victims.White", "majority", "C", None, None, None, None),
    ("crime", "trend", "D1", None, "decreasing", None, None),
    ("fires", "numerator", "L1", 7.0, None, 7, None),
    ("thirds", "value", "D1", 33.3, None, 1, 3),
    ("hate", "share_of_reports", "D1", 51.14, None, 45, 72),
    ("hate_too", "share_of_reports", "D1", 56.82, None, 50, 72),
    ("marac_referrals.Police", "numerator", "C", 50.0, None, None, None),
    ("marac_referrals.Advisor", "numerator", "C", 134.0, None, None, None),
    ("marac_cases", "numerator", "C", 185.0, None, None, None),
    ("marac_referrals.Police", "numerator", "D1", 20.0, None, None, None),
    ("marac_cases", "numerator", "D1", 30.0, None, None, None),
    ("theft", "change_percent", "D1", -10.0, None, 90, 100),
    ("fight", "change_percent", "D1", -30.0, None, 14, 20),
    ("cars", "record", "D1", None, "lowest", None, None),
    ("vans", "record", "D1", None, "lowest", None, None),
    ("seen", "numerator", "C", 12.0, None, 12, None),
]


@cache
def judged() -> dict[str, tuple[str, str]]:
    """Verdict and explanation of each invented figure."""
    con = connection()
    kinds = ", ".join(f"{name} varchar" for name in COLUMNS)
    con.execute(f"create table stg_partnership__published_figure ({kinds})")
    con.executemany(
        f"insert into stg_partnership__published_figure values ({', '.join('?' * 9)})", FIGURES
    )
    con.execute(
        "create table dim_area as select * from (values ('district', 'D1', 'Here', null), "
        "('county', 'C', 'Shire', null), ('lsoa', 'L1', 'Here 001A', 'Retail Park')) "
        "as a (area_type, area_code, area_name, local_name)"
    )
    con.execute(
        "create table int_recomputed_figure (indicator_id varchar, aspect varchar, "
        "area_code varchar, period_label varchar, number double, word varchar, made_of varchar, "
        "part_one double, part_two double)"
    )
    con.executemany(
        "insert into int_recomputed_figure values (?, ?, ?, '2010/11', ?, ?, 'made', ?, ?)",
        RECOMPUTED,
    )
    con.execute(
        "create table indicator_register as select id as indicator_id, 1 as indicator_version, "
        "name, 'rate' as kind, 1000 as multiplier from (values ('crime', 'All crime'), "
        "('theft', 'Theft'), ('fight', 'Fights')) as register (id, name)"
    )
    # Of a fall by 16, thefts are 10 and fights 6.
    con.execute(
        "create table change_contribution as select 'crime' as indicator_id, "
        "1 as indicator_version, part as part_indicator_id, 1 as part_indicator_version, "
        "'D1' as area_code, '2010/11' as period_label, -16 as change, change as part_change, "
        "-100e0 * change / 16 as contribution_percent, verdict from (values "
        "('theft', -10, 'mainly'), ('fight', -6, 'in part')) as parts (part, change, verdict)"
    )
    # One of the shire's cases has no agency; in Here another agency is not stated.
    con.execute(
        "create table marac_referrals as select * from (values ('C', '2010/11', 'Police'), "
        "('C', '2010/11', 'Advisor'), ('C', '2010/11', 'Not recorded'), "
        "('D1', '2010/11', 'Police'), ('D1', '2010/11', 'Housing')) "
        "as referrals (area_code, period_label, referring_agency)"
    )
    con.execute(
        "create table int_population_estimate as select * from (values "
        "('district', 'D1', 2001, 90361), ('district', 'D1', 2005, 91721), "
        "('district', 'D1', 2010, 93935)) "
        "as p (area_type, area_code, mid_year, population)"
    )
    con.execute(f"create table stated_aspect as from '{SEEDS / 'stated_aspect.csv'}'")
    con.execute(f"create table int_stated_figure as {model('int_stated_figure')}")
    rows = con.sql(
        f"select figure_id, verdict, explanation from ({model('int_judged_figure')})"
    ).fetchall()
    return {figure: (verdict, explanation) for figure, verdict, explanation in rows}


def test_each_figure_is_judged_once() -> None:
    assert sorted(judged()) == [row[0] for row in FIGURES]
    assert all(explanation for _, explanation in judged().values())


@pytest.mark.parametrize(
    "figure",
    [
        "F08",
        "F11",
        "F12",
        "F15",
        "F16",
        "F18",
        "F19",
        "F21",
        "F22",
        "F24",
        "F25",
        "F26",
        "F27",
        "F31",
    ],
)
def test_a_sound_figure_is_reproduced_and_not_flagged(figure: str) -> None:
    """Also lists of different lengths, a place found by its name, a third beside 33 %, parts of
    which one is not stated, a part that is over half of the change."""
    assert judged()[figure][0] == "reproduced"


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        ("F01", "F02 says -12"),
        ("F02", "F01 says -10"),
        ("F03", "divided by the end value"),
        ("F04", "rounded before they were subtracted"),
        ("F05", "mid-2001, 2005"),
        ("F06", "fits only the other area it is stated for, Shire in F07"),
        ("F07", "same number is stated for Here in F06"),
        ("F13", "An incident is no offence"),
        ("F20", "fits only the offences (45 of 72), not the offences and incidents"),
        ("F23", "50 in F22 and 134 in F23, are 184 of the 185 in F24"),
        ("F28", "said to be mainly the change of All crime, and is 37.5 % of it"),
    ],
)
def test_a_fault_is_found_and_named(figure: str, why: str) -> None:
    verdict, explanation = judged()[figure]
    assert verdict == "inconsistent in source"
    assert why in explanation


def test_a_mere_mismatch_differs() -> None:
    assert judged()["F09"] == ("differs", "Stated 99, but recomputed 98 (made).")
    assert judged()["F30"][0] == "differs", "the lowest of the years held is no high of all time"


def test_what_a_change_is_mainly_of_and_whose_figure_it_is_stand_beside_it() -> None:
    assert judged()["F27"][1].endswith(
        " It is -10 of the change of All crime by -16, 62.5 %: mainly."
    )
    assert judged()["F31"][1].endswith(
        " It is stated of Shire and town; what is recomputed is of Shire."
    )


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        ("F10", "The warehouse has no numerator of strikes"),
        ("F14", "No majority can be claimed or denied"),
        ("F17", "states no figure"),
        ("F29", "of all time nothing can be said"),
    ],
)
def test_what_cannot_be_computed_says_why(figure: str, why: str) -> None:
    verdict, explanation = judged()[figure]
    assert verdict == "not computable"
    assert why in explanation


def test_rounding_by_hand_is_what_the_reading_uses() -> None:
    assert math.isclose(_said(macros().half_up("186e0 / 1088 * 100", "0")), 17.0)
