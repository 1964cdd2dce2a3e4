{{ config(materialized="view") }}
-- One row per measure, source within its feed, month and place: every topic's measures in one form.
-- A new topic adds its measure table here.
select
    'police/street_crime' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_street_crime") }}
