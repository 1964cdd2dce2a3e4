{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
-- One row per indicator, area, year, weekday and hour: when its events happened. What has no
-- hour is left out of the profile, and its share stands beside.
with years as (
    select
        value.*,
        register.numerator_measure
    from {{ ref("int_indicator_year") }} as value
    inner join {{ ref("indicator_register") }} as register
        on
            value.indicator_id = register.indicator_id
            and value.indicator_version = register.indicator_version
    where
        value.area_type not in ('lsoa', 'ward', 'force', 'not_located')
        -- A share has two counts; the times are those of the indicators that count either.
        and value.kind != 'proportion'
        and value.months_received > 0
),

hours as (
    select * from {{ ref("measure_area_hour") }}
),

left_out as (
    select
        measure_id,
        area_type,
        area_code,
        period_start,
        coalesce(sum(events) filter (where time_state = 'unknown'), 0)::bigint as unknown_time,
        coalesce(sum(events) filter (where time_state = 'long interval'), 0)::bigint
            as long_interval
    from hours
    where time_state != 'known'
    group by all
),

counted as (
    select
        years.*,
        coalesce(left_out.unknown_time, 0) as unknown_time,
        coalesce(left_out.long_interval, 0) as long_interval,
        years.numerator - coalesce(left_out.unknown_time, 0) - coalesce(left_out.long_interval, 0)
            as timed_events
    from years
    left join left_out
        on
            years.numerator_measure = left_out.measure_id
            and years.area_type = left_out.area_type
            and years.area_code = left_out.area_code
            and years.period_start = left_out.period_start
    -- Of the feeds that hold times.
    where years.numerator_measure in (select measure_id from hours)
)

select
    counted.indicator_id,
    counted.indicator_version,
    counted.area_type,
    counted.area_code,
    area.area_name,
    counted.period_type,
    counted.period_start,
    counted.period_end,
    counted.period_label,
    counted.is_complete,
    weekdays.weekday::integer as weekday,
    hours_of_day.hour::integer as hour,
    coalesce(hours.events, 0e0) as events,
    100 * coalesce(hours.events, 0e0) / nullif(counted.timed_events, 0) as percent,
    counted.numerator as all_events,
    counted.timed_events,
    100e0 * (counted.unknown_time + counted.long_interval) / nullif(counted.numerator, 0)
        as unknown_percent,
    100e0 * counted.unknown_time / nullif(counted.numerator, 0) as share_unknown_time,
    100e0 * counted.long_interval / nullif(counted.numerator, 0) as share_long_interval
from counted
cross join range(1, 8) as weekdays (weekday)
cross join range(24) as hours_of_day (hour)
left join hours
    on
        counted.numerator_measure = hours.measure_id
        and counted.area_type = hours.area_type
        and counted.area_code = hours.area_code
        and counted.period_start = hours.period_start
        and weekdays.weekday = hours.weekday
        and hours_of_day.hour = hours.hour
left join {{ ref("dim_area") }} as area
    on counted.area_type = area.area_type and counted.area_code = area.area_code
