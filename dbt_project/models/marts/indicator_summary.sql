{{
    config(
        meta={"published": true, "public": "disclosed", "counts": "events and people", "sheets_by": "topic"},
    )
}}
-- One row per indicator, area and year: what people ask first of it, each answer from its own table. A column
-- of indicator_value is added to this list and nowhere else.
{% set values = [
    "numerator", "denominator", "population_year", "value", "lower_95", "upper_95",
    "known", "unknown", "lowest_possible", "highest_possible", "months_received", "is_complete",
] -%}
with years as (
    select *
    from {{ ref("indicator_value") }}
    -- Neither months nor the twelve months to each of them are judged by change and trend.
    where period_type not in ('month', 'rolling_12m')
),

comparisons as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_type,
        period_start,
        {% for column in ["comparator_value", "verdict", "judgement", "rank", "rank_of"] -%}
        max({{ column }}) filter (where comparator_type = 'county') as county_{{ column }},
        {% endfor -%}
        max(verdict) filter (where comparator_type = 'most_similar_group') as msg_verdict
    from {{ ref("indicator_comparison") }}
    group by all
),

-- One target that is not met is not made up for by another.
targets as (
    select
        indicator_id,
        area_type,
        area_code,
        period_type,
        period_start,
        case
            when bool_or(status = 'not met') then 'not met'
            when bool_or(status = 'not yet known') then 'not yet known'
            else 'met'
        end as target_status
    from {{ ref("target_progress") }}
    group by all
),

are_open as (
    select coalesce(bool_or(open_data), false) as targets_are_open
    from {{ source("raw", "feed") }}
    where feed = 'partnership/target'
)

select
    years.indicator_id,
    years.indicator_version,
    years.is_current,
    register.name,
    register.topic,
    register.kind,
    years.unit,
    register.polarity,
    years.area_type,
    years.area_code,
    years.area_name,
    area.district_code,
    years.period_type,
    years.period_start,
    years.period_end,
    years.period_label,
    {% for column in values -%}
    years.{{ column }},
    {% endfor -%}
    change.previous_value,
    change.change,
    change.change_percent,
    change.change_points,
    change.change_percent_of_events,
    change.p_value,
    change.q_value,
    change.verdict,
    change.reason as change_reason,
    trend.direction as trend_direction,
    trend.reason as trend_reason,
    comparisons.county_comparator_value as county_value,
    comparisons.county_verdict,
    comparisons.county_judgement,
    comparisons.msg_verdict,
    comparisons.county_rank as rank,
    comparisons.county_rank_of as rank_of,
    -- The public tier has the rows of open data: they must not say what partners aim at.
    case
        when not {{ is_open_data("register.feeds") }} or are_open.targets_are_open
            then coalesce(targets.target_status, 'no target')
    end as target_status,
    -- Filled where the public tier leaves something out.
    null::varchar as suppressed
from years
cross join are_open
inner join {{ ref("indicator_register") }} as register
    on
        years.indicator_id = register.indicator_id
        and years.indicator_version = register.indicator_version
left join {{ ref("dim_area") }} as area
    on years.area_type = area.area_type and years.area_code = area.area_code
{% for model, alias in [("indicator_change", "change"), ("indicator_trend", "trend")] -%}
left join {{ ref(model) }} as {{ alias }}
    on
        years.indicator_id = {{ alias }}.indicator_id
        and years.indicator_version = {{ alias }}.indicator_version
        and years.area_type = {{ alias }}.area_type
        and years.area_code = {{ alias }}.area_code
        and years.period_type = {{ alias }}.period_type
        and years.period_start = {{ alias }}.period_start
{% endfor -%}
left join comparisons
    on
        years.indicator_id = comparisons.indicator_id
        and years.indicator_version = comparisons.indicator_version
        and years.area_type = comparisons.area_type
        and years.area_code = comparisons.area_code
        and years.period_type = comparisons.period_type
        and years.period_start = comparisons.period_start
left join targets
    on
        years.indicator_id = targets.indicator_id
        and years.area_type = targets.area_type
        and years.area_code = targets.area_code
        and years.period_type = targets.period_type
        and years.period_start = targets.period_start
