"""Where offenders live and where crime is: section 4.1 of the assessment."""

from tests.end_to_end.running import partner
from warehouse.home import Home


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
