{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="source, month",
    )
}}
-- One row per measure, force, month and place of street crime. `source` is the force's name: street
-- crime is received force by force. Every received month has a row, if only of zero events.
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

contents as (
    select
        source,
        month,
        sum(events) as events,
        -- A sum, not an exclusive or: the order of the rows must not matter.
        sum(hash(crime_type, lsoa_code, district_code, events)::hugeint) as content
    from events
    group by source, month
),

extracts as (
    select
        extract.force_name as source,
        extract.month,
        hash(contents.events, contents.content, reference_state.fingerprint) as fingerprint
    from {{ ref("int_street_crime_extract") }} as extract
    left join contents
        on extract.force_name = contents.source and extract.month = contents.month
    cross join {{ ref("int_reference_state") }} as reference_state
),

changed as (
    {{ changed_partitions("extracts", ["source", "month"]) }}
),

counted as (
    select
        events.source,
        events.month,
        events.crime_type,
        events.lsoa_code,
        events.district_code,
        events.events
    from events
    inner join changed on events.source = changed.source and events.month = changed.month
),

crime_types as (
    select * from {{ ref("street_crime_type") }}
),

by_measure as (
    select
        crime_types.measure_id,
        counted.* exclude (crime_type)
    from counted
    inner join crime_types
        on
            counted.crime_type = crime_types.crime_type
            -- "Other crime" was all that had no type of its own before it became a type.
            and counted.month >= crime_types.valid_from
            and coalesce(counted.month <= crime_types.valid_to, true)
    where crime_types.measure_id is not null
    union all
    select
        'street_all_crime' as measure_id,
        counted.* exclude (crime_type)
    from counted
    left join crime_types on counted.crime_type = crime_types.crime_type
    -- A type the project does not know yet is a crime until it learns better.
    where coalesce(crime_types.in_all_crime, true)
    union all
    select
        'street_all_crime' as measure_id,
        source,
        month,
        null as lsoa_code,
        null as district_code,
        0 as events
    from changed
)

select
    by_measure.measure_id,
    by_measure.source,
    by_measure.month,
    by_measure.lsoa_code,
    by_measure.district_code,
    sum(by_measure.events)::bigint as events,
    changed.fingerprint
from by_measure
inner join changed
    on by_measure.source = changed.source and by_measure.month = changed.month
group by all
