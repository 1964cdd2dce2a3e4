{{ config(materialized="view") }}
-- One row per street crime in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    force_name as source,
    month,
    file_id,
    line_number,
    null::varchar as record_key,
    geography_lsoa_code,
    district_code,
    crime_id_bucket,
    lsoa_code_bucket,
    location_bucket,
    outcome_bucket,
    coordinates_bucket
from {{ ref("int_street_crime_row") }}
