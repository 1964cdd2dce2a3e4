{{ config(materialized="view", meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per check and run: every result ever, appended and never overwritten.
select
    run_id,
    check_id,
    suite,
    feed,
    table_name,
    column_name,
    dimension,
    severity,
    status,
    observed,
    threshold,
    records,
    failed_records,
    message,
    waiver,
    checked_at,
    kept_from
from {{ source("quality", "check_result") }}
