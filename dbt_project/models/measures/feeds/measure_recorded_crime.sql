{{ config(materialized="table") }}
-- One row per measure, month, place and time of recorded crime, of whatever offence code.
select
    measure_id,
    month,
    lsoa_code,
    district_code,
    committed_from_at,
    committed_to_at,
    sum(events)::bigint as events
from {{ ref("int_crime_measure") }}
group by all
