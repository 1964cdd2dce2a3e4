"""The first findings of a publication in plain words, as `csp demo` prints them.

Every sentence is read from the published tables; a finding whose rows are absent is left out.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import duckdb

from warehouse.home import Home
from warehouse.seeds import seed_rows

WORDINGS = {row["verdict"]: row["wording"] for row in seed_rows("change_wording")}


def findings(home: Home) -> list[str]:
    """Sentences on the latest complete year of the focus areas; duckdb.Error without the tables."""
    with duckdb.connect(str(home.current / "partner.duckdb"), read_only=True) as con:
        return [*_topics(con), *_subjects(con), *_assessment(con)]


def rounded(value: float, digits: int = 1) -> str:
    """A figure for reading: half up, in decimal."""
    step = Decimal(1).scaleb(-digits)
    return f"{Decimal(str(value)).quantize(step, ROUND_HALF_UP):,}"


def _topics(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """One sentence a topic of the summary, of the last year that any topic can be compared in."""
    for topic, area, year, before, now, percent, verdict, trend, county, highest in con.execute(
        """
        select
            summary.topic, summary.area_name, summary.period_label, change.previous_numerator,
            change.numerator, change.change_percent_of_events, change.verdict,
            summary.trend_direction, summary.county_verdict, summary.highest_area_name
        from marts.summary_table as summary
        inner join marts.indicator_change as change
            using (indicator_id, area_type, area_code, period_label)
        inner join marts.indicator as register
            on
                change.indicator_id = register.indicator_id
                and change.indicator_version = register.indicator_version
        where
            change.verdict != 'not comparable'
            and register.kind != 'proportion'
            and change.indicator_version = summary.indicator_version
        qualify summary.period_start = max(summary.period_start) over ()
        order by abs(coalesce(change.change_percent_of_events, 0)) desc, summary.topic
        """
    ).fetchall():
        move = "unchanged"
        if percent is not None and percent != 0:
            way = "up" if percent > 0 else "down"
            move = f"{way} {rounded(abs(percent))} %, {WORDINGS[verdict]}"
        parts = [f"{topic.capitalize()} in {area}, {year}: {now:,} after {before:,}, {move}"]
        if trend in ("increasing", "decreasing"):
            parts.append(f"{trend} over five years")
        if county in ("higher", "lower", "similar"):
            versus = "similar to" if county == "similar" else f"{county} than"
            parts.append(f"{versus} the county")
        if highest:
            parts.append(f"highest in {highest}")
        yield "; ".join(parts) + "."


def _subjects(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """What the subject tables say of the county, in the latest period of each."""
    for area, label, cases, repeats, percent in con.execute(
        """
        select area_name, period_label, cases, repeats, repeat_percent
        from marts.marac_repeats
        where area_type = 'county' and cases > 0
        qualify row_number() over (order by period_start desc, definition_version desc) = 1
        """
    ).fetchall():
        yield (
            f"MARAC in {area}, {label}: {repeats:,} of {cases:,} cases were repeats "
            f"({rounded(percent)} %)."
        )
    lacking = con.execute(
        """
        select area_name, period_label, field, percent_missing
        from marts.hate_completeness
        where area_type = 'county' and source = 'all'
        qualify period_start = max(period_start) over ()
        order by percent_missing desc, field
        """
    ).fetchall()
    if lacking:
        named = ", ".join(f"{field} {rounded(percent)} %" for _, _, field, percent in lacking)
        yield f"Hate reports in {lacking[0][0]}, {lacking[0][1]}: not usable are {named}."
    for area, label, offenders, reoffenders, percent, county, verdict in con.execute(
        """
        select area_name, period_label, offenders, reoffenders, percent, county_percent, verdict
        from marts.reoffending
        where area_type = 'district' and verdict is not null
        qualify
            period_start = max(period_start) over ()
            and area_code in (select area_code from marts.summary_table)
        order by area_name
        """
    ).fetchall():
        yield (
            f"Adult reoffending in {area}, {label}: {reoffenders:,} of {offenders:,} "
            f"({rounded(percent)} %), {verdict} than the county's {rounded(county)} %."
        ).replace("similar than", "similar to")


def _assessment(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """How the figures of published assessments stand up."""
    counted = dict(
        con.execute("select verdict, count(*) from marts.published_figure group by all").fetchall()
    )
    if counted:
        named = ", ".join(f"{counted[v]} {v}" for v in sorted(counted, key=lambda v: -counted[v]))
        yield f"Of {sum(counted.values())} figures of the published assessment: {named}."
