"""The recent trend agrees with Fingertips and with PHEindicatormethods."""

from pathlib import Path

import duckdb
import pytest

from tests.dbt_project.rendering import connection, macros

POINTS = """
    create table points (
        series_id varchar, year_number integer, is_proportion boolean, value double,
        lower_95 double, upper_95 double, numerator double, denominator double
    )
"""


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connected = connection()
    connected.execute(POINTS)
    return connected


def _trends(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, object]]:
    result = con.sql(macros().recent_trend("points"))
    return {
        row[0]: dict(zip(result.columns[1:], row[1:], strict=True)) for row in result.fetchall()
    }


def test_fingertips_markers_and_chi_squares(shared: Path, con: duckdb.DuckDBPyConnection) -> None:
    vectors = shared / "oracles" / "fingertips" / "trend_markers.csv"
    con.execute(
        f"""
        insert into points
        select "case", year, method <> 'weighted', value, lower95, upper95, count, denominator
        from read_csv('{vectors}')
        """
    )
    expected = con.sql(
        f"select distinct \"case\", expected_chi2_2dp, expected_marker from read_csv('{vectors}')"
    ).fetchall()
    markers = {
        "increasing": "Increasing",
        "decreasing": "Decreasing",
        "no significant change": "NoChange",
        "cannot be calculated": "CannotBeCalculated",
    }
    trends = _trends(con)
    assert len(expected) == 4
    for case, chi_square, marker in expected:
        assert markers[str(trends[case]["direction"])] == marker, case
        if chi_square:
            # Their standard error divides the limits' width by 3.92, ours by twice 1.959964.
            theirs = (3.92 / (2 * 1.959963984540054)) ** 2 if case == "set1" else 1
            own = float(str(trends[case]["chi_square"])) * theirs
            assert own == pytest.approx(chi_square, abs=0.005), case


@pytest.mark.parametrize(
    ("name", "is_proportion", "group"),
    [
        ("other_trends", False, None),
        ("other_grouped", False, "Ethnicity"),
        ("other_6", False, None),
        ("prop_trends", True, None),
        ("prop_grouped", True, "Ethnicity"),
    ],
)
def test_pheindicatormethods_markers(
    shared: Path, con: duckdb.DuckDBPyConnection, name: str, is_proportion: bool, group: str | None
) -> None:
    vectors = shared / "oracles" / "phe_trend" / f"testdata_trend_markers__testdata_{name}.csv"
    series = f'"{group}"' if group else "'all'"
    columns = (
        '"Count" / "denominator" * 100, null, null, "Count", "denominator"'
        if is_proportion
        else '"Value", "LL", "UL", "Count", "Denominator"'
    )
    # The five years to each year that the vectors judge, whole and without gaps in either.
    con.execute(
        f"""
        insert into points
        with given as (
            select {series} as series, row_number() over (partition by {series} order by "Year")
                as position, *
            from read_csv('{vectors}')
        ),
        last as (
            select series, position from given
            where recent_trend is not null and recent_trend not like 'Cannot%'
        )
        select
            last.series, given.position, {is_proportion}, {columns}
        from last
        join given
            on given.series = last.series
            and given.position between last.position - 4 and last.position
        """
    )
    expected = con.sql(
        f"""
        select {series}, recent_trend, "Significance", "Gradient" from read_csv('{vectors}')
        where recent_trend is not null and recent_trend not like 'Cannot%'
        """
    ).fetchall()
    trends = _trends(con)
    assert expected
    for case, direction, chi_square, slope in expected:
        assert str(trends[case]["direction"]).lower() == direction.lower(), case
        assert trends[case]["chi_square"] == pytest.approx(chi_square, abs=0.0011), case
        if is_proportion:
            # Theirs is the slope of a logistic regression, ours of the shares: one sign.
            assert (float(str(trends[case]["slope"])) < 0) == (slope < 0), case
        else:
            assert trends[case]["slope"] == pytest.approx(slope, abs=0.0005), case


def test_one_year_cannot_make_a_trend(con: duckdb.DuckDBPyConnection) -> None:
    con.executemany(
        "insert into points values ('outlier', ?, false, ?, ?, ?, 10, 100)",
        # Falling, but for a last year so high and so certain that the whole line rises.
        [(1, 10, 9, 11), (2, 9.9, 9, 10.8), (3, 9.8, 9, 10.6), (4, 9.7, 9, 10.4), (5, 20, 19, 21)],
    )
    trend = _trends(con)["outlier"]
    assert float(str(trend["chi_square"])) > 9.5495
    assert trend["direction"] == "no significant change"
    assert trend["reason"] == "the direction depends on a single year"


def test_a_level_series_has_no_trend(con: duckdb.DuckDBPyConnection) -> None:
    con.executemany(
        "insert into points values ('level', ?, false, 0, 0, 3.7, 0, 100)",
        [(year,) for year in range(5)],
    )
    assert _trends(con)["level"]["direction"] == "no significant change"


def test_a_trend_is_the_same_to_the_last_digit_however_it_is_spread_over_threads() -> None:
    con = connection()
    con.execute(POINTS)
    con.execute(
        """
        insert into points
        select i::varchar, y, false, v, v * 0.9, v * 1.1, 10, 100
        from (
            select i, y, 1 + (hash(i, y) % 1000) / 77 as v
            from range(20000) as series(i), range(5) as years(y)
        )
        """
    )
    trend = macros().recent_trend("points")
    con.execute(f"create table first as {trend}")
    for _ in range(3):
        differ = con.execute(f"select count(*) from (from ({trend}) except from first)").fetchone()
        assert differ == (0,)
