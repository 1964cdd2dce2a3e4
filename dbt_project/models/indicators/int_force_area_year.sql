-- One row per indicator of street crime, area, year and force that recorded events there.
-- Several forces' events may lie in one district: the British Transport Police's at its stations,
-- a neighbour's along the border.
with events as (
    select
        crime_measure.measure_id,
        crime_measure.source,
        year.period_start,
        crime_measure.lsoa_code,
        crime_measure.district_code,
        sum(crime_measure.events) as events
    from {{ ref("measure_street_crime") }} as crime_measure
    inner join {{ ref("br_month_year") }} as year on crime_measure.month = year.month
    where crime_measure.district_code is not null
    group by all
    having sum(crime_measure.events) > 0
),

placed as (
    select
        measure_id,
        source,
        period_start,
        'lsoa' as area_type,
        lsoa_code as area_code,
        events
    from events
    where lsoa_code is not null
    union all
    select
        events.measure_id,
        events.source,
        events.period_start,
        area.area_type,
        area.area_code,
        events.events
    from events
    inner join {{ ref("br_area_part") }} as area
        on coalesce(events.lsoa_code, events.district_code) = area.place_code
)

select
    register.indicator_id,
    register.indicator_version,
    placed.area_type,
    placed.area_code,
    placed.period_start,
    placed.source as force_name,
    sum(placed.events)::bigint as events
from placed
inner join {{ ref("indicator_register") }} as register
    on placed.measure_id = register.numerator_measure
group by all
