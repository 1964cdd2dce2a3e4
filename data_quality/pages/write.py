"""Writing the pages: one index, a page and a list to mend for each partner, checks, figures."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from data_quality.pages import charts, facts, reading
from warehouse.ingest.holding import held_files
from warehouse.publication.manifest import Manifest
from warehouse.results import NOT_BUILT
from warehouse.rows import Row

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
SCRIPT = "".join(
    (TEMPLATES / name).read_text(encoding="utf-8") for name in ("sort.js", "filter.js")
)
# What stands where there is no value.
NOTHING = "\u2013"


def write_pages(
    con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, before: Path | None
) -> None:
    """Write the auditors' pages of a publication into its folder `quality`.

    con: the warehouse, built and checked. before: the folder of the publication that is current
    now. Links to `data_docs/` and `dbt/` are made where those folders are there already.
    """
    pages = _environment(con)
    pages.globals["manifest"] = manifest
    partners = reading.partners(con)
    history = reading.read(con, "score_history", reading.MOST_RUNS)
    several_runs = len({row["recorded_at"] for row in history}) > 1
    results = reading.read(con, "results_history", reading.MOST_RUNS_OF_RESULTS)
    run_id = manifest.run_id
    figures, files, all_figures = reading.figures(con)
    names = {figure["indicator_id"]: figure["name"] for figure in figures}
    read_by = reading.readers(con, names)
    failed = reading.not_passed(con, run_id)
    shared = {
        "partners": partners,
        "has_docs": (folder / "data_docs" / "index.html").is_file(),
        "has_dbt": (folder / "dbt" / "index.html").is_file(),
    }
    _write(
        folder / "index.html",
        pages.get_template("index.html").render(
            **shared,
            here="index.html",
            not_passed=facts.told_once(failed),
            failed=len(failed),
            waivers=reading.read(con, "waivers", run_id),
            disclosure=reading.read(con, "disclosure"),
            loads=reading.read(con, "loads"),
            never_received=[row["feed"] for row in reading.read(con, "never_received")],
            refused=reading.read(con, "refused"),
            held=held_files(con),
            changes=reading.changes(con, before, run_id),
            history=history,
            score_chart=Markup(charts.score_history(history)) if several_runs else None,
        ),
    )
    (folder / "mend").mkdir(exist_ok=True)
    for partner in partners:
        listed, counts, total = reading.to_mend(con, partner)
        _write_csv(folder / "mend" / f"{partner.name}.csv", listed)
        drawn = {
            (feed.feed, source): Markup(
                charts.volume(months, f"{feed.feed}: rows a month of {source}")
            )
            for feed in partner.feeds
            for source, months in feed.volume.items()
        }
        _write(
            folder / f"partner-{partner.name}.html",
            pages.get_template("partner.html").render(
                **shared,
                here=f"partner-{partner.name}.html",
                partner=partner,
                read_by=read_by,
                volume_charts=drawn,
                to_mend=counts,
                listed=len(listed),
                total=total,
            ),
        )
    catalogue = reading.read(con, "catalogue", run_id)
    _write(
        folder / "checks.html",
        pages.get_template("checks.html").render(
            **shared,
            here="checks.html",
            checks=(checks := facts.told_once(catalogue)),
            choices=_choices(checks),
            intended=len(catalogue),
            implemented=sum(check["is_implemented"] for check in catalogue),
            results=results,
            results_chart=Markup(charts.results_history(results)) if results else None,
        ),
    )
    _write(
        folder / "figures.html",
        pages.get_template("figures.html").render(
            **shared,
            here="figures.html",
            figures=figures,
            files=files,
            all_figures=all_figures,
            topics=sorted({figure["topic"] for figure in figures}),
            areas=sorted({figure["area_name"] for figure in figures if figure["area_name"]}),
            tables=reading.read(con, "tables_of_fields"),
        ),
    )


# The words in which a page says how a check came out, and by which it is filtered.
OUTCOMES = {
    facts.NOT_EVALUATED: "not run",
    facts.NOT_IMPLEMENTED: "not implemented",
    facts.NOT_APPLICABLE: "not applicable",
    facts.PASSED: "pass",
    facts.OF_SOFTWARE: "proved with the software",
}


def outcome(check: Mapping[str, Any]) -> str:
    """``fail``, ``error``, ``pass``, ``not applicable``, ``not run`` ... of a check."""
    return OUTCOMES.get(facts.rank(check), str(check["status"]))


def _choices(checks: list[Row]) -> dict[str, list[str]]:
    """What the checks can be filtered by, each choice in its order."""
    feeds = sorted({check["feed"] for check in checks if check["feed"]})
    return {
        "outcome": list(dict.fromkeys(outcome(check) for check in checks)),
        "severity": ["blocking", "warning"],
        "partner": sorted({feed.split("/")[0] for feed in feeds}),
        "feed": feeds,
        "dimension": sorted({check["dimension"] for check in checks}),
    }


def write_blocked(
    con: duckdb.DuckDBPyConnection, path: Path, run_id: str, current: str | None
) -> None:
    """Write the page of a run that its checks stopped: what each found, and what to do.

    con: the warehouse, however far the run came. current: the publication that stays, if one does.
    """
    found = reading.not_passed(con, run_id)
    page = (
        _environment(con)
        .get_template("blocked.html")
        .render(
            run_id=run_id,
            current=current,
            blocking=[row for row in found if row["severity"] == "blocking" and not _idle(row)],
            idle=sum(_idle(row) for row in found),
            warnings=[row for row in found if row["severity"] != "blocking" and not _idle(row)],
        )
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(page)


def _idle(row: Mapping[str, Any]) -> bool:
    """Whether a test stopped nothing: it was skipped, because what it reads was not built."""
    return (row["status"], row["message"]) == ("error", NOT_BUILT)


def _environment(con: duckdb.DuckDBPyConnection) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "value": value,
        "rounded": rounded,
        "time": time,
        "month": month,
        "distance": distance,
        "anchor": anchor,
        "outcome": outcome,
        "breakable": breakable,
    }
    [(partnership,)] = con.execute(
        "select value from raw.setting where key = 'partnership'"
    ).fetchall()
    environment.globals |= {
        "partnership": partnership,
        "style": Markup(STYLE),
        "script": Markup(SCRIPT),
        "script_hash": base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode(),
        "most_listed": reading.MOST_LISTED,
        "months_printed": reading.MONTHS_PRINTED,
    }
    return environment


def number(value: float | None) -> str:
    """``12,345`` of 12345; a dash of nothing."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def value(number: float | None) -> str:
    """A value with three digits that count: ``0.042``, ``2.96``, ``53.2``, ``1,204``."""
    if number is None:
        return NOTHING
    places = next((n for n, least in ((0, 100), (1, 10), (2, 1)) if abs(number) >= least), 3)
    return f"{number:,.{places}f}"


def percent(value: float | None) -> str:
    """``75.1 %``, rounded down so that what just misses a threshold does not look met."""
    return NOTHING if value is None else f"{int(value * 10 + 1e-9) / 10:.1f} %"


def rounded(value: float | None) -> str:
    """``88.7``, as scores are written."""
    return NOTHING if value is None else f"{value:.1f}"


def time(value: datetime | None) -> str:
    """``2026-11-27 22:10`` (UTC)."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M}"


def month(value: date) -> str:
    """``2010-04``."""
    return f"{value:%Y-%m}"


def distance(cell: dict[str, Any]) -> str:
    """The class of a cell of the grid by how far it lies from its threshold."""
    complete, threshold = cell["completeness_percent"], cell["threshold_percent"]
    if complete is None:
        return "na"
    if threshold is None:
        return "open"
    if complete >= threshold:
        return "met"
    return "near" if complete >= threshold - 10 else "far"


def anchor(text: str) -> str:
    """A text as the name of a place on a page."""
    return "".join(c if c.isalnum() else "-" for c in text)


def breakable(text: str) -> Markup:
    """A name that a narrow column may break between its parts."""
    return Markup(re.sub(r"([._/])", r"\1<wbr>", str(escape(text))))


def _write(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8")


def _write_csv(path: Path, rows: list[Row]) -> None:
    columns = (
        *("feed", "file_name", "line_number", "record_key", "month"),
        *("district_code", "field", "problem"),
    )
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            # A spreadsheet would take a name that begins so for a formula.
            writer.writerow({key: _harmless(value) for key, value in row.items()})


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
