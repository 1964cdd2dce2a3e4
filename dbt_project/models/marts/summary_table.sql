{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
-- One row per topic, year and focus area, and the partnership of several: the assessment's
-- Table 1. Each topic is read by the indicator that stands for it; what cannot be said is NULL, and
-- `reason` says why.
with topics as (
    select
        topic_summary.topic,
        topic_summary.indicator_id,
        max(register.indicator_version) as indicator_version
    from {{ ref("topic_summary") }} as topic_summary
    inner join {{ ref("indicator_register") }} as register
        on topic_summary.indicator_id = register.indicator_id
    group by topic_summary.topic, topic_summary.indicator_id
),

focus_areas as (
    select area_type, area_code, area_name
    from {{ ref("dim_area") }}
    where
        (area_type = 'district' and is_focus_area)
        or (area_type = 'partnership' and district_code is null)
),

years as (
    select period_start, period_end, period_label
    from {{ ref("dim_period") }}
    where {{ is_year("period_type") }}
),

grid as (
    select
        topics.topic,
        topics.indicator_id,
        topics.indicator_version,
        focus_areas.area_type,
        focus_areas.area_code,
        focus_areas.area_name,
        years.period_start,
        years.period_end,
        years.period_label
    from topics
    cross join focus_areas
    cross join years
),

comparisons as (
    select
        indicator_id,
        indicator_version,
        area_code,
        period_start,
        max(verdict) filter (where comparator_type = 'county') as county_verdict,
        max(verdict) filter (where comparator_type = 'most_similar_group') as msg_verdict
    from {{ ref("indicator_comparison") }}
    where area_type in ('district', 'partnership') and {{ is_year("period_type") }}
    group by indicator_id, indicator_version, area_code, period_start
),

-- The highest of those with at least five events: a rate of fewer says little.
highest_areas as (
    select
        hotspot.indicator_id,
        hotspot.indicator_version,
        area.area_code,
        hotspot.period_start,
        arg_max(
            hotspot.area_code,
            struct_pack(
                rate := hotspot.rate, numerator := hotspot.numerator, code := hotspot.area_code
            )
        ) as highest_area_code,
        arg_max(
            coalesce(hotspot.local_name, hotspot.area_name),
            struct_pack(
                rate := hotspot.rate, numerator := hotspot.numerator, code := hotspot.area_code
            )
        ) as highest_area_name
    from {{ ref("hotspot") }} as hotspot
    inner join {{ ref("br_area_part") }} as area
        on hotspot.district_code = area.place_code
    where
        area.area_type in ('district', 'partnership')
        and hotspot.numerator >= {{ threshold("summary_least_events") }}
        and hotspot.rate is not null
    group by
        hotspot.indicator_id, hotspot.indicator_version, area.area_code, hotspot.period_start
),

-- By the newest version of the Output Area Classification, else by the fifths of the district, of a
-- partnership by the county's.
communities as (
    select
        *,
        case
            when classification like 'Output Area Classification%' then 1
            when area_type = 'district' and classification like '%, district' then 2
            when area_type = 'partnership' and classification like '%, county' then 2
        end as preference
    from {{ ref("community_profile") }}
    where
        area_type in ('district', 'partnership')
        and numerator >= {{ threshold("summary_least_events") }}
        and relative_rate is not null
),

most_affected as (
    select
        indicator_id,
        indicator_version,
        area_code,
        period_start,
        classification,
        class_name
    from communities
    where preference is not null
    qualify
        row_number() over (
            partition by indicator_id, indicator_version, area_code, period_start
            order by preference asc, classification desc, relative_rate desc, class_code asc
        ) = 1
)

select
    grid.topic,
    grid.area_type,
    grid.area_code,
    grid.area_name,
    {{ year_type("grid.period_start") }} as period_type,
    grid.period_start,
    grid.period_end,
    grid.period_label,
    grid.indicator_id,
    grid.indicator_version,
    -- Of the events, as assessments say it; a share has none of its own.
    coalesce(change.change_percent_of_events, change.change_percent) as yearly_change_percent,
    change.verdict as yearly_verdict,
    trend.direction as trend_direction,
    comparisons.county_verdict,
    comparisons.msg_verdict,
    highest_areas.highest_area_code,
    highest_areas.highest_area_name,
    most_affected.class_name as most_affected_community,
    most_affected.classification as community_classification,
    case
        when change.indicator_id is null then 'no extract covers ' || grid.period_label
        when change.verdict in ('not comparable', 'not certain') then change.reason
    end as reason
from grid
left join {{ ref("indicator_change") }} as change
    on
        grid.indicator_id = change.indicator_id
        and grid.indicator_version = change.indicator_version
        and grid.area_code = change.area_code
        and grid.area_type = change.area_type
        and grid.period_start = change.period_start
left join {{ ref("indicator_trend") }} as trend
    on
        grid.indicator_id = trend.indicator_id
        and grid.indicator_version = trend.indicator_version
        and grid.area_code = trend.area_code
        and grid.area_type = trend.area_type
        and grid.period_start = trend.period_start
left join comparisons
    on
        grid.indicator_id = comparisons.indicator_id
        and grid.indicator_version = comparisons.indicator_version
        and grid.area_code = comparisons.area_code
        and grid.period_start = comparisons.period_start
left join highest_areas
    on
        grid.indicator_id = highest_areas.indicator_id
        and grid.indicator_version = highest_areas.indicator_version
        and grid.area_code = highest_areas.area_code
        and grid.period_start = highest_areas.period_start
left join most_affected
    on
        grid.indicator_id = most_affected.indicator_id
        and grid.indicator_version = most_affected.indicator_version
        and grid.area_code = most_affected.area_code
        and grid.period_start = most_affected.period_start
