"""What harm says of incomplete years, and of homes without weights."""

from demo.reference_files import WEIGHTS_SOURCE
from tests.end_to_end.running import partner
from warehouse.home import Home


def test_an_incomplete_year_has_no_rate_and_the_weights_say_that_they_are_invented(
    demo_home: Home,
) -> None:
    assert partner(
        demo_home, "select distinct weight_source, is_current from marts.harm_score"
    ) == [(WEIGHTS_SOURCE, True)]
    incomplete = partner(
        demo_home,
        "select harm_rate, lower_95, reason from marts.harm_score where not is_complete",
    )
    assert incomplete
    assert {(rate, lower) for rate, lower, _ in incomplete} == {(None, None)}
    assert all("months received" in reason for *_, reason in incomplete)


def test_a_home_without_weights_says_so(small_home: Home) -> None:
    assert partner(small_home, "select count(*) from marts.harm_score") == [(0,)]
    assert partner(small_home, "select count(*) from marts.harm_by_offence") == [(0,)]
    rows = partner(
        small_home,
        "select harm, harm_reason from marts.priority_matrix where topic = 'total crime'",
    )
    assert rows
    assert {harm for harm, _ in rows} == {None}
