"""What analysts join: areas, periods, residents, and what sets of areas lack."""

import struct
from typing import Any

import numpy as np
import pandas as pd

from tests.end_to_end.recomputed.events import World, year_label, year_of
from tests.end_to_end.recomputed.figures import AREA
from tests.end_to_end.recomputed.places import Area, JsonObject, Places
from tests.end_to_end.recomputed.subjects import percent, year_columns


def well_known_binary(geometry: JsonObject) -> bytes:
    """A polygon or several, as ISO's well-known binary, little endian."""
    parts = geometry["coordinates"]
    if geometry["type"] == "MultiPolygon":
        polygons = [well_known_binary({"type": "Polygon", "coordinates": part}) for part in parts]
        return struct.pack("<BII", 1, 6, len(parts)) + b"".join(polygons)
    rings = [
        struct.pack(f"<I{2 * len(ring)}d", len(ring), *(x for point in ring for x in point[:2]))
        for ring in parts
    ]
    return struct.pack("<BII", 1, 3, len(rings)) + b"".join(rings)


def _local_name(places: Places, area: Area) -> str | None:
    """What people call an LSOA, or a partnership whose name says what it is."""
    kind, code = area
    if kind == "lsoa":
        return places.local_names.get(code)
    short = places.names.get(area, "").removesuffix(" Community Safety Partnership")
    return short if kind == "partnership" and short != places.names[area] else None


def area(world: World, values: pd.DataFrame) -> pd.DataFrame:
    """Every area that has values: what it is part of, and of an LSOA its boundary."""
    places, found = world.places, []
    names = {code: name for name, code in places.force_codes.items()}
    for kind, code in values[AREA].drop_duplicates().itertuples(index=False):
        own: Area = kind, code
        of_force = kind in ("force", "not_located")
        district = None if of_force else places.district_containing(own)
        inside = not of_force and places.in_county(own)
        parts = places.parts.get(own) or [code]
        force = code if of_force and code != names[code] else places.force_area.get(str(district))
        found.append(
            {
                "area_type": kind,
                "area_code": code,
                "local_name": _local_name(places, own),
                "district_code": district,
                "district_name": places.district_names.get(str(district)),
                "county_code": places.settings.county if inside else None,
                "county_name": places.settings.county_name if inside else None,
                "police_force_area_code": force,
                "police_force_name": names.get(str(force)),
                "is_in_county": inside,
                "is_focus_area": not of_force
                and all(places.district_of.get(p, p) in places.settings.focus for p in parts),
                "geometry": well_known_binary(places.boundaries[code])
                if kind == "lsoa" and code in places.boundaries
                else None,
            }
        )
    return pd.DataFrame(found)


def period(world: World) -> pd.DataFrame:
    """Every period that values are published for."""
    table = pd.DataFrame(
        [
            {
                "period_type": each.kind,
                "period_start": pd.Timestamp(each.start),
                "period_end": pd.Timestamp(each.end),
                "period_label": each.label,
                "months": 1 if each.kind == "month" else 12,
                "financial_year": year_label(each.year),
            }
            for each in world.periods()
        ]
    )
    last = pd.Timestamp(f"{world.months[-1]}-01") + pd.offsets.MonthEnd(0)
    table["has_ended"] = table["period_end"] <= last
    newest = table[table["has_ended"]].groupby("period_type")["period_end"].max()
    return table.assign(is_latest=table["period_end"] == table["period_type"].map(newest))


def population(world: World) -> pd.DataFrame:
    """The residents that the rates of each financial year are of."""
    places, found = world.places, []
    for own in places.residents:
        for year in world.years():
            known = places.population(own, year)
            if known is not None:
                is_published = (own, known[0]) in places.published
                found.append(
                    {
                        "area_type": own[0],
                        "area_code": own[1],
                        **year_columns(year),
                        "population": known[1],
                        "population_year": known[0],
                        "source": "published estimate" if is_published else "sum of its parts",
                        "area_square_km": places.square_km.get((own, known[0]), np.nan),
                    }
                )
    return pd.DataFrame(found)


def area_set_coverage(world: World) -> pd.DataFrame:
    """Of each district that a set of LSOAs lies in: the events without an LSOA."""
    places = world.places
    within = {
        (own[0], places.district_of[part])
        for own, parts in places.parts.items()
        if own[0] in places.below_district
        for part in parts
    }
    found: list[dict[str, Any]] = []
    for row in world.register:
        if row["kind"] == "proportion" or row["numerator_measure"] not in world.measures:
            continue
        table = world.counts[row["numerator_measure"]]
        table = table[table["district"].notna()]
        lost = table["n"].where(~table["unit"].isin(places.district_of), 0)
        years = table["month"].map(year_of)
        sums = table.assign(lost=lost).groupby([table["district"], years])[["n", "lost"]].sum()
        for (district, year), events, missing in sums.itertuples():
            found += [
                {
                    "area_type": kind,
                    "district_code": district,
                    "district_name": places.district_names[district],
                    "indicator_id": row["indicator_id"],
                    "indicator_version": int(row["indicator_version"]),
                    **year_columns(year),
                    "events": events,
                    "not_located": missing,
                    "percent_not_located": percent(missing, events),
                }
                for kind, code in within
                if code == district
            ]
    return pd.DataFrame(found)
