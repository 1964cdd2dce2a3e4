{{ config(materialized="view", meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per run, partner, feed, field and month of which the counts changed.
select
    run_id,
    recorded_at,
    partner,
    feed,
    field,
    month,
    records,
    valid,
    missing,
    not_stated,
    invalid,
    not_applicable
from {{ source("quality", "completeness_history") }}
