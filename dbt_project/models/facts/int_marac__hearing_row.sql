{{ config(materialized="view") }}
-- One row per hearing in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'marac' as source,
    date_trunc('month', hearing_date)::date as month,
    file_id,
    line_number,
    case_id as record_key,
    district_code,
    referring_agency_bucket,
    repeat_flag_bucket
from {{ ref("stg_marac__hearing") }}
