-- One row per measure, area, year and offence code of recorded crime: what harm is summed of.
-- Of the measures those that stand for a topic of the assessment; of what is made of LSOAs all crime alone.
with wanted as (
    select distinct register.numerator_measure as measure_id
    from {{ ref("topic_summary") }} as topic_summary
    inner join {{ ref("indicator_register") }} as register
        on topic_summary.indicator_id = register.indicator_id
),

counted as (
    select
        crime_measure.measure_id,
        crime_measure.offence_code,
        year.period_start,
        crime_measure.lsoa_code,
        crime_measure.district_code,
        sum(crime_measure.events)::bigint as events
    from {{ ref("int_crime_measure") }} as crime_measure
    inner join {{ ref("br_month_year") }} as year on crime_measure.month = year.month
    inner join wanted on crime_measure.measure_id = wanted.measure_id
    group by all
),

placed as (
    select
        measure_id,
        'lsoa' as area_type,
        lsoa_code as area_code,
        period_start,
        offence_code,
        events
    from counted
    where measure_id = 'all_crime' and lsoa_code is not null
    union all
    select
        counted.measure_id,
        area.area_type,
        area.area_code,
        counted.period_start,
        counted.offence_code,
        counted.events
    from counted
    inner join {{ ref("br_area_part") }} as area
        on coalesce(counted.lsoa_code, counted.district_code) = area.place_code
    where
        counted.measure_id = 'all_crime' or not ({{ is_below_district("area.area_type") }})
)

select
    measure_id,
    area_type,
    area_code,
    period_start,
    offence_code,
    sum(events)::bigint as events
from placed
group by all
