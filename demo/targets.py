"""The demo's targets, as the partnership and the police authority set them."""

from demo.extracts import Extract, Files
from demo.places import BLABY, COUNTY_CODE, FORCE_CODE

HEADER = (
    "target_id", "indicator_id", "area_code", "baseline_label", "baseline_value", "target_percent",
    "period_end",
)  # fmt: skip
TARGETS = (
    ("county-hate-reports", "hate_reports", COUNTY_CODE, "2007/08", "1088", "10", "2011-03-31"),
    ("force-all-crime", "all_crime", FORCE_CODE, "2010/11", "", "-5", "2012-03-31"),
    ("force-asb", "asb_incidents", FORCE_CODE, "2010/11", "", "-10", "2012-03-31"),
    ("force-domestic-burglary", "domestic_burglary", FORCE_CODE, "2010/11", "", "-8",
     "2012-03-31"),
    ("force-commercial-burglary", "commercial_burglary", FORCE_CODE, "2010/11", "", "-5",
     "2012-03-31"),
    ("blaby-all-crime", "all_crime", BLABY, "2009/10", "", "-5", "2011-03-31"),
    ("blaby-violence", "violence_against_the_person", BLABY, "2009/10", "", "-5", "2011-03-31"),
    ("blaby-criminal-damage", "criminal_damage", BLABY, "2009/10", "", "-5", "2011-03-31"),
    ("blaby-domestic-burglary", "domestic_burglary", BLABY, "2009/10", "", "-5", "2011-03-31"),
)  # fmt: skip
"""A blank baseline is the warehouse's own figure of that year."""


def target_files() -> Files:
    """The file of `landing/partnership/target/`."""
    return {"targets_2010-11.csv": Extract(HEADER, ()).file(TARGETS)}
