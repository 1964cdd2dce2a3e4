{{ config(materialized="view") }}
-- One row per offender in a year's caseload in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'probation' as source,
    month,
    file_id,
    line_number,
    offender_id as record_key,
    geography_lsoa_code,
    district_code,
    district_code_bucket,
    gender_bucket,
    age_bucket,
    tier_bucket,
    need_thinking_bucket,
    need_relationships_bucket,
    need_education_bucket,
    need_lifestyles_bucket,
    need_attitudes_bucket,
    need_alcohol_bucket,
    need_drugs_bucket,
    need_accommodation_bucket,
    reoffence_date_bucket,
    lsoa_code_bucket
from {{ ref("fct_offender_year") }}
