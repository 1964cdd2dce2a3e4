"""What each run found of completeness and maturity, kept beside what later runs find."""

import duckdb

from warehouse.writing import transaction

COUNTS = "records, valid, missing, not_stated, invalid, not_applicable"

SCORES = """
insert into quality.maturity_history by name
select
    $1 as run_id,
    (now() at time zone 'UTC')::timestamp as recorded_at,
    * exclude (period_type, period_start, period_end, coverage_percent)
from marts.maturity_score
where period_type = 'rolling_12m'
and not exists (from quality.maturity_history where run_id = $1)
order by partner, feed
"""

COMPLETENESS = f"""
insert into quality.completeness_history by name
with kept as (
    select partner, feed, field, month, {COUNTS}
    from quality.completeness_history
    qualify row_number() over (partition by partner, feed, field, month order by rowid desc) = 1
),
found as (
    select partner, feed, field, month, {COUNTS}
    from marts.recording_completeness
    union all
    -- A month of which no row is in force any more.
    select partner, feed, field, month, 0, 0, 0, 0, 0, 0
    from kept
    anti join marts.recording_completeness using (partner, feed, field, month)
)
select $1 as run_id, (now() at time zone 'UTC')::timestamp as recorded_at, changed.*
from (from found except from kept) as changed
order by partner, feed, field, month
"""


def keep(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Append this run's maturity scores, and the completeness that differs from what was kept last.

    A second call for the same run adds nothing. One row a change keeps the history of 100 fields of
    60 months small: a night without corrections adds only the new month's.
    """
    with transaction(con):
        con.execute(SCORES, [run_id])
        con.execute(COMPLETENESS, [run_id])
