"""The charts of an assessment: years, districts and monthly series, each with its limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from warehouse.drawing import BLUE, INK, ORANGE, svg
from warehouse.rows import Row

GREY = "#5b6770"
WIDTH = 520
SMALL = 250  # one of many, side by side
# Charts of a page before, to be taken again where they are the same: see `warehouse.drawing.svg`.
Kept = Mapping[str, str] | None
# Ends of lines nearer than this, of the highest value, are less than a line of text apart.
CLOSE = 0.09


def _y(title: str, field: str = "value", **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title, **more}


def years(rows: Sequence[Row], own: str, described: str, kept: Kept = None) -> Markup:
    """Lines of the area `own` with its 95 % limits, and of the county, by financial year.

    rows: area_code, area_name, period_label, value, unit, lower_95, upper_95.
    """
    values = [
        {
            "year": row["period_label"],
            "area": row["area_name"],
            "own": row["area_code"] == own,
            "value": row["value"],
            "low": row["lower_95"],
            "high": row["upper_95"],
            "last": row["period_label"] == rows[-1]["period_label"],
        }
        for row in rows
    ]
    x = {"field": "year", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}}
    value = _y(rows[0]["unit"])
    colour = {"condition": {"test": "datum.own", "value": BLUE}, "value": GREY}
    return Markup(
        svg(
            values,
            described,
            {
                "width": WIDTH,
                "height": 190,
                "encoding": {"x": x},
                "layer": [
                    {
                        "transform": [{"filter": "datum.own"}],
                        "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2},
                        "encoding": {"y": _y(rows[0]["unit"], "low"), "y2": {"field": "high"}},
                    },
                    {
                        "mark": {"type": "line", "strokeWidth": 2.5},
                        "encoding": {
                            "y": value,
                            "detail": {"field": "area"},
                            "color": colour,
                            "strokeDash": {
                                "condition": {"test": "datum.own", "value": [1, 0]},
                                "value": [5, 4],
                            },
                        },
                    },
                    {
                        "transform": [{"filter": "datum.own"}],
                        "mark": {"type": "point", "filled": True, "size": 55, "color": BLUE},
                        "encoding": {"y": value},
                    },
                    *_labels(values, value, colour),
                ],
            },
            kept,
        )
    )


def _labels(
    values: Sequence[Row], value: dict[str, Any], colour: dict[str, Any]
) -> list[dict[str, Any]]:
    """The areas' names at the ends of their lines, moved apart where they would meet."""
    ends = sorted((each for each in values if each["last"]), key=lambda each: -each["value"])
    top = max(each["value"] for each in values)
    meet = len(ends) > 1 and ends[0]["value"] - ends[-1]["value"] < CLOSE * top
    moved = [-8, 8] if meet else [0, 0]
    return [
        {
            "transform": [
                {"filter": "datum.last"},
                {"filter": {"field": "own", "equal": end["own"]}},
            ],
            "mark": {
                "type": "text",
                "align": "left",
                "dx": 9,
                "dy": dy,
                "fontSize": 12,
                "fontWeight": 600,
            },
            "encoding": {"y": value, "text": {"field": "area"}, "color": colour},
        }
        for end, dy in zip(ends, moved, strict=False)
    ]


def districts(
    rows: Sequence[Row], own: Collection[str], described: str, kept: Kept = None
) -> Markup:
    """A dot with its 95 % limits for each district, and a line where the county is.

    rows: area_type, area_code, area_name, value, unit, lower_95, upper_95, the highest first.
    own: the codes of the districts assessed.
    """
    values = [
        {
            "area": row["area_name"],
            "own": row["area_code"] in own,
            "value": row["value"],
            "low": row["lower_95"],
            "high": row["upper_95"],
        }
        for row in rows
        if row["area_type"] != "county"
    ]
    county = [
        {"area": row["area_name"], "value": row["value"]}
        for row in rows
        if row["area_type"] == "county"
    ]
    unit = rows[0]["unit"]
    y = {
        "field": "area",
        "type": "nominal",
        "title": None,
        "sort": [row["area"] for row in values],
        "axis": {"labelLimit": 260},
    }
    colour = {"condition": {"test": "datum.own", "value": BLUE}, "value": GREY}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {
                "y": y,
                "x": _y(unit, "low", scale={"zero": True}, axis={"tickCount": 6}),
                "x2": {"field": "high"},
                "color": colour,
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
            "encoding": {"y": y, "x": _y(unit), "color": colour},
        },
    ]
    for line in county:
        datum = {"x": {"datum": line["value"], "type": "quantitative", "title": unit}}
        layers += [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "color": ORANGE, "strokeDash": [5, 4], "strokeWidth": 2},
                "encoding": datum,
            },
            {
                "data": {"values": [{}]},
                "mark": {
                    "type": "text",
                    "text": line["area"],
                    "color": "#8a3b00",
                    "fontWeight": 600,
                    "y": -8,
                    "fontSize": 12,
                },
                "encoding": datum,
            },
        ]
    return Markup(
        svg(
            values,
            described,
            {
                "width": WIDTH - 130,
                "height": {"step": 26},
                # A reader's font may make the names wider than they were measured.
                "padding": {"left": 40, "top": 5, "right": 40, "bottom": 5},
                "layer": layers,
            },
            kept,
        )
    )


def signal(rows: Sequence[Row], described: str, kept: Kept = None) -> Markup:
    """A control chart: months, what is expected of them, three-deviation limits; one of many, of
    which the caption says what they count.

    rows: period_start, is_baseline, value, expected, lower, upper, in the order of the months.
    """
    values = [
        {
            "month": row["period_start"].isoformat(),
            "value": row["value"],
            "expected": row["expected"],
            "low": row["lower"],
            "high": row["upper"],
            "judged": not row["is_baseline"],
        }
        for row in rows
    ]
    x = {
        "field": "month",
        "type": "temporal",
        "title": None,
        "axis": {
            "format": "%b %Y",
            "labelOverlap": True,
            "tickCount": {"interval": "month", "step": 6},
            "grid": False,
        },
    }

    def y(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "title": None, "axis": {"tickCount": 4}}

    return Markup(
        svg(
            values,
            described,
            {
                "width": SMALL,
                "height": 110,
                "padding": {"left": 5, "top": 5, "right": 24, "bottom": 5},
                "encoding": {"x": x},
                "layer": [
                    {
                        "mark": {"type": "area", "color": BLUE, "opacity": 0.15},
                        "encoding": {"y": y("low"), "y2": {"field": "high"}},
                    },
                    {
                        "mark": {"type": "line", "color": BLUE, "strokeDash": [5, 4]},
                        "encoding": {"y": y("expected")},
                    },
                    {"mark": {"type": "line", "color": INK}, "encoding": {"y": y("value")}},
                    {
                        "transform": [{"filter": "datum.judged"}],
                        "mark": {"type": "point", "filled": True, "color": ORANGE, "size": 45},
                        "encoding": {"y": y("value")},
                    },
                ],
            },
            kept,
        )
    )
