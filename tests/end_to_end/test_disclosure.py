"""The demo's public file shows partners' figures, and gives no small count away."""

from collections.abc import Mapping

import pytest

from tests.end_to_end.running import query
from warehouse.home import Home
from warehouse.publication.disclosure.attack import Published, attack, findings, read_public
from warehouse.publication.disclosure.knowledge import Count, indicators
from warehouse.publication.disclosure.system import Interval

SMALLEST = 5


@pytest.fixture(scope="module")
def public(demo_home: Home) -> Published:
    return read_public(demo_home.current / "parquet" / "public")


@pytest.fixture(scope="module")
def rooms(public: Published) -> dict[Count, Interval]:
    return attack(public, 1)


def test_partners_figures_are_public(demo_home: Home) -> None:
    [(topics, rows, values)] = query(
        demo_home.current / "public.duckdb",
        "select count(distinct topic), count(*), count(value) from marts.indicator_summary "
        "where indicator_id not like 'street%'",
    )
    assert topics >= 8
    assert values > 0.95 * rows > 1900


def test_the_partner_file_leaves_nothing_out(demo_home: Home) -> None:
    for table in ("indicator_value", "indicator_summary"):
        assert query(
            demo_home.current / "partner.duckdb",
            f"select count(suppressed), count(numerator) = count(*) from marts.{table}",
        ) == [(0, True)]


def test_no_small_count_of_people_is_shown(public: Published) -> None:
    protected = {name for each in indicators().values() for name in each.protected}
    shown = [cell for cell in public.known if cell.quantity in protected]
    assert len(shown) > 500
    assert [cell for cell in shown if 1 <= public.known[cell] < SMALLEST] == []
    assert {cell.quantity for cell in public.hidden} >= {"custodial_sentences", "marac_repeats"}


def test_an_outsider_finds_nothing_out(
    public: Published, rooms: Mapping[Count, Interval], demo_home: Home
) -> None:
    assert rooms.keys() >= public.hidden
    found = findings(public, rooms, SMALLEST)
    assert [each.recovered for each in found] == [(), ()]
    published = query(
        demo_home.current / "public.duckdb",
        "select table_name, suppressed_counts, narrowest, recovered from marts.disclosure "
        "order by all",
    )
    assert published == [(each.table, each.hidden, each.narrowest, 0) for each in found]


def test_what_is_hidden_lies_where_the_attacker_looks(
    public: Published, rooms: Mapping[Count, Interval], demo_home: Home
) -> None:
    """His intervals hold the partners' true figures: he reads the files rightly."""
    truth = {}
    for name, version, area, start, count in query(
        demo_home.current / "partner.duckdb",
        "select indicator_id, indicator_version, area_code, period_start, numerator "
        "from marts.indicator_value where is_complete and period_type = 'financial_year' "
        "and area_type in ('district', 'partnership', 'county')",
    ):
        truth[indicators()[name, version].quantities["numerator"], area, start] = count
    for cell in public.hidden:
        count = truth[cell.quantity, cell.area_code, cell.start]
        assert rooms[cell].low <= count <= rooms[cell].high, cell


def test_topics_without_small_counts_lose_nothing(demo_home: Home) -> None:
    same = (
        "select count(*), sum(numerator), sum(value), sum(upper_95), sum(change) "
        "from marts.indicator_summary where topic in ('violent crime', 'criminal damage') "
        "and is_complete and area_type in ('district', 'partnership', 'county')"
    )
    public, partner = (
        query(demo_home.current / f"{tier}.duckdb", same) for tier in ("public", "partner")
    )
    assert public == [tuple(pytest.approx(number) for number in partner[0])]
    assert public[0][0] > 100
