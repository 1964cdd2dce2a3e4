"""Writing an assessment: the page itself, and the page of its claims and their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import quote

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from assessment import maps
from assessment.proof import faults
from assessment.reading import Assessment, appendix, latest_year, read, read_assessment
from assessment.structure import CHAPTERS, LISTED, OFFENDERS_QUESTIONS, QUESTIONS
from warehouse.errors import RunFailed
from warehouse.publication.manifest import Manifest
from warehouse.rows import Row

TEMPLATES = Path(__file__).parent / "templates"
# What stands where there is no value.
NOTHING = "\u2013"
# The symbol and the words of a verdict, by how it begins; colour says nothing that they do not.
VERDICTS = (
    ("increasing", ("\u25b2", "increasing", "up")),
    ("decreasing", ("\u25bc", "decreasing", "down")),
    ("increase", ("\u25b2", "rose", "up")),
    ("decrease", ("\u25bc", "fell", "down")),
    ("higher", ("\u25b2", "higher", "up")),
    ("lower", ("\u25bc", "lower", "down")),
    ("similar", ("\u25cf", "similar", "level")),
    ("no significant change", ("\u25cf", "no clear change", "level")),
    ("not certain", ("\u25cf", "not certain", "level")),
)
UNSAID = ("\u25cb", "cannot be said", "unsaid")


def write_assessments(
    con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, before: Path | None
) -> None:
    """Write the assessments of the settings' focus areas, each of its latest complete year.

    Of several districts the partnership's is the folder's index.html, and each district's is in a
    folder of its code. con: the warehouse, built and checked.
    """
    areas = read(con, "focus")
    places = {
        area["area_code"]: "" if i == 0 else area["area_code"] for i, area in enumerate(areas)
    }
    for area in areas:
        place = folder / places[area["area_code"]]
        up = "../" if places[area["area_code"]] else ""
        others = [
            (other["area_name"], f"{up}{places[other['area_code']] or '.'}/index.html")
            for other in areas
            if other is not area
        ]
        place.mkdir(exist_ok=True)
        try:
            period = latest_year(con, area)
        except RunFailed as reason:
            _write_none(con, place, area, str(reason))
            continue
        write_assessment(con, place, area, period, others=others)


def write_assessment(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    area: Row,
    period: Row,
    *,
    others: list[tuple[str, str]] | None = None,
    commentary: Mapping[str, str] | None = None,
) -> Assessment:
    """Write index.html and claims.html of an area and financial year; returns what they show.

    area: area_type, area_code, area_name. period: as `reading.latest_year` returns. others: (name,
    address) of further assessments to link to. commentary: safe HTML by section, which stands below
    the section's sentences.
    Raises RunFailed where a page would say a number that has no claim, table or picture behind it.
    """
    made = read_assessment(con, area, period)
    pages = _environment()
    shared = {
        "a": made,
        "chapters": CHAPTERS,
        "listed": LISTED,
        "questions": QUESTIONS,
        "offenders_questions": OFFENDERS_QUESTIONS,
        "others": others or [],
        "commentary": {name: Markup(text) for name, text in (commentary or {}).items()},
        "shapes": Markup(made.shapes),
    }
    sentences = {claim["claim_id"]: claim["sentence"] for claim in made.claims}
    for name in ("index.html", "claims.html"):
        page = pages.get_template(name).render(**shared, here=name)
        if found := faults(page, sentences):
            raise RunFailed(
                f"The assessment of {area['area_name']} is not written: {len(found)} of its "
                f"statements have no claim behind them ({found[0]}). Correct the template that "
                "says so, or the claim it should show."
            )
        (folder / name).write_text(page, encoding="utf-8")
    return made


def _write_none(con: duckdb.DuckDBPyConnection, folder: Path, area: Row, reason: str) -> None:
    """A page that says why there is no assessment."""
    page = _environment().get_template("none.html")
    (folder / "index.html").write_text(
        page.render(partnership=read(con, "partnership")[0]["value"], area=area, reason=reason),
        encoding="utf-8",
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "figure": figure,
        "verdict": verdict,
        "anchor": anchor,
        "address": lambda text: quote(anchor(text)),
        "appendix": appendix,
        "day": day,
        "breakable": breakable,
    }
    environment.globals |= {
        "style": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        "fills": maps.FILLS,
        "nothing": NOTHING,
    }
    return environment


def rounded(value: float, places: int) -> Decimal:
    """Half up, as the claims are rounded: 2.5 is 3, and 0.25 with one place 0.3."""
    exact = Decimal(repr(float(value)))
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0


def number(value: float | None, places: int = 1) -> str:
    """``12,345`` of a whole number, else with `places`; a dash of nothing;
    ``< 0.1`` of what rounds to nothing.
    """
    if value is None:
        return NOTHING
    if isinstance(value, int):
        return f"{value:,}"
    said = rounded(value, places)
    if value > 0 and not said:
        return f"< {Decimal(1).scaleb(-places)}"
    return f"{said:,}".replace("-", "\u2212")


def figure(value: object) -> str:
    """A table's cell: numbers as `number`, everything else as it is."""
    if value is None or isinstance(value, (int, float)):
        return number(value)
    return str(value)


def verdict(claim: Row | None) -> tuple[str, str, str]:
    """(symbol, words, class) of a claim's verdict."""
    said = claim["verdict"] if claim else ""
    return next((shown for start, shown in VERDICTS if said.startswith(start)), UNSAID)


def anchor(text: str) -> str:
    """A claim's id as the name of a place on a page: one without spaces."""
    return re.sub(r"\s", "-", text)


def day(value: date | datetime) -> str:
    """``1 April 2010``."""
    return f"{value.day} {value:%B %Y}"


def breakable(text: str) -> Markup:
    """A name that a narrow column may break between its parts."""
    return Markup(re.sub(r"([._/;-])", r"\1<wbr>", str(escape(text))))
