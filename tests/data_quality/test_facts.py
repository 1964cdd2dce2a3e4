"""A page tells each fact once, what failed first; every check is on it, as itself or folded."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from data_quality.pages.facts import rank, told_once

FEEDS = ("hate/report", "police/incident")


def check(check_id: str, status: str | None = "fail", **others: Any) -> dict[str, Any]:
    return {
        "check_id": check_id,
        "feed": None,
        "table_name": None,
        "column_name": None,
        "dimension": "consistency",
        "severity": "warning",
        "status": status,
        **others,
    }


def of_field(name: str, status: str | None = "fail", **others: Any) -> dict[str, Any]:
    dimension, _, _ = name.partition(".")
    given = {"feed": "hate/report", "column_name": "victim_age", "dimension": dimension}
    return check(name, status, **{**given, **others})


def ids(told: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(row["check_id"], [other["check_id"] for other in row["also"]]) for row in told]


AGE = "completeness.hate.report.victim_age"


def test_a_field_that_is_not_filled_in_is_one_fact() -> None:
    checks = [
        of_field("validity.hate.report.victim_age"),
        of_field(f"{AGE}.latest_month"),
        of_field(AGE),
    ]
    assert ids(told_once(checks)) == [
        (AGE, [f"{AGE}.latest_month", "validity.hate.report.victim_age"])
    ]


def test_a_blocking_check_is_never_folded_under_a_warning() -> None:
    checks = [of_field(AGE), of_field(f"{AGE}.latest_month", severity="blocking")]
    assert ids(told_once(checks)) == [(f"{AGE}.latest_month", [AGE])]


def test_checks_that_disagree_are_two_facts() -> None:
    checks = [of_field(AGE, "pass"), of_field(f"{AGE}.latest_month")]
    assert ids(told_once(checks)) == [(f"{AGE}.latest_month", []), (AGE, [])]


def test_rows_that_do_not_add_up_are_told_of_their_feed() -> None:
    """dbt's test of all files is folded under the feed that it means, or stands alone."""
    everything = check("dbt.assert_rows_reconcile", dimension="reconciliation", severity="blocking")

    def of_feed(feed: str, status: str) -> dict[str, Any]:
        name = f"reconciliation.{feed.replace('/', '.')}"
        given = {"feed": feed, "table_name": "load_audit", "dimension": "reconciliation"}
        return check(name, status, severity="blocking", **given)

    told = told_once(
        [everything, of_feed("hate/report", "pass"), of_feed("police/incident", "fail")]
    )
    assert ids(told) == [
        ("reconciliation.police.incident", ["dbt.assert_rows_reconcile"]),
        ("reconciliation.hate.report", []),
    ]
    assert ids(told_once([everything, of_feed("hate/report", "pass")])) == [
        ("dbt.assert_rows_reconcile", []),
        ("reconciliation.hate.report", []),
    ]


def test_each_month_out_of_its_band_is_a_fact_of_its_own_and_so_is_a_waived_one() -> None:
    names = ("volume.hate.report.2011-02", "volume.hate.report.2011-03", "volume.hate.report")
    of_months = [check(name, feed="hate/report") for name in names]
    assert len(told_once(of_months)) == 3
    waived = {**of_field(f"{AGE}.latest_month"), "waiver": "until 2027-03-31"}
    assert len(told_once([of_field(AGE), waived])) == 2


def test_other_checks_of_one_table_are_facts_of_their_own() -> None:
    checks = [
        check("dbt.not_null_a", table_name="fct_a", column_name="a", dimension="completeness"),
        check("dbt.is_key_a", table_name="fct_a", column_name="a", dimension="uniqueness"),
    ]
    assert len(told_once(checks)) == 2


checks = st.builds(
    check,
    st.sampled_from(
        [
            *(AGE, f"{AGE}.latest_month", "validity.hate.report.victim_age"),
            *("volume.hate.report", "volume_drift.hate.report", "volume.hate.report.2011-03"),
            *("reconciliation.hate.report", "dbt.assert_rows_reconcile", "dbt.other"),
        ]
    ),
    st.sampled_from(["pass", "fail", "error", "not_applicable", None]),
    feed=st.sampled_from([*FEEDS, None]),
    column_name=st.sampled_from(["victim_age", None]),
    table_name=st.sampled_from(["load_audit", None]),
    dimension=st.sampled_from(["completeness", "validity", "reconciliation", "consistency"]),
    severity=st.sampled_from(["blocking", "warning"]),
    is_implemented=st.booleans(),
    waiver=st.sampled_from([None, "until 2027-03-31"]),
)


@given(st.lists(checks, max_size=12))
def test_every_check_is_told_with_its_own_outcome(given: list[dict[str, Any]]) -> None:
    told = told_once(given)
    everything = [each for row in told for each in (row, *row["also"])]
    assert sorted(each["check_id"] for each in everything) == sorted(c["check_id"] for c in given)
    for row in told:
        for name in ("status", "waiver"):
            assert {other[name] for other in row["also"]} <= {row[name]}
        # What is folded is never graver than what is shown.
        assert all(rank(other) >= rank(row) for other in row["also"])
    assert [rank(row) for row in told] == sorted(rank(row) for row in told)
