{{ config(materialized="view", meta={"published": true, "public": "all", "counts": "records"}) }}
-- One row per public table with partners' figures: what disclosure control leaves out of it, and what an
-- outsider who reads every public file can work out of that. The publication step fills it.
select
    run_id,
    table_name,
    counts,
    suppressed_counts,
    100e0 * suppressed_counts / nullif(counts, 0) as percent_suppressed,
    narrowest,
    recovered
from {{ source("quality", "disclosure") }}
