"""Where offenders live and where crime is: section 4.1 of the assessment, by another way."""

import numpy as np
import pandas as pd
import pytest

from tests.end_to_end.running import frame, partner
from warehouse.home import Home

INDICATORS = ("all_crime", "asb_incidents")


@pytest.fixture(scope="module")
def places(demo_home: Home) -> pd.DataFrame:
    """Per indicator and LSOA of 2010/11: district, events, residents and resident offenders."""
    hotspots = frame(
        demo_home,
        "select indicator_id, area_code, district_name, numerator, population from marts.hotspot "
        f"where period_label = '2010/11' and indicator_id in {INDICATORS}",
    )
    homes = frame(
        demo_home,
        "select category as area_code, offenders from marts.offender_profile "
        "where dimension = 'residence' and period_label = '2010/11' and area_type = 'district'",
    )
    table = hotspots.merge(homes, on="area_code", how="left").fillna({"offenders": 0})
    return table.assign(rate=table["numerator"] / table["population"])


def _highest(places: pd.DataFrame) -> pd.DataFrame:
    """The fifth of an area's LSOAs with the highest rates, one more where they do not divide."""
    ordered = places.sort_values(["rate", "area_code"], ascending=[False, True])
    return ordered.head(-(-len(ordered) // 5))


@pytest.mark.parametrize("indicator", INDICATORS)
def test_the_highest_fifth_of_each_district(
    indicator: str, places: pd.DataFrame, demo_home: Home
) -> None:
    own = places[places["indicator_id"] == indicator]
    found = frame(
        demo_home,
        "select * from marts.offender_residence where period_label = '2010/11' "
        f"and scope = 'district' and fifth = 1 and indicator_id = '{indicator}'",
    ).set_index("area_name")
    assert len(found) == 8
    whole = {name: _highest(rows) for name, rows in own.groupby("district_name")}
    whole["Leicestershire"] = pd.concat(list(whole.values()))
    for name, top in whole.items():
        area = own if name == "Leicestershire" else own[own["district_name"] == name]
        row = found.loc[str(name)]
        rest = area.drop(top.index)
        assert (row["lsoas"], row["offenders"]) == (len(top), top["offenders"].sum())
        assert row["known"] == area["offenders"].sum()
        ratio = (top["offenders"].sum() / top["population"].sum()) / (
            rest["offenders"].sum() / rest["population"].sum()
        )
        np.testing.assert_allclose(row["rate_ratio"], ratio, rtol=1e-9)
        np.testing.assert_allclose(
            row["rate"], 1000 * top["offenders"].sum() / top["population"].sum(), rtol=1e-9
        )
        np.testing.assert_allclose(
            row["percent"], 100 * top["offenders"].sum() / area["offenders"].sum(), rtol=1e-9
        )


def test_every_offender_with_a_known_home_is_in_one_fifth(demo_home: Home) -> None:
    rows = partner(
        demo_home,
        "select sum(offenders), any_value(known), count(distinct known), any_value(caseload), "
        "sum(percent) from marts.offender_residence group by area_code, period_label, "
        "indicator_id, scope",
    )
    assert len(rows) == 8 * 2 * 2 * 2
    for offenders, known, counts, caseload, percent in rows:
        assert (offenders, counts) == (known, 1)
        assert 0.9 * caseload < known <= caseload
        assert percent == pytest.approx(100)


def test_the_claim_of_the_assessment_holds_against_the_county(demo_home: Home) -> None:
    """Blaby's offenders are less likely to live in the areas with the highest rates of crime and
    anti-social behaviour than the county's; than Blaby's other residents, of crime that is open."""
    rows = partner(
        demo_home,
        "select indicator_id, verdict, ratio_lower_95 < 1 and 1 < ratio_upper_95 "
        "from marts.offender_residence where area_name = 'Blaby' and period_label = '2010/11' "
        "and scope = 'district' and fifth = 1 order by 1",
    )
    assert rows == [("all_crime", "lower", True), ("asb_incidents", "lower", False)]
