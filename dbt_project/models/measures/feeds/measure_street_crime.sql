-- One row per measure, force, month and place of street crime. `source` is the force's name: street
-- crime is received force by force.
with events as (
    select
        force_name as source,
        month,
        crime_type,
        geography_lsoa_code as lsoa_code,
        district_code,
        count(*) as events
    from {{ ref("int_street_crime_event") }}
    group by all
),

crime_types as (
    select * from {{ ref("street_crime_type") }}
),

counted as (
    select
        crime_types.measure_id,
        events.* exclude (crime_type)
    from events
    inner join crime_types
        on
            events.crime_type = crime_types.crime_type
            -- "Other crime" was all that had no type of its own before it became a type.
            and events.month >= crime_types.valid_from
            and coalesce(events.month <= crime_types.valid_to, true)
    where crime_types.measure_id is not null
    union all
    select
        'street_all_crime' as measure_id,
        events.* exclude (crime_type)
    from events
    left join crime_types on events.crime_type = crime_types.crime_type
    -- A type the project does not know yet is a crime until it learns better.
    where coalesce(crime_types.in_all_crime, true)
)

select
    measure_id,
    source,
    month,
    lsoa_code,
    district_code,
    sum(events)::bigint as events
from counted
group by all
