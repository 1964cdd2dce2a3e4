-- One row per measure, area, year and hour of the week: the weight of the events in it. An
-- event known between two times weighs on each hour in proportion (aoristic), one known to the minute
-- on its own. Events of an unknown time and those of long intervals have one row each, without an hour.
with happened as (
    {% for feed in var("feeds") if feed.times -%}
    {{ "union all" if not loop.first }}
    select
        measure_id,
        month,
        coalesce(lsoa_code, district_code) as place_code,
        {{ feed.times | first }} as from_at,
        {{ feed.times | last }} as to_at,
        events
    from {{ ref(feed.measure) }}
    -- What may have happened has no profile.
    where district_code is not null and not ends_with(measure_id, '_unknown')
    {% endfor %}
),

intervals as (
    select
        *,
        epoch(to_at)::bigint - epoch(from_at)::bigint as seconds
    from happened
),

told_apart as (
    select
        *,
        case
            when seconds is null or seconds < 0 then 'unknown'
            when seconds > 3600 * {{ threshold("time_longest_interval_hours") }} then 'long interval'
            else 'known'
        end as time_state
    from intervals
),

hours as (
    select
        *,
        unnest(generate_series(date_trunc('hour', from_at), to_at, interval 1 hour)) as hour_at
    from told_apart
    where time_state = 'known'
),

-- Whole seconds, summed before they are divided: the same sum every night, in whatever order.
weighed as (
    select
        measure_id,
        period_start,
        place_code,
        time_state,
        isodow(hour_at)::integer as weekday,
        hour(hour_at)::integer as hour,
        greatest(seconds, 1) as whole,
        sum(
            events
            * case
                when seconds = 0 then 1
                else
                    epoch(least(to_at, hour_at + interval 1 hour))::bigint
                    - epoch(greatest(from_at, hour_at))::bigint
            end
        ) as part
    from hours
    inner join {{ ref("br_month_year") }} as year on hours.month = year.month
    group by all
    union all
    select
        measure_id,
        period_start,
        place_code,
        time_state,
        null as weekday,
        null as hour,
        1 as whole,
        sum(events) as part
    from told_apart
    inner join {{ ref("br_month_year") }} as year on told_apart.month = year.month
    where time_state != 'known'
    group by all
),

summed as (
    select
        weighed.* exclude (place_code, part),
        area.area_type,
        area.area_code,
        sum(weighed.part) as part
    from weighed
    inner join {{ ref("br_area_part") }} as area on weighed.place_code = area.place_code
    -- Wards are many and their hours few.
    where area.area_type != 'ward'
    group by all
)

select
    measure_id,
    area_type,
    area_code,
    period_start,
    time_state,
    weekday,
    hour,
    sum(part * 1e0 / whole order by whole) as events
from summed
where part > 0
group by all
