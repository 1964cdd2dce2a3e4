{#- Parts of an event: a power of two, so that whole events, halves and quarters stay exact. -#}
{% set parts = "281474976710656e0" -%}
-- One row per measure, area, year and hour of the week: the weight of the events in it. An
-- event known between two times weighs on each hour in proportion (aoristic), one known to the minute
-- on its own. Events of an unknown time and those of long intervals have one row each, without an hour.
-- Places that lie in the same areas are weighed as one: the LSOAs of a district are hundreds, its hours few.
with area_parts as (
    select
        area_type,
        area_code,
        place_code
    from {{ ref("br_area_part") }}
    -- Wards are many and their hours few.
    where area_type != 'ward'
),

areas_of_places as (
    select
        place_code,
        list(area_type || '|' || area_code order by area_type, area_code) as areas
    from area_parts
    group by place_code
),

places as (
    select
        place_code,
        min(place_code) over (partition by areas) as group_code
    from areas_of_places
),

happened as (
    {% for feed in var("feeds") if feed.times -%}
    {{ "union all" if not loop.first }}
    select
        measure_id,
        month,
        places.group_code,
        {{ feed.times | first }} as from_at,
        {{ feed.times | last }} as to_at,
        events
    from {{ ref(feed.measure) }}
    inner join places on coalesce(lsoa_code, district_code) = places.place_code
    -- Of what indicators count: neither shares nor what may have happened have a profile.
    where
        district_code is not null
        and measure_id in (
            select numerator_measure
            from {{ ref("indicator_register") }}
            where kind != 'proportion'
        )
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

-- In whole parts of an event, which add up to the same sum every night, in whatever order.
weighed as (
    select
        measure_id,
        period_start,
        group_code,
        time_state,
        isodow(hour_at)::integer as weekday,
        hour(hour_at)::integer as hour,
        sum(
            round(
                {{ parts }}
                * events
                * case
                    when seconds = 0 then 1
                    else
                        epoch(least(to_at, hour_at + interval 1 hour))::bigint
                        - epoch(greatest(from_at, hour_at))::bigint
                end
                / greatest(seconds, 1)
            )::bigint
        ) as part
    from hours
    inner join {{ ref("br_month_year") }} as year on hours.month = year.month
    group by all
    union all
    select
        measure_id,
        period_start,
        group_code,
        time_state,
        null as weekday,
        null as hour,
        sum({{ parts }}::bigint * events) as part
    from told_apart
    inner join {{ ref("br_month_year") }} as year on told_apart.month = year.month
    where time_state != 'known'
    group by all
)

select
    weighed.measure_id,
    area.area_type,
    area.area_code,
    weighed.period_start,
    weighed.time_state,
    weighed.weekday,
    weighed.hour,
    sum(weighed.part) / {{ parts }} as events
from weighed
inner join area_parts as area on weighed.group_code = area.place_code
where weighed.part > 0
group by all
