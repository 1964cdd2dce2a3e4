"""The project's standards are readable, and a wrong row says what is wrong."""

import re
from datetime import date
from pathlib import Path

import pytest

from data_quality.standards import SEED, standard_from_row, standards_of_the_project
from data_quality.suites import checks_by_feed, checks_of, query_of

ROW: dict[str, object] = {
    "standard_id": "police.street_crime.lsoa_code",
    "partner": "police",
    "feed": "street_crime",
    "field": "lsoa_code",
    "threshold_percent": "95",
    "severity": "warning",
    "tolerated_not_stated_percent": "",
    "reason": "because",
    "since": "2013-05-01",
}


def test_the_street_crime_fields_of_the_issue_have_standards() -> None:
    standards = standards_of_the_project()
    fields = {s.field for s in standards if s.full_feed == "police/street_crime"}
    assert fields >= {"crime_id", "lsoa_code", "location", "outcome", "coordinates"}
    assert all(standard.reason for standard in standards)
    assert SEED.is_file()


def test_check_ids_are_stable_and_unique() -> None:
    complete, latest, sound = checks_of(standard_from_row(ROW))
    assert complete.check_id == "completeness.police.street_crime.lsoa_code"
    assert latest.check_id == "completeness.police.street_crime.lsoa_code.latest_month"
    assert sound.check_id == "validity.police.street_crime.lsoa_code"
    ids = [
        check.check_id
        for checks in checks_by_feed(standards_of_the_project()).values()
        for check in checks
    ]
    assert len(ids) == len(set(ids))


def test_a_replaced_standard_keeps_its_own_time_and_its_successor_the_ids() -> None:
    earlier = standard_from_row({**ROW, "until": date(2020, 1, 1)})
    later = standard_from_row({**ROW, "standard_id": "later", "since": "2020-01-01"})
    complete, sound = checks_of(earlier)
    assert complete.check_id == "completeness.police.street_crime.lsoa_code.until_2020-01-01"
    assert sound.check_id == "validity.police.street_crime.lsoa_code.until_2020-01-01"
    assert checks_of(later)[0].check_id == "completeness.police.street_crime.lsoa_code"
    [checks] = checks_by_feed([earlier, later]).values()
    assert len({check.check_id for check in checks}) == len({check.column for check in checks}) == 5


def test_a_suite_looks_at_buckets_only() -> None:
    query = query_of("police/street_crime", checks_of(standard_from_row(ROW)))
    read = set(re.findall(r'coalesce\("(\w+)"', query))
    assert read == {"lsoa_code_bucket"}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("severity", "fatal", "blocking or warning"), ("threshold_percent", "950", "0 to 100")],
)
def test_a_wrong_standard_is_named(column: str, value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        standard_from_row({**ROW, column: value})
    assert "police.street_crime.lsoa_code" in str(error.value)


def test_without_a_seed_there_are_no_standards(tmp_path: Path) -> None:
    assert standards_of_the_project(tmp_path / "absent.csv") == []
