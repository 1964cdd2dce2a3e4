"""How much more months vary than by chance agrees with the vectors."""

from pathlib import Path

import pytest

from tests.dbt_project.rendering import asked, macros


def _dispersion_of(cells: str) -> str:
    return f"with cells as ({cells}) select * from ({macros().pearson_dispersion('cells')})"


def test_dispersion_agrees_with_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated"
    own = _dispersion_of(
        f"""select "case" as group_id, area_year, month, events
        from read_csv('{vectors / "dispersion_counts.csv"}')"""
    )
    rows = asked(f"""
        select
            "case", area_years_used, expected.degrees_of_freedom, expected.dispersion,
            own.area_years, own.degrees_of_freedom, own.dispersion
        from read_csv('{vectors / "dispersion_expected.csv"}') as expected
        left join ({own}) as own on "case" = own.group_id
        """)
    assert len(rows) >= 3
    for case, area_years, degrees, dispersion, *found in rows:
        assert found[:2] == [area_years, degrees], case
        assert found[2] == pytest.approx(dispersion, rel=1e-9), case


def test_months_alike_are_never_under_one() -> None:
    [row] = asked(
        _dispersion_of("""
        select 'g' as group_id, year as area_year, month, 10 as events
        from range(8) years (year), range(1, 13) months (month)
        """)
    )
    assert row[1:] == (8, 960, 77, 1.0)
