{{ config(materialized="view") }}
-- One row per crime or incident, counted by the rules, with the words of its latest row.
select
    event.force_name,
    event.month,
    street_crime.crime_id,
    event.crime_type,
    street_crime.lsoa_code,
    event.geography_lsoa_code,
    event.district_code,
    street_crime.location,
    street_crime.longitude,
    street_crime.latitude,
    street_crime.outcome,
    event.times_sent,
    event.latest_month,
    event.file_id,
    event.line_number
from {{ ref("int_street_crime_event") }} as event
inner join {{ ref("stg_police__street_crime") }} as street_crime
    on
        event.file_id = street_crime.file_id
        and event.line_number = street_crime.line_number
