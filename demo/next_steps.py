"""What to try once the demo is published: the questions it can answer, as queries."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.home import Home


class Assessed(NamedTuple):
    """A district of the partnership and its latest year, as the queries name them."""

    code: str
    name: str
    year: str


def queries(home: Home) -> dict[str, str]:
    """What can be asked of the publication, by question; duckdb.Error without its tables."""
    with duckdb.connect(str(home.current / "partner.duckdb"), read_only=True) as con:
        of = Assessed(
            *con.execute(
                """
                select area_code, area_name, period_label
                from marts.summary_table
                where area_type = 'district' and period_type = 'financial_year'
                order by period_start desc, area_code
                """
            ).fetchall()[0]
        )
        [(figures,)] = con.execute("select count(*) from marts.published_figure").fetchall()
    found = {
        f"What rose and what fell in {of.name}, and is unlikely to have done so by chance alone": (
            "select indicator_id, round(previous_value, 1) as before, round(value, 1) as after,"
            " round(change_percent, 1) as percent, verdict from marts.indicator_change"
            f" where area_code = '{of.code}' and period_label = '{of.year}'"
            " and verdict in ('increase', 'decrease') order by percent"
        ),
        f"{of.name}'s five highest areas for theft from a vehicle, and how they stand to the"
        " county": (
            "select rank_in_district as rank, local_name, numerator, round(rate, 1) as rate, class"
            " from marts.hotspot where indicator_id = 'theft_from_vehicle'"
            f" and district_code = '{of.code}' and period_label = '{of.year}'"
            " and rank_in_district <= 5 order by rank_in_district"
        ),
        "How much of the hate reports can be used": (
            "select field, records, recorded, round(percent_missing, 1) as percent_missing"
            " from marts.hate_completeness where area_type = 'county' and source = 'all'"
            f" and period_label = '{of.year}' order by percent_missing desc"
        ),
    }
    if figures:
        found["What does not hold in the published assessment"] = (
            "select figure_id, stated_value as stated, recomputed_value as recomputed, explanation"
            " from marts.published_figure where verdict != 'reproduced' order by figure_id"
        )
    return found


def first_page(home: Home) -> list[str]:
    """The assessment: the page to open, and the document to print."""
    folder = home.current / "assessment"
    return [
        f"Open in a browser: {folder / 'index.html'}",
        f"  or print {folder / 'assessment.pdf'}",
    ]


def next_steps(home: Home, csp: str | None = None) -> str:
    """Where the publication lies and the queries to try, as commands to paste into a shell.

    `csp` is the command as it can be called from here; found by itself if not given.
    """
    command = f"{shlex.quote(csp or _csp())} query --home {shlex.quote(str(home.root))}"
    lines = [
        f"Published: {home.current}",
        "  partner.duckdb   the tables for partners, schema marts",
        "  public.duckdb    open data, and partners' years after disclosure control",
        "  parquet/         the same tables, for other tools",
        "  tables/          the main figures by topic, for a spreadsheet",
        "  assessment/      the Partnership Strategic Assessment",
        "  quality/         how much of what was sent can be used: open index.html in a browser",
        "",
        "Try:",
    ]
    for question, sql in queries(home).items():
        lines += ["", f"# {question}", f'{command} "{sql}"']
    return "\n".join(lines)


def _csp() -> str:
    """`csp` where the shell would find it, else its path in the environment that runs this."""
    if shutil.which("csp"):
        return "csp"
    program = Path(sys.executable).with_name("csp")
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)
