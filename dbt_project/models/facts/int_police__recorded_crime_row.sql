{{ config(materialized="view") }}
-- One row per recorded crime in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'police' as source,
    month,
    file_id,
    line_number,
    crime_ref as record_key,
    geography_lsoa_code,
    district_code,
    committed_from_bucket,
    committed_to_bucket,
    offence_description_bucket,
    lsoa_code_bucket,
    outcome_bucket,
    cancelled_date_bucket,
    alcohol_flag_bucket,
    drug_flag_bucket,
    domestic_flag_bucket,
    hate_flag_bucket
from {{ ref("fct_recorded_crime") }}
