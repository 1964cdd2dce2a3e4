"""What the attacker finds in public files: each way in which a hidden count may be given away."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.public_files import row, rows_of, write_public
from warehouse.publication.disclosure.attack import Key, attack, findings, read_public
from warehouse.publication.disclosure.knowledge import Count
from warehouse.publication.disclosure.memory import Memory
from warehouse.publication.disclosure.system import Interval

LEAST, SMALLEST = 1, 5
CASES = "marac_cases"


def attacked(
    folder: Path, tables: Mapping[str, list[dict[str, Any]]]
) -> dict[tuple[str, str, int], Interval]:
    """The interval of each hidden count, by quantity, area and first year."""
    found = attack(read_public(write_public(folder, tables)), LEAST)
    return {(cell.quantity, cell.area_code, cell.start.year): room for cell, room in found.items()}


def of_value(folder: Path, rows: list[dict[str, Any]]) -> dict[tuple[str, str, int], Interval]:
    return attacked(folder, {"indicator_value": rows})


def test_a_total_gives_its_only_hidden_part_away(tmp_path: Path) -> None:
    found = of_value(tmp_path, rows_of(CASES, [20, None, 30, 40], 93))
    assert found == {(CASES, "B", 2010): Interval(3, 3)}


def test_two_hidden_parts_leave_room_for_each_other(tmp_path: Path) -> None:
    found = of_value(tmp_path, rows_of(CASES, [20, None, None, 40], 93))
    assert found == {
        (CASES, "B", 2010): Interval(1, 32),
        (CASES, "C", 2010): Interval(1, 32),
    }


def test_two_hidden_parts_of_a_remainder_of_two_are_one_each(tmp_path: Path) -> None:
    found = of_value(tmp_path, rows_of(CASES, [20, None, None, 40], 62))
    assert set(found.values()) == {Interval(1, 1)}


def test_the_partnership_gives_its_district_away(tmp_path: Path) -> None:
    rows = rows_of(CASES, [None, None, 30, 40], 93)
    rows[4] |= {"numerator": 3, "suppressed": None}  # the partnership, of district A alone
    assert of_value(tmp_path, rows)[CASES, "A", 2010] == Interval(3, 3)


def test_the_same_count_in_another_table(tmp_path: Path) -> None:
    """The share's denominator is the cases that their own row hides."""
    hidden = rows_of(CASES, [20, None, None, 40], 93)
    shares = rows_of("marac_repeat_rate", [8, 9, 7, 9], 33, version=2)
    for each, cases in zip(shares, [20, 3, 30, 40, 20, 93], strict=True):
        each["denominator"] = cases
    found = attacked(tmp_path, {"indicator_value": hidden, "indicator_summary": shares})
    assert (CASES, "B", 2010) not in found  # not hidden at all: it stands in the other table


def test_both_versions_bound_each_other(tmp_path: Path) -> None:
    """Repeats since the last hearing are all that there are since the first, and others."""
    older = rows_of("marac_repeat_rate", [6, 7, 8, 9], 30, version=1, denominator=50)
    newer = rows_of("marac_repeat_rate", [None, None, 8, 9], 31, version=2, denominator=50)
    found = of_value(tmp_path, [*older, *newer])
    assert found["marac_repeats", "A", 2010] == Interval(6, 7)


def test_a_whole_gives_its_hidden_part_away(tmp_path: Path) -> None:
    shown = [
        *rows_of("hate_reports", [20, 21, 22, 23], 86),
        *rows_of("hate_offences", [12, 12, 12, 12], 48),
    ]
    hidden = rows_of("hate_incidents", [None, None, 10, 11], 38)
    found = of_value(tmp_path, [*shown, *hidden])
    assert found["hate_incidents", "A", 2010] == Interval(8, 8)


def test_what_does_not_say_and_what_does_are_all_there_are(tmp_path: Path) -> None:
    """known + unknown of hate offences by their group is the hate offences."""
    offences = rows_of("hate_offences", [20, 20, 20, 20], 80)
    shares = rows_of("hate_offence_violence_share", [9, 9, 9, 9], 36, denominator=20)
    for each in shares:
        each |= {"known": each["denominator"], "unknown": 0}
    shares[1] |= {"known": 17, "denominator": 17, "unknown": None, "suppressed": "hidden"}
    shares[5] |= {"known": 77, "denominator": 77, "unknown": 3}
    found = of_value(tmp_path, [*offences, *shares])
    unknown = "unknown hate_offence_violence_share"
    assert found[unknown, "B", 2010] == Interval(3, 3)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        # Rates are per 100,000 of 5,000 young people: one entrant is 20.
        ({"value": 60.0}, Interval(3, 3)),
        ({"lower_95": 30.1, "upper_95": 101.3}, Interval(2, 5)),
        ({"lower_998": 50.1}, Interval(3, 72)),
        ({"lowest_possible": 60.0, "highest_possible": 60.0}, Interval(3, 3)),
        ({"change": -2}, Interval(3, 3)),
        ({"change_percent": -40.0}, Interval(3, 3)),
        ({"change_percent_of_events": -40.0}, Interval(3, 3)),
        ({"rank": 3}, Interval(10, 20)),
    ],
)
def test_a_figure_that_follows_from_a_hidden_count(
    tmp_path: Path, figures: dict[str, Any], expected: Interval
) -> None:
    """Figures are printed to a tenth; the year before, all is shown: 5 of district B."""
    before = rows_of("first_time_entrants", [20, 5, 10, 40], 75, year=2009, denominator=5000)
    now = rows_of("first_time_entrants", [20, None, None, 0], 93, denominator=5000)
    now[1] |= figures
    if "rank" in figures:
        for each, rank in zip(now, (2, 3, 4, 5), strict=False):
            each["rank"] = rank
        now[2]["numerator"], now[2]["suppressed"] = 10, None
        now[5] |= {"numerator": None, "suppressed": "hidden"}
    # A column is printed alike in all its rows.
    decimals = {name: 0.1 for name, value in figures.items() if isinstance(value, float)}
    found = of_value(tmp_path, [*before, *now, row("robbery", "A", 7, 900, **decimals)])
    assert found["first_time_entrants", "B", 2010] == expected


def test_both_limits_of_a_share_say_the_share(tmp_path: Path) -> None:
    """Wilson's limits of 3 of 40, unrounded, as scipy has them."""
    rows = rows_of("youth_custody_rate", [10, None, None, 10], 40, denominator=40)
    rows[1] |= {"lower_95": 2.5837134318061926, "upper_95": 19.864205127427134}
    found = of_value(tmp_path, rows)
    assert found["custodial_sentences", "B", 2010] == Interval(3, 3)


def test_a_share_whose_numerator_and_denominator_are_hidden(tmp_path: Path) -> None:
    """37.5 % of fewer than 16 can only be 3 of 8."""
    cases = rows_of(CASES, [20, None, None, 40], 75)
    shares = rows_of("marac_repeat_rate", [None, None, None, None], None, version=2)
    for each in shares:
        each["value"] = None
    shares[1]["value"] = 37.5000000001
    found = of_value(tmp_path, [*cases, *shares])
    assert found["marac_repeats", "B", 2010] == Interval(3, 3)
    assert found[CASES, "B", 2010] == Interval(8, 8)


def test_the_county_value_gives_the_hidden_county_away(tmp_path: Path) -> None:
    rows = rows_of("first_time_entrants", [20, 30, None, 40], None, denominator=5000)
    rows[0]["county_value"] = 93 * 5.0 + 1e-9
    found = attacked(tmp_path, {"indicator_summary": rows})
    assert found["first_time_entrants", "C", 2010] == Interval(3, 3)


def test_months_give_their_hidden_year_away(tmp_path: Path) -> None:
    months = [
        row(
            CASES,
            "A",
            number % 3,
            period_type="month",
            start=date(2010 + (month < 4), month, 1),
            end=date(2010 + (month < 4) + (month == 12), month % 12 + 1, 1).fromordinal(
                date(2010 + (month < 4) + (month == 12), month % 12 + 1, 1).toordinal() - 1
            ),
        )
        for number, month in enumerate([4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3])
    ]
    found = of_value(tmp_path, [*months, row(CASES, "A", None)])
    assert found == {(CASES, "A", 2010): Interval(12, 12)}


def test_years_that_overlap_bound_each_other(tmp_path: Path) -> None:
    """A year to September with no case leaves its half years none: the next half has all."""
    halves = {"period_type": "year_to", "start": date(2009, 10, 1)}
    rows = [
        row(CASES, "A", 6, year=2009),
        row(CASES, "A", 0, **halves),
        row(CASES, "A", 2, period_type="year_to", start=date(2010, 10, 1)),
        row(CASES, "A", None, year=2010),
    ]
    # October 2009 to September 2010 has none, so financial 2010/11 is in its second half.
    assert of_value(tmp_path, rows) == {(CASES, "A", 2010): Interval(1, 2)}


def test_what_a_share_leaves_over_is_attacked_too(tmp_path: Path) -> None:
    """38 of 40 convictions ended in custody: two did not, and nothing is hidden."""
    rows = rows_of("youth_custody_rate", [20, 38, 20, 20], 98, denominator=40)
    published = read_public(write_public(tmp_path, {"indicator_value": rows}))
    found = attack(published, LEAST)
    [finding] = findings(published, found, SMALLEST)
    assert finding.hidden == 0
    assert [(cell.area_code, found[cell]) for cell in finding.recovered] == [("B", Interval(2, 2))]


def test_what_is_remembered_of_others_narrows_a_hidden_count(tmp_path: Path) -> None:
    public = read_public(
        write_public(tmp_path, {"indicator_value": rows_of(CASES, [20, None, None, 40], 93)})
    )
    year = (date(2010, 4, 1), date(2011, 3, 31))
    third = Count(CASES, "district", "C", *year)
    areas = public.areas
    memory = Memory(areas, known={third: 30})
    found = attack(public, LEAST, memory)
    second = third._replace(area_code="B")
    assert found[second] == Interval(3, 3)
    # What was shown before is no finding, unless tonight's files alone told it.
    assert found[third] == Interval(1, 32)


def test_sums_that_do_not_hold_elsewhere_are_not_taken_to_hold(tmp_path: Path) -> None:
    """The county counts cases without a district: what is left over bounds, and no more."""
    before = rows_of(CASES, [20, 25, 30, 40], 120, year=2009)
    found = of_value(tmp_path, [*before, *rows_of(CASES, [20, None, 30, 40], 93)])
    assert found[CASES, "B", 2010] == Interval(1, 3)


def test_sums_taken_to_hold_are_given_up_where_they_cannot(tmp_path: Path) -> None:
    found = of_value(tmp_path, rows_of(CASES, [20, None, 30, 44], 94))
    assert found == {}  # nothing fits, not even without the sum: 94 leaves none for B
    rows = [*rows_of(CASES, [20, 20, 20, 20], 90), row(CASES, "A", None, year=2011)]
    found = of_value(tmp_path / "2", rows)
    assert found == {(CASES, "A", 2011): Interval(1, float("inf"))}


def test_findings_count_each_count_once_by_table(tmp_path: Path) -> None:
    rows = rows_of(CASES, [20, None, 30, 40], 93)
    published = read_public(
        write_public(tmp_path, {"indicator_value": rows, "indicator_summary": rows[:2]})
    )
    found = findings(published, attack(published, LEAST), SMALLEST)
    assert [(each.table, each.cells, each.hidden, each.narrowest) for each in found] == [
        ("indicator_summary", 2, 1, 0),
        ("indicator_value", 6, 1, 0),
    ]
    assert [len(each.recovered) for each in found] == [1, 1]


def test_a_table_without_the_mark_is_not_read(tmp_path: Path) -> None:
    folder = write_public(tmp_path, {})
    (folder / "other.parquet").write_bytes((folder / "area.parquet").read_bytes())
    assert read_public(folder).tables == {}


def test_a_year_before_a_year_to_february_ends_on_its_last_day() -> None:
    from warehouse.publication.disclosure.attack import _year_before

    key = Key("marac_cases", 1, "district", "A", date(2012, 3, 1), date(2013, 2, 28))
    assert _year_before(key)[4:] == (date(2011, 3, 1), date(2012, 2, 29))
