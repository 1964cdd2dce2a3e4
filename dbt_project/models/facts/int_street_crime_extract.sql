-- One row per force and month: the file that represents it, which is the newest that contains it
-- (by modification time, then name). A newer file replaces the month whole.
select
    load_period.period_key as force_name,
    load_period.month,
    load_audit.file_id,
    load_audit.file_name,
    load_audit.landed_at,
    load_audit.loaded_at,
    load_audit.contract_sha256,
    load_period.row_count
from {{ source("raw", "load_period") }} as load_period
inner join {{ source("quality", "load_audit") }} as load_audit
    on load_period.file_id = load_audit.file_id
where
    load_period.feed = 'police/street_crime'
    and load_audit.status = 'loaded'
qualify
    row_number() over (
        partition by load_period.period_key, load_period.month
        order by
            load_audit.landed_at desc, load_audit.file_name desc, load_audit.file_id desc
    ) = 1
