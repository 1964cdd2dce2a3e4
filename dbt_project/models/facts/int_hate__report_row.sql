{{ config(materialized="view") }}
-- One row per hate report in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'hate' as source,
    month,
    file_id,
    line_number,
    report_id as record_key,
    geography_lsoa_code,
    district_code,
    district_code_bucket,
    strands_bucket,
    offence_group_bucket,
    victim_gender_bucket,
    victim_age_bucket,
    victim_ethnicity_bucket,
    lsoa_code_bucket,
    linked_crime_ref_bucket
from {{ ref("fct_hate_report") }}
