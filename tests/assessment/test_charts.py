"""Charts: what they show, and that one which has not changed is taken from the page before."""

from datetime import date
from typing import Any

from assessment import charts
from warehouse.drawing import drawn_in

Months = list[dict[str, Any]]


def months(last: float = 40.0) -> Months:
    """Two years of a series and the month that closes them, the last seven judged."""
    counted = [10.0 + i % 5 for i in range(24)] + [last]
    return [
        {
            "period_start": date(2009 + i // 12, 1 + i % 12, 1), "is_baseline": i < 18,
            "value": value, "expected": 12.0, "lower": 2.0, "upper": 22.0,
        }
        for i, value in enumerate(counted)
    ]  # fmt: skip


def test_a_chart_is_drawn_once_and_again_only_when_it_changes() -> None:
    first = charts.signal(months(), "robbery, month by month")
    found = drawn_in(f"<h1>Night</h1><figure>{first}</figure><svg><path/></svg>")
    assert list(found.values()) == [first]
    [key] = found
    kept = {key: "taken again"}
    assert charts.signal(months(), "robbery, month by month", kept) == "taken again"
    for other in (
        charts.signal(months(last=41.0), "robbery, month by month", kept),
        charts.signal(months(), "burglary, month by month", kept),
    ):
        assert other.startswith("<svg")
        assert key not in other


def test_the_judged_months_are_marked_and_the_picture_is_described() -> None:
    drawn = charts.signal(months(), 'robbery & "theft"')
    assert drawn.count(charts.ORANGE) == 7
    assert 'aria-label="robbery &amp; &quot;theft&quot;"' in drawn
    assert "Jan 2010" in drawn
    assert len(drawn) < 6_000
