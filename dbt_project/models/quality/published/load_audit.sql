{{ config(materialized="view", meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per landed file, whatever became of it: its rows reconcile, accepted + rejected + skipped.
select
    load_audit.partner,
    feed.name as feed,
    load_audit.file_name,
    load_audit.sha256,
    load_audit.bytes,
    load_audit.data_rows,
    load_audit.accepted,
    load_audit.rejected,
    load_audit.skipped,
    load_audit.status,
    load_audit.reason,
    load_audit.loaded_at
from {{ source("quality", "load_audit") }} as load_audit
inner join {{ source("raw", "feed") }} as feed on load_audit.feed = feed.feed
