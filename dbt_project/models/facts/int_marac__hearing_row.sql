{{ config(materialized="view") }}
-- One row per hearing in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'marac' as source,
    date_trunc('month', hearing.hearing_date)::date as month,
    hearing.file_id,
    hearing.line_number,
    hearing.case_id as record_key,
    district.district_code,
    {{ district_bucket("district") }} as district_code_bucket,
    hearing.referring_agency_bucket,
    hearing.repeat_flag_bucket
from {{ ref("stg_marac__hearing") }} as hearing
left join {{ ref("br_district_code") }} as district on hearing.district_code = district.sent_code
