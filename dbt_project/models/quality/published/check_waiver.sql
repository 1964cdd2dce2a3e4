{{ config(materialized="view", meta={"published": true, "public": "none", "counts": "nothing"}) }}
-- One row per known failure that is borne for a time.
select
    check_id,
    ceiling,
    reason,
    owner,
    expires
from {{ source("quality", "check_waiver") }}
