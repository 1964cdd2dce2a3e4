"""Public Parquet files of a small county, to attack: four districts, the first one the focus."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from warehouse.publication.disclosure.knowledge import Areas, indicators

DISTRICTS = ("A", "B", "C", "D")
AREA_ROWS = [
    *(
        {
            "area_type": "district",
            "area_code": code,
            "district_code": code,
            "is_in_county": True,
            "is_focus_area": code == "A",
        }
        for code in DISTRICTS
    ),
    {
        "area_type": "county",
        "area_code": "K",
        "district_code": None,
        "is_in_county": True,
        "is_focus_area": False,
    },
    {
        "area_type": "partnership",
        "area_code": "P",
        "district_code": "A",
        "is_in_county": True,
        "is_focus_area": True,
    },
]
AREAS = Areas.of_rows(AREA_ROWS)
TYPES = {"K": "county", "P": "partnership"}
HIDDEN = "small count, or one that would reveal it"


def row(
    indicator: str,
    area: str,
    numerator: int | None,
    denominator: int | None = None,
    *,
    year: int = 2010,
    version: int = 1,
    **more: Any,
) -> dict[str, Any]:
    """A row of a published table: a financial year, hidden where it has no numerator."""
    start = more.pop("start", date(year, 4, 1))
    made = {
        "indicator_id": indicator,
        "indicator_version": version,
        "area_type": TYPES.get(area, "lsoa" if len(area) > 1 else "district"),
        "area_code": area,
        "period_type": more.pop("period_type", "financial_year"),
        "period_start": start,
        "period_end": more.pop("end", start.replace(year=start.year + 1) - timedelta(days=1)),
        "numerator": numerator,
        "denominator": denominator,
        "known": None,
        "unknown": None,
        "suppressed": HIDDEN if numerator is None else None,
    }
    assert (indicator, version) in indicators(), indicator
    return made | more


def rows_of(
    indicator: str, counts: Iterable[int | None], total: int | None, **more: Any
) -> list[dict[str, Any]]:
    """A year of the four districts, the partnership (district A again) and the county.

    denominator, among the others: of each district, and four times as many of the county.
    """
    listed = list(counts)
    named = [*zip(DISTRICTS, listed, strict=True), ("P", listed[0]), ("K", total)]
    rows = [row(indicator, area, count, **more) for area, count in named]
    if more.get("denominator") is not None:
        rows[-1]["denominator"] = 4 * more["denominator"]
    return rows


def write_public(folder: Path, tables: Mapping[str, list[dict[str, Any]]]) -> Path:
    """Write the tables, and `area`, as Parquet files; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    areas = pd.DataFrame([{**each, "geometry": None} for each in AREA_ROWS])
    areas.to_parquet(folder / "area.parquet")
    for name, rows in tables.items():
        frame = pd.DataFrame(rows).convert_dtypes()
        for column in ("known", "unknown", "denominator", "numerator"):
            frame[column] = frame[column].astype("Int64")
        frame["suppressed"] = frame["suppressed"].astype("string")
        frame.to_parquet(folder / f"{name}.parquet")
    return folder
