"""What to try once the demo is published: the questions it can answer, as queries."""

import shlex
import shutil
import sys
from pathlib import Path

from warehouse.home import Home

QUERIES = {
    "What changed in Blaby in 2010/11, and whether chance alone would explain it": (
        "select indicator_id, previous_numerator, numerator, round(change_percent, 1) as percent,"
        " verdict from marts.indicator_change where area_code = 'E07000129'"
        " and period_label = '2010/11' and indicator_id in ('all_crime',"
        " 'violence_against_the_person', 'assault_without_injury', 'serious_acquisitive_crime',"
        " 'other_acquisitive_crime', 'criminal_damage', 'asb_incidents', 'deliberate_fires',"
        " 'domestic_incidents') order by percent"
    ),
    "Serious acquisitive crime of the county's districts, per 1,000 residents, with its limits": (
        "select area_name, numerator, round(value, 2) as rate, round(lower_95, 2) as lower_95,"
        " round(upper_95, 2) as upper_95, population_year from marts.indicator_value"
        " where indicator_id = 'serious_acquisitive_crime' and area_type = 'district'"
        " and area_code between 'E07000129' and 'E07000135'"
        " and period_label = '2010/11' order by value desc"
    ),
    "Blaby's areas that are significantly high for theft from vehicles": (
        "select rank_in_district, area_code, local_name, numerator, round(rate, 1) as rate, class"
        " from marts.hotspot where indicator_id = 'theft_from_vehicle'"
        " and district_code = 'E07000129' and period_label = '2010/11'"
        " and class = 'significantly high' order by rank_in_district"
    ),
    "How complete the hate reports are": (
        "select field, records, recorded, missing, not_stated, invalid,"
        " round(percent_missing, 1) as percent_missing from marts.hate_completeness"
        " where area_code = 'E10000018' and period_label = '2010/11' and source = 'all'"
        " order by field"
    ),
    "What rose and what fell in Blaby over five years": (
        "select indicator_id, direction, round(slope, 3) as slope from marts.indicator_trend"
        " where area_code = 'E07000129' and period_label = '2010/11' order by slope desc"
    ),
}


def next_steps(home: Home, csp: str | None = None) -> str:
    """Where the publication lies and the queries to try, as commands to paste into a shell.

    `csp` is the command as it can be called from here; found by itself if not given.
    """
    command = f"{shlex.quote(csp or _csp())} query --home {shlex.quote(str(home.root))}"
    lines = [
        f"Published: {home.current}",
        "  partner.duckdb   the tables for partners, schema marts",
        "  public.duckdb    what is computed from open data alone",
        "  parquet/         the same tables, for other tools",
        "  quality/         the checks, as pages",
        "",
        "Try:",
    ]
    for question, sql in QUERIES.items():
        lines += ["", f"# {question}", f'{command} "{sql}"']
    return "\n".join(lines)


def _csp() -> str:
    """`csp` where the shell would find it, else its path in the environment that runs this."""
    if shutil.which("csp"):
        return "csp"
    program = Path(sys.executable).with_name("csp")
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)
