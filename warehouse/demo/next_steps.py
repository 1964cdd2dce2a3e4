"""What to try once the demo is published: the questions it can answer, as queries."""

import shlex
import shutil
import sys
from pathlib import Path

from warehouse.home import Home

QUERIES = {
    "Street crime of each district in 2020/21, per 1,000 residents, with its limits": (
        "select area_name, numerator, round(value, 1) as rate, round(lower_95, 1) as lower_95,"
        " round(upper_95, 1) as upper_95, population_year from marts.indicator_value"
        " where indicator_id = 'street_all_crime' and area_type = 'district'"
        " and period_label = '2020/21' order by value desc"
    ),
    "Blaby's five highest areas for vehicle crime, and how they stand against the county": (
        "select rank_in_district, area_code, local_name, numerator, round(rate, 1) as rate, class"
        " from marts.hotspot where indicator_id = 'street_vehicle_crime'"
        " and district_code = 'E07000129' and period_label = '2020/21'"
        " and rank_in_district <= 5 order by rank_in_district"
    ),
    "Rows without a place, by month": (
        "select period_label, numerator from marts.indicator_value"
        " where indicator_id = 'street_all_crime' and area_type = 'not_located'"
        " and area_name like '%Leicestershire%' and period_type = 'month'"
        " and period_start >= date '2020-01-01' order by period_start"
    ),
    "What rose and what fell in Blaby over five years": (
        "select indicator_id, direction, round(slope, 3) as slope from marts.indicator_trend"
        " where area_code = 'E07000129' and period_label = '2020/21' order by slope desc"
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
