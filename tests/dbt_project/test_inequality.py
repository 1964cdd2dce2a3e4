"""The slope and relative index of inequality agree with PHEindicatormethods; concentration."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.dbt_project.rendering import asked, connection, macros
from warehouse import distributions

VECTORS = "testdata_SII__testdata_SII.csv"
# Their rates are drawn on the logarithm, their proportions on the logit; the straight line itself
# is through the values as they are, unless the case says that it transforms them.
SCALED_ERROR = (
    '"StandardError" * case "ValueType" when 1 then "Value" when 2 then "Value" * (1 - "Value") '
    "else 1 end"
)


def _indices(vectors: Path) -> list[tuple[str, tuple[float, ...], tuple[float, ...]]]:
    """Per case of theirs that transforms nothing: what it is, their figures and ours, where ours
    are turned to their direction: the least deprived less, and over, the most."""
    con = connection()
    con.execute(
        f'create table given as select * replace ("Value"::double as "Value"), '
        f'"TestDescription" || \', \' || "Area" as group_id, "Quantile"::int as class_number '
        f"from read_csv('{vectors}', all_varchar = false, types = {{'Confidence': 'varchar'}}) "
        "where \"TestDescription\" not like '%transform%' "
        "and \"TestDescription\" not like '%handling%'"
    )
    con.execute(
        'create table classes as select group_id, class_number, "Population" as population, '
        f'"Value" as value, {SCALED_ERROR} as standard_error from given'
    )
    found = con.sql(
        f"""
        select
            given.group_id,
            case when given.group_id like '%(x -100)%' then -100e0
                when given.group_id like '%(x 100)%' then 100e0 else 1e0 end,
            given."Confidence", given.sii, given.rii, given.sii_lowercl_1, given.sii_uppercl_1,
            given.rii_lowercl_1, given.rii_uppercl_1, given."Intercept", own.slope_index,
            own.slope_lower_95, own.slope_upper_95, own.relative_index, own.relative_lower_95,
            own.relative_upper_95, own.most_deprived
        from given
        inner join ({macros().slope_index("classes")}) as own using (group_id)
        where given.sii is not null
        """
    ).fetchall()
    cases = []
    for group, multiplier, confidence, *theirs, sii, low, up, rii, rii_low, rii_up, most in found:
        if multiplier < 0:
            own = (-multiplier * sii, rii, -multiplier * low, -multiplier * up, rii_low, rii_up)
        else:
            own = (
                -multiplier * sii, 1 / rii, -multiplier * up, -multiplier * low, 1 / rii_up,
                1 / rii_low,
            )  # fmt: skip
        *theirs, intercept = theirs
        if not confidence.startswith(("95", "c(95")):
            theirs[2:] = [None] * 4
        cases.append((group, (*theirs, intercept), (*own, most)))
    return cases


def test_slope_and_relative_index_agree_with_pheindicatormethods(shared: Path) -> None:
    cases = _indices(shared / "oracles" / "phe" / VECTORS)
    assert len(cases) >= 20
    for group, theirs, own in cases:
        assert own[:2] == pytest.approx(theirs[:2], rel=1e-6), group
        if theirs[-1] is not None:
            assert own[-1] == pytest.approx(theirs[-1], rel=1e-6), group


def test_their_simulated_limits_are_near_the_closed_form(shared: Path) -> None:
    """Within 1 % of the slope's own width, and of the ratio: theirs are of random draws."""
    compared = 0
    for group, theirs, own in _indices(shared / "oracles" / "phe" / VECTORS):
        limits = [value for value in theirs[2:6] if value is not None]
        if not limits:
            continue
        width = theirs[3] - theirs[2]
        assert own[2:4] == pytest.approx(theirs[2:4], abs=0.015 * width), group
        assert own[4:6] == pytest.approx(theirs[4:6], rel=0.01), group
        compared += 1
    assert compared >= 10


def test_a_straight_line_is_found_as_it_is() -> None:
    """Unequal classes on the line 105 - 100 x: 105 at one end, 5 at the other."""
    slope_index = macros().slope_index("classes")
    [row] = asked(
        f"""
        with people as (
            select i as class_number, 100 * (i + 1) as population from range(1, 11) as t(i)
        ),
        classes as (
            select
                'g' as group_id, class_number, population, 0.1 as standard_error,
                105 - 100 * (sum(population) over (order by class_number) - population / 2)
                / sum(population) over () as value
            from people
        )
        select most_deprived, least_deprived, slope_index, relative_index from ({slope_index})
        """
    )
    assert row == pytest.approx((105, 5, 100, 21), rel=1e-9)


def test_limits_cover_as_often_as_they_say() -> None:
    """Of 2,000 draws of Poisson counts around a known gradient 95 % hold the truth."""
    rng = np.random.default_rng(7)
    truth = 12 - 8 * (np.arange(10) + 0.5) / 10
    counts = rng.poisson(truth * 12, size=(2000, 10)).reshape(-1)
    drawn = pd.DataFrame(
        {
            "group_id": np.repeat(np.arange(2000), 10),
            "class_number": np.tile(np.arange(10), 2000),
            "population": 12_000,
            "value": counts / 12,
            "standard_error": np.sqrt(counts) / 12,
        }
    )
    with connection() as con:
        con.register("classes", drawn)
        [(slope, ratio)] = con.sql(
            "select avg((slope_lower_95 <= 8 and 8 <= slope_upper_95)::int), "
            "avg((relative_lower_95 <= 3 and 3 <= relative_upper_95)::int) "
            f"from ({macros().slope_index('classes')})"
        ).fetchall()
    assert slope == pytest.approx(0.95, abs=0.015)
    assert ratio == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("events", "places", "largest"),
    [(20, 60, 3), (60, 60, 3), (300, 60, 3), (3000, 60, 3), (25, 400, 20), (2000, 400, 20)],
)
def test_what_chance_puts_in_the_fullest_places(events: int, places: int, largest: int) -> None:
    """The mean of multinomial draws, within 3 %: the fewer the events, the less exact."""
    rng = np.random.default_rng(11)
    draws = np.sort(rng.multinomial(events, np.full(places, 1 / places), size=4000), axis=1)
    expected = draws[:, -largest:].sum(axis=1).mean()
    own = distributions.expected_in_largest(
        np.array([float(events)]), np.array([float(places)]), np.array([float(largest)])
    )[0]
    assert own == pytest.approx(expected, rel=0.03)


def test_all_places_hold_all_events_and_none_hold_none() -> None:
    own = distributions.expected_in_largest(
        np.array([50.0, 0.0, 5.0, np.nan, 50.0]),
        np.array([7.0, 7.0, 1.0, 7.0, 7.0]),
        np.array([7.0, 1.0, 1.0, 1.0, 8.0]),
    )
    assert own[[0, 2]] == pytest.approx([50.0, 5.0])
    assert np.isnan(own[[1, 3, 4]]).all()
