-- One row per force and month: the file that represents it, which is the newest that contains it. A
-- newer file replaces the month whole.
select
    period_key as force_name,
    month,
    file_id,
    file_name,
    contract_sha256,
    row_count
from {{ source("raw", "period_in_force") }}
where feed = 'police/street_crime'
