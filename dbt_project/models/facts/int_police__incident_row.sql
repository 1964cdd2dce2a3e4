{{ config(materialized="view") }}
-- One row per incident in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'police' as source,
    month,
    file_id,
    line_number,
    incident_no as record_key,
    geography_lsoa_code,
    district_code,
    qualifier_bucket,
    lsoa_code_bucket,
    domestic_flag_bucket,
    linked_crime_ref_bucket
from {{ ref("fct_incident") }}
