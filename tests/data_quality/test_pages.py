"""What the auditors' pages choose to show where there is more than a page holds."""

from typing import Any

from data_quality.pages.reading import worth_drawing


def months(records: int, *statuses: str) -> list[dict[str, Any]]:
    return [{"records": records, "status": status} for status in statuses]


def test_sources_outside_their_band_are_drawn_before_larger_ones() -> None:
    volume = {
        "Avon": months(900, "within", "within"),
        "Cumbria": months(10, "within", "low"),
        "Dorset": months(50, "not applicable", "not applicable"),
        "Essex": months(800, "within", "within"),
    }
    assert list(worth_drawing(volume, most=2)) == ["Avon", "Cumbria"]
    assert list(worth_drawing(volume, most=3)) == ["Avon", "Cumbria", "Essex"]
    assert worth_drawing(volume) == volume
