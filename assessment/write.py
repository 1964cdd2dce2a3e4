"""Writing an assessment: the page itself, and the page of its claims and their files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from assessment import commentary, document, maps
from assessment.numbers import NOTHING, day, figure, month, number, percent, with_unit
from assessment.proof import faults
from assessment.reading import Assessment, appendix, latest_year, read, read_assessment
from assessment.structure import CHAPTERS, LISTED, OFFENDERS_QUESTIONS, QUESTIONS
from warehouse.drawing import drawn_in
from warehouse.errors import RunFailed
from warehouse.publication.manifest import Manifest
from warehouse.rows import Row, rows
from warehouse.sql_text import literal

TEMPLATES = Path(__file__).parent / "templates"
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
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    before: Path | None,
    *,
    texts: Path | None = None,
    tell: Callable[[list[str]], None] = lambda _: None,
) -> None:
    """Write the assessments of the settings' focus areas, each of its latest complete year.

    Of several districts the partnership's is the folder's index.html, and each district's is in a
    folder of its code. con: the warehouse, built and checked. before: the folder of the publication
    that is current now. texts: the home's commentary. tell: gets what its authors should look at.
    """
    areas = read(con, "focus")
    advice: list[str] = []
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
        of_area = texts and texts_of(texts, area, period, is_first=area is areas[0])
        made = write_assessment(
            con,
            place,
            area,
            period,
            others=others,
            texts=of_area,
            before=before,
            drawn=before and before / folder.name / place.relative_to(folder) / "index.html",
        )
        advice += made.advice
    tell(advice)


def texts_of(texts: Path, area: Row, period: Row, *, is_first: bool) -> Path:
    """Where the commentary of an assessment lies: of the one that the night writes first in the
    home's folder itself, of any other in a folder named after its area and year.
    """
    return texts if is_first else texts / name_of(area, period)


def name_of(area: Row, period: Row) -> str:
    """``E07000129-2010-11``: an area and year as the name of a folder."""
    return f"{area['area_code']}-{period['period_label'].replace('/', '-')}"


def write_assessment(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    area: Row,
    period: Row,
    *,
    others: list[tuple[str, str]] | None = None,
    texts: Path | None = None,
    before: Path | None = None,
    drawn: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Assessment:
    """Write the pages and the document of an area and financial year; returns what they show.

    area: area_type, area_code, area_name. period: as `reading.latest_year` returns. others: (name,
    address) of further assessments to link to. texts: the folder of its commentary, which stands
    below the sections' sentences. before: the folder of the publication that the authors of new
    texts had in front of them; this assessment's own claims without one. drawn: an earlier page of
    the same, from which charts are taken where nothing of them has changed; it need not be there.
    Raises RunFailed where a page would say a number that has no claim, table or picture behind it.
    """
    report("reading the claims and drawing the pictures")
    kept = drawn_in(drawn.read_text(encoding="utf-8")) if drawn and drawn.is_file() else None
    made = read_assessment(con, area, period, kept)
    printed = _commentary(made, texts, before) if texts else {}
    pages = _environment()
    shared = {
        "a": made,
        "chapters": CHAPTERS,
        "listed": LISTED,
        "questions": QUESTIONS,
        "offenders_questions": OFFENDERS_QUESTIONS,
        "others": others or [],
        "commentary": {name: Markup(text) for name, text in printed.items()},
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
    report("setting the document")
    whole = (folder / "index.html").read_text(encoding="utf-8")
    document.write_document(whole, _subject(made), folder / document.NAME, _csv(made.claims))
    return made


def _subject(made: Assessment) -> document.Subject:
    start, end = day(made.period["period_start"]), day(made.period["period_end"])
    published = made.publication.get("published_at")
    about = [f"The year from {start} to {end}."]
    if published:
        about.append(f"Publication {made.publication['publication_id']}, of {day(published)}.")
    about.append(
        "Every sentence of figures is a claim. What each rests on is told in claims.html, beside "
        "the page of this document, and in claims.csv, which is attached to it."
    )
    return document.Subject(
        made.partnership,
        made.area["area_name"],
        made.period["period_label"],
        tuple(about),
        published,
    )


def _csv(claims: list[Row]) -> str:
    text = io.StringIO()
    columns = [name for name in (claims[0] if claims else {}) if name != "feeds"]
    written = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    written.writeheader()
    written.writerows(claims)
    return text.getvalue()


def _commentary(made: Assessment, texts: Path, before: Path | None) -> dict[str, str]:
    """The commentary by section, as HTML; what its authors should look at goes to `advice`."""
    sections = {section.name for chapter in CHAPTERS for section in chapter.sections}
    sections |= {appendix(topic) for topic in made.topics} | {"appendix_b"}
    earlier = _claims_before(made, before) if before else None
    found, problems = commentary.read(texts, made.claims, sections, earlier)
    made.advice = commentary.advice(found, problems, texts.name)
    try:
        commentary.remember(texts, made.claims, sections, earlier)
    except OSError as error:
        made.advice.append(
            f"{texts} cannot be written ({error.strerror}), so that no change of a figure will be "
            "seen. Give this user the right to write there."
        )
    return {section: each.html for section, each in found.items()}


def _claims_before(made: Assessment, before: Path) -> list[Row] | None:
    """The same assessment's claims of a publication; None of one that has none."""
    table = before / "parquet" / "partner" / "assessment_claim.parquet"
    if not table.is_file():
        return None
    with duckdb.connect() as con:
        found = rows(
            con,
            f"select claim_id, section, sentence from read_parquet({literal(table)}) "
            "where period_label = ? and (area_role != 'own' or area_type = ? and area_code = ?)",
            [made.period["period_label"], made.area["area_type"], made.area["area_code"]],
        )
    return found or None


def _write_none(con: duckdb.DuckDBPyConnection, folder: Path, area: Row, reason: str) -> None:
    """A page that says why there is no assessment."""
    page = _environment().get_template("none.html")
    (folder / "index.html").write_text(
        page.render(partnership=_partnership(con), area=area, reason=reason),
        encoding="utf-8",
    )


def _partnership(con: duckdb.DuckDBPyConnection) -> str:
    return next(str(row["value"]) for row in read(con, "settings") if row["name"] == "partnership")


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
        "percent": percent,
        "with_unit": with_unit,
        "verdict": verdict,
        "anchor": anchor,
        "address": lambda text: quote(anchor(text)),
        "appendix": appendix,
        "day": day,
        "month": month,
        "breakable": breakable,
    }
    environment.globals |= {
        "style": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        "fills": maps.FILLS,
        "nothing": NOTHING,
    }
    return environment


def verdict(claim: Row | None) -> tuple[str, str, str]:
    """(symbol, words, class) of a claim's verdict."""
    said = claim["verdict"] if claim else ""
    return next((shown for start, shown in VERDICTS if said.startswith(start)), UNSAID)


def anchor(text: str) -> str:
    """A claim's id as the name of a place on a page: one without spaces."""
    return re.sub(r"\s", "-", text)


def breakable(text: str) -> Markup:
    """A name that a narrow column may break between its parts."""
    return Markup(re.sub(r"([._/;-])", r"\1<wbr>", str(escape(text))))
