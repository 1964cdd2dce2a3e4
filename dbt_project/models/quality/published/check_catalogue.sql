{{ config(materialized="view", meta={"published": true, "public": "open_feeds"}) }}
-- One row per check that is intended, with what it means.
select
    check_id,
    suite,
    feed,
    table_name,
    column_name,
    dimension,
    severity,
    is_implemented,
    for_the_engineer,
    for_the_auditor
from {{ source("quality", "check_catalogue") }}
