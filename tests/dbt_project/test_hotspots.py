"""Gi* and the funnel agree with published vectors."""

import math
from pathlib import Path

import pytest
from scipy.stats import gamma, poisson

from tests.dbt_project.rendering import asked, connection, macros


def test_gi_star_on_a_grid_is_esdas(shared: Path) -> None:
    vectors = shared / "oracles" / "gistar" / "grid6x6_queen.csv"
    con = connection()
    con.execute(f"create table grid as select * from read_csv('{vectors}')")
    con.execute(
        "create table areas as select 'all' as group_id, cell as area_code, count as x from grid"
    )
    con.execute(
        """
        create table neighbours as
        select own.cell as area_code, near.cell as neighbour_code
        from grid as own join grid as near
            on abs(own."row" - near."row") <= 1 and abs(own."col" - near."col") <= 1
            and own.cell <> near.cell
        """
    )
    gi_star = macros().gi_star("areas", "neighbours")
    rows = con.sql(
        f'select "Gstar_Z", gi_star_z from ({gi_star}) as own join grid on own.area_code = cell'
    ).fetchall()
    assert len(rows) == 36
    for expected, own in rows:
        assert own == pytest.approx(expected, rel=1e-9)


def test_gi_star_on_points_is_esdas(shared: Path) -> None:
    vectors = shared / "oracles" / "gistar" / "esda_points.csv"
    con = connection()
    con.execute(f"create table points as select * from read_csv('{vectors}')")
    con.execute(
        "create table areas as select 'all' as group_id, i as area_code, value as x from points"
    )
    # esda's own test joins points within a distance of 15.
    con.execute(
        """
        create table neighbours as
        select own.i as area_code, near.i as neighbour_code
        from points as own join points as near
            on sqrt((own.x - near.x) ** 2 + (own.y - near.y) ** 2) <= 15 and own.i <> near.i
        """
    )
    gi_star = macros().gi_star("areas", "neighbours")
    rows = con.sql(
        f'select "Z_Gstar_binary", gi_star_z from ({gi_star}) as own join points on area_code = i'
    ).fetchall()
    assert len(rows) == 6
    for expected, own in rows:
        assert own == pytest.approx(expected, abs=1e-6)


def test_equal_values_have_no_gi_star() -> None:
    con = connection()
    con.execute(
        "create table areas as select 'g' as group_id, i as area_code, 4 as x from range(5) t(i)"
    )
    con.execute("create table neighbours as select 0 as area_code, 1 as neighbour_code")
    rows = con.sql(macros().gi_star("areas", "neighbours")).fetchall()
    assert {row[2] for row in rows} == {None}


@pytest.mark.parametrize("expected", [0.3, 1.0, 2.5, 10.0, 87.6, 400.0])
def test_a_hotspot_is_above_the_exact_poisson_limit(expected: float) -> None:
    """By the definition: more events than the quantile of a Poisson of that mean."""
    hotspot_class = macros().hotspot_class("events", "expected", "1")
    rows = asked(f"""
        select events, {hotspot_class}
        from (select i as events, {expected} as expected from range(0, 600) as t(i))
        """)
    for events, own in rows:
        if events < 5:
            by_definition = "too few events"
        elif events <= expected:
            by_definition = "not above average"
        elif events > poisson.ppf(0.999, expected):
            by_definition = "significantly high"
        elif events > poisson.ppf(0.975, expected):
            by_definition = "very high"
        else:
            by_definition = "above average"
        assert own == by_definition, (events, expected)


@pytest.mark.parametrize("dispersion", [1.3, 2.0, 3.5])
def test_the_funnel_is_as_wide_as_months_vary(dispersion: float) -> None:
    """The lower limit of the count, further away by the root of the dispersion on the logarithm."""
    hotspot_class = macros().hotspot_class("events", "10", f"{dispersion}")
    rows = asked(
        f"select events, {hotspot_class} from (select i as events from range(5, 60) t (i))"
    )
    seen = set()
    for events, own in rows:
        lower = {
            tail: events * (gamma.ppf(tail, events) / events) ** math.sqrt(dispersion)
            for tail in (0.001, 0.025)
        }
        if events <= 10:
            by_definition = "not above average"
        elif lower[0.001] > 10:
            by_definition = "significantly high"
        elif lower[0.025] > 10:
            by_definition = "very high"
        else:
            by_definition = "above average"
        assert own == by_definition, events
        seen.add(own)
    assert len(seen) == 4


def test_the_funnel_agrees_with_pheindicatormethods(shared: Path) -> None:
    """Their standardised ratios against ours: observed events around an expected number."""
    vectors = shared / "oracles" / "phe" / "testdata_funnel_ratio_inputs.csv"
    hotspot_class = macros().hotspot_class("obs", "expected", "1")
    rows = asked(f"select obs, expected, significance, {hotspot_class} from read_csv('{vectors}')")
    ours = {
        "High (0.001)": {"significantly high"},
        "High (0.025)": {"very high"},
        "Not significant": {"above average", "not above average"},
        "Low (0.025)": {"not above average"},
        "Low (0.001)": {"not above average"},
    }
    assert len(rows) > 100
    for observed, expected, significance, own in rows:
        wanted = {"too few events"} if observed < 5 else ours[significance]
        assert own in wanted, (observed, expected, significance)
