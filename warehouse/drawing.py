"""Charts as SVG: Vega-Lite's specifications, rendered here, so that a page draws nothing itself.

Colours are Okabe and Ito's (2008), which people with any colour vision tell apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Any

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#1b1b1b"
FONT = "system-ui, sans-serif"
CONFIG = {
    "background": None,
    # Beyond the legend, whose texts a reader's font may make wider.
    "padding": {"left": 5, "top": 5, "right": 40, "bottom": 5},
    "font": FONT,
    "axis": {"labelColor": INK, "titleColor": INK, "gridColor": "#dddddd", "labelFontSize": 12},
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12},
    "view": {"stroke": None},
}

# Raised where `_drawn` makes something else of the same specification.
HOW = 1
# Of Vega's drawing what no reader sees: frames without a line, names of marks, what is so anyway;
# the font that all text has. Of a length in pixels nobody sees what is below a tenth.
UNSEEN = re.compile(
    r'<path class="(?:background|foreground)"[^>]*/>'
    r'| (?:role|aria-[a-z]+|class|pointer-events)="[^"]*"'
    rf'| (?:opacity|stroke-width)="1"| transform="translate\(0,0\)"| font-family="{FONT}"'
)
DRAWN = re.compile(r'<svg\b[^>]* data-drawn="([0-9a-f]{32})".*?</svg>', re.DOTALL)

Rows = Sequence[Mapping[str, Any]]


def svg(
    values: Rows, title: str, spec: dict[str, Any], kept: Mapping[str, str] | None = None
) -> str:
    """An SVG that scales with the page and is described for those who cannot see it.

    kept: pictures drawn before, as `drawn_in` gives them; the same values, title and specification
    give the one there.
    """
    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "config": CONFIG,
        **spec,
    }
    key = _key(title, whole)
    return (kept or {}).get(key) or _drawn(key, title, whole)


def drawn_in(page: str) -> dict[str, str]:
    """The charts of a page that `svg` drew, by what they were drawn from."""
    return {found[1]: found[0] for found in DRAWN.finditer(page)}


def _key(title: str, spec: dict[str, Any]) -> str:
    made_of = [HOW, version("vl-convert-python"), title, spec]
    return sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:32]


def _drawn(key: str, title: str, spec: dict[str, Any]) -> str:
    import vl_convert  # takes half a second: only where a chart is drawn

    made: str = vl_convert.vegalite_to_svg(spec)
    described = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    end = made.index(">")
    opening = re.sub(r' (?:width|height|class|version|xmlns:xlink)="[^"]*"', "", made[:end])
    # The names of marks are told from the table; the picture has one name.
    marks = UNSEEN.sub("", made[end:])
    marks = re.sub(r"(\d{2}\.\d|\d\.\d\d)\d+", r"\1", marks)
    about = f'font-family="{FONT}" data-drawn="{key}" role="img" aria-label="{described}"'
    return f"{opening} {about}{marks}"
