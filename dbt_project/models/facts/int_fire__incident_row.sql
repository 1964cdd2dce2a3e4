{{ config(materialized="view") }}
-- One row per fire and rescue incident in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'fire' as source,
    month,
    file_id,
    line_number,
    incident_no as record_key,
    geography_lsoa_code,
    district_code,
    fire_class_bucket,
    motive_bucket,
    property_type_bucket,
    lsoa_code_bucket
from {{ ref("fct_fire_incident") }}
