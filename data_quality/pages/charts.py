"""The charts of the auditors' pages; every one has its numbers in a table beside it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from warehouse.drawing import BLUE, INK, ORANGE, Rows, svg

OUTCOMES = {"pass": BLUE, "fail": ORANGE, "error": "#000000", "not applicable": "#BBBBBB"}
RUN = {
    "field": "run",
    "type": "ordinal",
    "title": None,
    "axis": {"labelAngle": -40, "labelOverlap": True},
}

NOT_RECEIVED = {
    "records": None,
    "warning_low": None,
    "warning_high": None,
    "status": "not applicable",
}

MOST_TICKS = 8
LONGEST_MONTH = timedelta(days=31)


def score_history(rows: Rows) -> str:
    """Lines of the scores of every partner by run; rows: partner, recorded_at, score."""
    values = [
        {
            "run": f"{row['recorded_at']:%Y-%m-%d %H:%M}",
            "partner": row["partner"],
            "score": row["score"],
        }
        for row in rows
    ]
    return svg(
        values,
        "Maturity score of each partner, by run",
        {
            "width": 560,
            "height": 240,
            "mark": {"type": "line", "point": {"size": 40}},
            "encoding": {
                "x": RUN,
                "y": {
                    "field": "score",
                    "type": "quantitative",
                    "title": "score, 0 to 100",
                    "scale": {"zero": False},
                },
                "color": {
                    "field": "partner",
                    "type": "nominal",
                    "scale": {
                        "range": [
                            *("#0072B2", "#D55E00", "#009E73", "#CC79A7"),
                            *("#56B4E9", "#E69F00", "#000000"),
                        ]
                    },
                },
            },
        },
    )


def results_history(rows: Rows) -> str:
    """Stacked bars of the results of each run; rows: run (a label), status, checks."""
    return svg(
        list(rows),
        "Results of the checks, by run",
        {
            "width": 560,
            "height": 200,
            "mark": {"type": "bar"},
            "encoding": {
                "x": RUN,
                "y": {"field": "checks", "type": "quantitative", "title": "checks"},
                "color": {
                    "field": "status",
                    "type": "nominal",
                    "scale": {"domain": list(OUTCOMES), "range": list(OUTCOMES.values())},
                },
            },
        },
    )


def volume(rows: Rows, title: str) -> str:
    """Rows a month, within the band of its history.

    rows: month, records, warning_low, warning_high (None where there is no band), status.
    """
    values: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: row["month"]):
        # A month that was not received breaks the line: nobody knows what it was.
        if values and row["month"] - date.fromisoformat(values[-1]["month"]) > LONGEST_MONTH:
            between = row["month"] - timedelta(days=1)
            values.append({**NOT_RECEIVED, "month": between.isoformat()})
        values.append({**row, "month": row["month"].isoformat()})
    month = {
        "field": "month",
        "type": "temporal",
        "title": None,
        "axis": {
            "format": "%Y-%m",
            "labelOverlap": True,
            # Of less than a month each label would come several times.
            "tickCount": {"interval": "month", "step": -(-len(values) // MOST_TICKS)},
        },
    }
    return svg(
        values,
        title,
        {
            "width": 640,
            "height": 160,
            "layer": [
                {
                    "transform": [{"filter": "datum.warning_low != null"}],
                    "mark": {"type": "area", "color": BLUE, "opacity": 0.18},
                    "encoding": {
                        "x": month,
                        "y": {
                            "field": "warning_low",
                            "type": "quantitative",
                            "title": None,  # the picture stands under it
                        },
                        "y2": {"field": "warning_high"},
                    },
                },
                {
                    "mark": {
                        "type": "line",
                        "color": INK,
                        "strokeWidth": 1.5,
                        "invalid": "break-paths-show-path-domains",
                    },
                    "encoding": {
                        "x": month,
                        "y": {"field": "records", "type": "quantitative", "title": None},
                    },
                },
                {
                    "transform": [
                        {"filter": "datum.status != 'within' && datum.status != 'not applicable'"}
                    ],
                    "mark": {"type": "point", "color": ORANGE, "filled": True, "size": 90},
                    "encoding": {
                        "x": month,
                        "y": {"field": "records", "type": "quantitative", "title": None},
                    },
                },
            ],
        },
    )
