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
union all
select
    'police/recorded_crime' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_recorded_crime") }}
union all
select
    'police/incident' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_incident") }}
union all
select
    'hate/report' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_hate") }}
union all
select
    'fire/incident' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_fire") }}
union all
select
    'council/asb_report' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_council") }}
union all
select
    'marac/hearing' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_marac") }}
union all
select
    'youth/disposal' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_youth") }}
union all
select
    'probation/caseload' as feed,
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    events,
    fingerprint
from {{ ref("measure_caseload") }}
