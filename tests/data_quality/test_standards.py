"""The project's standards are readable, and a wrong row says what is wrong."""

import re
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
