"""Charts as SVG: Vega-Lite's specifications, rendered here, so that a page draws nothing itself.

Colours are Okabe and Ito's (2008), which people with any colour vision tell apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#1b1b1b"
CONFIG = {
    "background": None,
    # Beyond the legend, whose texts a reader's font may make wider.
    "padding": {"left": 5, "top": 5, "right": 40, "bottom": 5},
    "font": "system-ui, sans-serif",
    "axis": {"labelColor": INK, "titleColor": INK, "gridColor": "#dddddd", "labelFontSize": 12},
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12},
    "view": {"stroke": None},
}

Rows = Sequence[Mapping[str, Any]]


def svg(values: Rows, title: str, spec: dict[str, Any]) -> str:
    """An SVG that scales with the page and is described for those who cannot see it."""
    import vl_convert  # takes half a second: only where a chart is drawn

    made: str = vl_convert.vegalite_to_svg(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "data": {"values": values},
            "config": CONFIG,
            **spec,
        }
    )
    described = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    end = made.index(">")
    opening = re.sub(r' (?:width|height)="[^"]*"', "", made[:end])
    # The names of marks are told from the table; the picture has one name. No screen shows
    # a hundredth of a pixel.
    marks = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", made[end:])
    marks = re.sub(r"(\d\.\d\d)\d+", r"\1", marks)
    return f'{opening} role="img" aria-label="{described}"{marks}'
