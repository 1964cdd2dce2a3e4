"""How the numbers of pages look."""

from datetime import date

import pytest

from assessment.numbers import day, figure, month, number, percent, with_unit


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (2.5, 0, "3"),
        (0.25, 1, "0.3"),
        (1.005, 2, "1.01"),
        (-0.25, 1, "\u22120.3"),
        (-0.04, 1, "0.0"),
        (0.00004, 4, "<\u00a00.0001"),
        (0, 1, "0"),
        (-1234, 1, "\u22121,234"),
        (-1234.56, 1, "\u22121,234.6"),
        (12345, 1, "12,345"),
        (None, 1, "\u2013"),
    ],
)
def test_numbers_are_rounded_half_up_once(value: float | None, places: int, shown: str) -> None:
    assert number(value, places) == shown


def test_a_number_and_its_unit_stand_on_one_line() -> None:
    assert percent(-7.04) == "\u22127.0\u00a0%"
    assert percent(None) == "\u2013"
    assert with_unit("5.2", "per 1,000 residents") == "5.2\u00a0per\u00a01,000 residents"
    assert day(date(2010, 4, 1)) == "1\u00a0April 2010"
    assert month(date(2011, 3, 1)) == "March\u00a02011"


def test_a_cell_that_is_no_number_is_as_it_is() -> None:
    assert [figure(value) for value in (-3, -0.5, None, "a-b")] == [
        "\u22123", "\u22120.5", "\u2013", "a-b",
    ]  # fmt: skip
