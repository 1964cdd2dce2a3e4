-- One row per measure, month and place of recorded crime, of whatever offence code.
select
    measure_id,
    month,
    lsoa_code,
    district_code,
    sum(events)::bigint as events
from {{ ref("int_crime_measure") }}
group by all
