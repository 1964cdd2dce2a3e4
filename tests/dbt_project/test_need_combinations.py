"""Sets of needs and who offends again: other people's caseload through the project's own SQL."""

import itertools
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import asked, connection, macros, model

NEEDS = (
    "accommodation", "alcohol", "attitudes", "drugs", "education", "lifestyles", "relationships",
    "thinking",
)  # fmt: skip


@pytest.fixture(scope="module")
def con(shared: Path) -> duckdb.DuckDBPyConnection:
    """need_combination over the invented caseload of 2,500, all of one district and year."""
    caseload = shared / "oracles" / "chaid" / "synthetic_caseload.csv"
    con = connection()
    con.execute(
        "create table fct_offender_year as select offender_key as offender_id, "
        "date '2010-04-01' as period_start, date '2011-03-31' as period_end, "
        "date '2010-04-01' as financial_year_start, reoffended = 1 as has_reoffended, "
        f"'D' as district_code, null as geography_lsoa_code from read_csv('{caseload}')"
    )
    con.execute(
        "create table br_offender_need as select offender_key as offender_id, "
        "date '2010-04-01' as period_start, date '2011-03-31' as period_end, need, "
        f"said = 1 as is_identified from (unpivot (from read_csv('{caseload}')) "
        f"on {', '.join(NEEDS)} into name need value said)"
    )
    con.execute(
        "create table br_area_part as select 'D' as place_code, 'district' as area_type, "
        "'D' as area_code"
    )
    con.execute(
        "create table dim_area as select 'district' as area_type, 'D' as area_code, "
        "'D' as area_name"
    )
    con.execute(
        "create table int_feed_year as select 'probation/caseload' as feed, "
        "'district' as area_type, 'D' as area_code, date '2010-04-01' as period_start, "
        "date '2011-03-31' as period_end, '2010/11' as period_label, true as is_complete"
    )
    con.execute(f"create table int_need_set as {model('int_need_set')}")
    con.execute(f"create table need_combination as {model('need_combination')}")
    return con


def test_every_set_of_one_to_three_needs_is_looked_at(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.sql("select needs from int_need_set").fetchall()
    sets = {tuple(name.split("+")) for (name,) in rows}
    wanted = {each for size in (1, 2, 3) for each in itertools.combinations(NEEDS, size)}
    assert sets == wanted
    assert con.sql("select distinct sets_tested from need_combination").fetchall() == [(92,)]


def test_risk_ratios_agree_with_the_published_ones(
    con: duckdb.DuckDBPyConnection, shared: Path
) -> None:
    expected = shared / "oracles" / "chaid" / "need_combinations_expected.csv"
    rows = con.sql(
        "select e.needs, e.n_with, e.reoff_with, e.n_without, e.reoff_without, e.risk_ratio, "
        "c.offenders, c.reoffenders, c.others, c.other_reoffenders, c.risk_ratio "
        f"from read_csv('{expected}') as e left join need_combination as c on c.needs = "
        "array_to_string(list_sort(string_split(e.needs, ' + ')), '+')"
    ).fetchall()
    assert len(rows) > 50
    shown = 0
    for needs, with_, again, without, again_without, ratio, *own in rows:
        if with_ < 10:
            assert own == [None] * 5, f"{needs}: sets under ten are not shown"
            continue
        assert own[:4] == [with_, again, without, again_without], needs
        assert own[4] == pytest.approx(ratio, rel=1e-9), needs
        shown += 1
    assert shown > 50


def test_the_interaction_that_a_tree_misses_is_found(con: duckdb.DuckDBPyConnection) -> None:
    """CHAID splits by one need at a time; these three matter only together."""
    [(first, ratio, lower)] = con.sql(
        "select needs, risk_ratio, lower_95 from need_combination order by risk_ratio desc limit 1"
    ).fetchall()
    assert first == "attitudes+education+lifestyles"
    assert ratio > 3
    assert lower > 2


def _told_apart(
    con: duckdb.DuckDBPyConnection, offenders: list[tuple[bool, bool | None, bool | None]]
) -> dict[str, tuple[object, ...]]:
    """The row of each set, of who offended again or not and their needs of alcohol and drugs."""
    con.execute("delete from fct_offender_year; delete from br_offender_need")
    con.executemany(
        "insert into fct_offender_year values "
        "(?, '2010-04-01', '2011-03-31', '2010-04-01', ?, 'D')",
        [(number, again) for number, (again, _, _) in enumerate(offenders)],
    )
    con.executemany(
        "insert into br_offender_need values (?, '2010-04-01', '2011-03-31', ?, ?)",
        [
            (number, need, said)
            for number, (_, *needs) in enumerate(offenders)
            for need, said in zip(("alcohol", "drugs"), needs, strict=True)
            if said is not None
        ]
        or [(-1, "none", False)],
    )
    rows = con.sql(
        "select needs, offenders, reoffenders, others, other_reoffenders, unknown, risk_ratio, "
        f"lowest_possible, highest_possible from ({model('need_combination')})"
    ).fetchall()
    return {needs: tuple(row) for needs, *row in rows}


@settings(deadline=None, max_examples=25)
@given(
    more=st.lists(st.tuples(st.booleans(), *[st.sampled_from([True, False, None])] * 2), max_size=6)
)
def test_who_was_not_assessed_is_neither_in_the_set_nor_among_the_others(
    con: duckdb.DuckDBPyConnection, more: list[tuple[bool, bool | None, bool | None]]
) -> None:
    # Ten in each set, so that it is shown, and others of whom one offended again.
    offenders = [(n < 4, True, True) for n in range(10)] + [
        (True, False, False),
        (False, False, True),
    ]
    offenders += more
    con.execute("begin")
    try:
        found = _told_apart(con, offenders)["alcohol+drugs"]
    finally:
        con.execute("rollback")
    inside = [again for again, *needs in offenders if all(needs)]
    outside = [again for again, *needs in offenders if False in needs]
    open_ones = [again for again, *needs in offenders if not all(needs) and False not in needs]
    assert found[:5] == (len(inside), sum(inside), len(outside), sum(outside), len(open_ones))
    ratios = []
    for put in itertools.product([True, False], repeat=len(open_ones)):
        having = inside + [again for again, is_in in zip(open_ones, put, strict=True) if is_in]
        others = outside + [again for again, is_in in zip(open_ones, put, strict=True) if not is_in]
        ratios.append((sum(having) / len(having)) / (sum(others) / len(others)))
    assert found[6:] == pytest.approx((min(ratios), max(ratios)))


def test_limits_agree_with_the_published_ones(shared: Path) -> None:
    vectors = shared / "oracles" / "chaid" / "risk_ratio_expected.csv"
    sql = macros()
    four = ("exposed_events", "exposed_n", "unexposed_events", "unexposed_n")
    rows = asked(
        f"select risk_ratio, rr_lower95, rr_upper95, {sql.risk_ratio(*four)}, "
        f"{sql.risk_ratio_limit(*four, '-')}, {sql.risk_ratio_limit(*four, '+')} "
        f"from read_csv('{vectors}')"
    )
    assert rows
    for row in rows:
        assert row[3:] == pytest.approx(row[:3], rel=1e-9)


@pytest.mark.parametrize(
    ("a", "n", "c", "m", "ratio"), [(0, 10, 5, 50, 0.0), (3, 10, 0, 50, None), (1, 10, 0, 0, None)]
)
def test_nothing_is_divided_by_nothing(a: int, n: int, c: int, m: int, ratio: float | None) -> None:
    sql = macros()
    four = tuple(str(x) for x in (a, n, c, m))
    [(own, lower, upper)] = asked(
        f"select {sql.risk_ratio(*four)}, {sql.risk_ratio_limit(*four, '-')}, "
        f"{sql.risk_ratio_limit(*four, '+')}"
    )
    assert (own, lower, upper) == (ratio, None, None)
