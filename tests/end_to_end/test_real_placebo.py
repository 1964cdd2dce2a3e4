"""Halves of one real year between which nothing happened differ as often as the test promises."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from tests.dbt_project.rendering import connection, macros
from tests.end_to_end.conftest import COUNTY, FORCE_AREA, YEAR
from tests.end_to_end.running import frame
from warehouse.home import Home

pytestmark = pytest.mark.real_archive

# Every eleventh way to draw six of twelve months: 42, odd against even months among their kind.
HALVES = [list(half) for half in combinations(range(12), 6) if 0 in half][::11]


@pytest.mark.parametrize(
    ("area_type", "least"),
    # Each of only nine districts is a part of the season that it is held against.
    [("lsoa", 0.04), ("district", 0.035)],
)
def test_a_placebo_is_significant_as_often_as_it_should_be(
    real_home: Home, measured: pd.DataFrame, area_type: str, least: float
) -> None:
    """Of areas with events enough for the dispersion; exposed as the season of all of them says."""
    year = measured[measured["Month"].isin(YEAR)]
    area = {
        "lsoa": year["LSOA code"].where(year["district"].isin(COUNTY)),
        "district": year["district"].where(year["district"].isin(FORCE_AREA)),
    }[area_type]
    counts = year.groupby(["indicator", area.rename("area"), "Month"]).size()
    drawn = []
    for indicator, rows in counts.groupby("indicator"):
        months = rows.droplevel("indicator").unstack(fill_value=0).reindex(columns=YEAR)
        table = months.fillna(0).to_numpy(float)
        table = table[table.sum(axis=1) >= 12]
        whole = table.sum(axis=1)
        for half in HALVES if len(table) else []:
            before = table[:, half].sum(axis=1)
            exposures = {"exposure_before": before.sum(), "exposure_after": (whole - before).sum()}
            columns = {"indicator_id": indicator, "before": before, "after": whole - before}
            drawn.append(pd.DataFrame({**columns, **exposures}))
    dispersion = frame(
        real_home,
        "select indicator_id, dispersion from marts.indicator_dispersion "
        f"where area_type = '{area_type}'",
    )
    placebo = pd.concat(drawn).merge(dispersion, on="indicator_id", validate="many_to_one")
    both_years = ("before", "exposure_before", "after", "exposure_after")
    poisson = macros().count_change_p(*both_years)
    widened = macros().overdispersed_change_p(*both_years, "dispersion")
    with connection() as con:
        con.register("placebo", placebo)
        tests = con.execute(f"select {poisson} as exact, {widened} as widened from placebo").df()
    assert len(tests) > 5_000
    assert (tests["exact"] < 0.05).mean() > 0.09, "Poisson's test is too sure of itself"
    assert least < (np.maximum(tests["exact"], tests["widened"]) < 0.05).mean() < 0.06
