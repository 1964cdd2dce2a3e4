{{ config(materialized="view", meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per run, partner and feed: the maturity score as that run found it.
select
    run_id,
    recorded_at,
    partner,
    feed,
    period_label,
    fields,
    field_percent,
    months_received,
    months_expected,
    score
from {{ source("quality", "maturity_history") }}
