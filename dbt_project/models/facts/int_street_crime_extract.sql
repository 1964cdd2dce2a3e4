-- One row per force and month: the file that represents it, which is the newest that contains it. A
-- newer file replaces the month whole. The fingerprint is of all that its rows are built from.
with places as (
    select sum(hash(lsoa_code, geography_lsoa_code, district_code)::hugeint) as content
    from {{ ref("dim_lsoa") }}
)

select
    extract.period_key as force_name,
    extract.month,
    extract.file_id,
    extract.file_name,
    extract.row_count,
    -- A file some of whose rows were rejected may have been read again by a changed contract.
    hash(extract.file_id, extract.contract_sha256, places.content) as fingerprint
from {{ source("raw", "period_in_force") }} as extract
cross join places
where extract.feed = 'police/street_crime'
