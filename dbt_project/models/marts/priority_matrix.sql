{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
{% set criteria = ["volume", "harm", "direction", "comparison", "target"] -%}
-- One row per topic, year and focus area: volume, harm, direction, comparison and target, each
-- from its own table, and an order made of them. A criterion gives 0 to 1 point, 1 the most pressing; one
-- that is not known counts as the middle, neither for nor against. The score is their mean, weighted by the
-- settings.
with topics as (
    select
        summary.topic,
        summary.area_type,
        summary.area_code,
        summary.area_name,
        summary.period_type,
        summary.period_start,
        summary.period_end,
        summary.period_label,
        summary.indicator_id,
        summary.indicator_version,
        topic_summary.is_whole
    from {{ ref("summary_table") }} as summary
    inner join {{ ref("topic_summary") }} as topic_summary on summary.topic = topic_summary.topic
),

rule as (
    select
        max(value) filter (where key = 'priority_weight_volume')::double as volume_weight,
        max(value) filter (where key = 'priority_weight_harm')::double as harm_weight,
        max(value) filter (where key = 'priority_weight_direction')::double as direction_weight,
        max(value) filter (where key = 'priority_weight_comparison')::double as comparison_weight,
        max(value) filter (where key = 'priority_weight_target')::double as target_weight
    from {{ source("raw", "setting") }}
),

registered as (
    select
        register.indicator_id,
        register.indicator_version,
        register.polarity,
        register.numerator_measure,
        measure.feed,
        survey_indicator.indicator_id is not null as is_survey
    from {{ ref("indicator_register") }} as register
    left join {{ ref("measure") }} as measure
        on register.numerator_measure = measure.measure_id
    left join {{ ref("survey_indicator") }} as survey_indicator
        on register.indicator_id = survey_indicator.indicator_id
),

weight_set as (
    select
        max(weight_source) as weight_source,
        max(weight_version) as weight_version
    from {{ ref("dim_harm_weight") }}
    where is_current
),

harm as (
    select * from {{ ref("int_harm") }} where is_current and area_type in ('district', 'partnership')
),

comparisons as (
    select *
    from {{ ref("indicator_comparison") }}
    where
        area_type in ('district', 'partnership')
        and {{ is_year("period_type") }}
),

topic_indicators as (
    select distinct
        indicator_id,
        topic
    from {{ ref("indicator_register") }}
),

-- Of all indicators of the topic: one that is not met is not made up for by another.
targets as (
    select
        register.topic,
        target.area_code,
        target.period_start,
        string_agg(target.target_id, ', ' order by target.target_id) as target_ids,
        case
            when bool_or(target.status = 'not met') then 'not met'
            when bool_or(target.status = 'not yet known') then 'not yet known'
            else 'met'
        end as target_status,
        string_agg(distinct target.reason, '; ' order by target.reason) as target_reason
    from {{ ref("target_progress") }} as target
    inner join topic_indicators as register on target.indicator_id = register.indicator_id
    where target.area_type in ('district', 'partnership')
    group by register.topic, target.area_code, target.period_start
),

gathered as (
    select
        topics.*,
        registered.polarity,
        case when not registered.is_survey then year_value.numerator end as volume,
        year_value.value,
        year_value.unit,
        year_value.lower_95,
        year_value.upper_95,
        case
            when year_value.indicator_id is null then 'no extract covers ' || topics.period_label
            when not year_value.is_complete
                then {{ incomplete_reason("topics.period_label", "year_value.months_received") }}
        end as period_reason,
        case when registered.is_survey then 'a survey counts no events' end as volume_refusal,
        weight_set.weight_source,
        weight_set.weight_version,
        harm.unweighted_events,
        harm.harm as known_harm,
        harm.lower_95 as known_harm_lower,
        harm.upper_95 as known_harm_upper,
        case
            when coalesce(registered.feed, '') != 'police/recorded_crime'
                then 'what it counts has no offence code'
            when weight_set.weight_source is null
                then 'no weights of harm have landed (reference/harm_weight)'
            when year_value.numerator > 0 and harm.unweighted_events = year_value.numerator
                then 'no code of its crimes has a weight'
        end as harm_refusal,
        change.change_percent,
        change.p_value as change_p_value,
        change.verdict as change_verdict,
        change.reason as change_reason,
        trend.direction as trend_direction,
        trend.reason as trend_reason,
        comparisons.comparator_value as county_value,
        comparisons.verdict as county_verdict,
        comparisons.judgement as county_judgement,
        similar_group.comparator_value as msg_value,
        similar_group.verdict as msg_verdict,
        similar_group.judgement as msg_judgement,
        targets.target_ids,
        coalesce(targets.target_status, 'no target') as target_status,
        case
            when topics.period_type = 'year_to' then 'targets are for financial years'
            else targets.target_reason
        end as target_reason
    from topics
    cross join weight_set
    left join registered
        on
            topics.indicator_id = registered.indicator_id
            and topics.indicator_version = registered.indicator_version
    left join {{ ref("int_indicator_year") }} as year_value
        on
            topics.indicator_id = year_value.indicator_id
            and topics.indicator_version = year_value.indicator_version
            and topics.area_type = year_value.area_type
            and topics.area_code = year_value.area_code
            and topics.period_start = year_value.period_start
    left join harm
        on
            registered.numerator_measure = harm.measure_id
            and topics.area_code = harm.area_code
            and topics.period_start = harm.period_start
    left join {{ ref("indicator_change") }} as change
        on
            topics.indicator_id = change.indicator_id
            and topics.indicator_version = change.indicator_version
            and topics.area_type = change.area_type
            and topics.area_code = change.area_code
            and topics.period_start = change.period_start
    left join {{ ref("indicator_trend") }} as trend
        on
            topics.indicator_id = trend.indicator_id
            and topics.indicator_version = trend.indicator_version
            and topics.area_type = trend.area_type
            and topics.area_code = trend.area_code
            and topics.period_start = trend.period_start
    left join comparisons
        on
            topics.indicator_id = comparisons.indicator_id
            and topics.indicator_version = comparisons.indicator_version
            and topics.area_code = comparisons.area_code
            and topics.period_start = comparisons.period_start
            and comparisons.comparator_type = 'county'
    left join comparisons as similar_group
        on
            topics.indicator_id = similar_group.indicator_id
            and topics.indicator_version = similar_group.indicator_version
            and topics.area_code = similar_group.area_code
            and topics.period_start = similar_group.period_start
            and similar_group.comparator_type = 'most_similar_group'
    left join targets
        on
            topics.topic = targets.topic
            and topics.area_code = targets.area_code
            and topics.period_start = targets.period_start
),

known as (
    select
        *,
        coalesce(period_reason, volume_refusal) as volume_reason,
        coalesce(period_reason, harm_refusal) as harm_reason,
        -- A measure of crime without a crime has no row there.
        case when period_reason is null and harm_refusal is null then coalesce(known_harm, 0) end
            as harm,
        not is_whole and period_reason is null and volume_refusal is null as has_volume,
        not is_whole and period_reason is null and harm_refusal is null as has_harm,
        {% for verdict, up, down, name in [
            ("change_verdict", "increase", "decrease", "change_points"),
            ("trend_direction", "increasing", "decreasing", "trend_points"),
        ] -%}
        case
            when coalesce(polarity, 'neutral') = 'neutral' then null
            when {{ verdict }} = 'no significant change' then 0.5
            when {{ verdict }} = '{{ up }}'
                then case when polarity = 'lower_is_better' then 1e0 else 0e0 end
            when {{ verdict }} = '{{ down }}'
                then case when polarity = 'lower_is_better' then 0e0 else 1e0 end
        end as {{ name }},
        {% endfor -%}
        case county_judgement when 'worse' then 1e0 when 'similar' then 0.5e0 when 'better' then 0e0 end
            as comparison_points,
        case target_status when 'not met' then 1e0 when 'met' then 0e0 end as target_points
    from gathered
),

ranked as (
    select
        *,
        {% for criterion in ["volume", "harm"] -%}
        case
            when has_{{ criterion }}
                then
                    rank() over (
                        partition by area_code, period_start, has_{{ criterion }}
                        order by {{ criterion }} desc
                    )
        end as {{ criterion }}_rank,
        case
            when has_{{ criterion }}
                then count(*) over (partition by area_code, period_start, has_{{ criterion }})
        end as {{ criterion }}_rank_of,
        {% endfor -%}
        (coalesce(change_points, trend_points) + coalesce(trend_points, change_points)) / 2
            as direction_points
    from known
),

pointed as (
    select
        *,
        -- Alone it is neither the most nor the least.
        (volume_rank_of - volume_rank) * 1e0 / nullif(volume_rank_of - 1, 0) as volume_points,
        (harm_rank_of - harm_rank) * 1e0 / nullif(harm_rank_of - 1, 0) as harm_points
    from ranked
),

scored as (
    select
        pointed.*,
        rule.*,
        not pointed.is_whole and {{ any_criterion_known(criteria) }} as is_ordered,
        {{ priority_score(criteria, 0.5) }} as priority_score,
        {{ priority_score(criteria, 0) }} as lowest_possible_score,
        {{ priority_score(criteria, 1) }} as highest_possible_score
    from pointed
    cross join rule
),

worded as (
    select
        *,
        coalesce('volume ' || volume_rank || ' of ' || volume_rank_of, 'volume not known')
            as volume_words,
        coalesce('harm ' || harm_rank || ' of ' || harm_rank_of, 'harm not known') as harm_words,
        case
            when coalesce(polarity, 'neutral') = 'neutral' then 'direction neither better nor worse'
            else
                'change ' || coalesce(change_verdict, 'not known')
                || ' and trend ' || coalesce(trend_direction, 'not known')
        end as direction_words,
        case
            when county_verdict is null then 'comparison not known'
            when county_verdict = 'not certain' then 'comparison not certain'
            when county_judgement = 'none'
                then county_verdict || ' against the county, neither better nor worse'
            else county_verdict || ' against the county'
        end as comparison_words,
        case when target_status = 'no target' then 'no target' else 'target ' || target_status end
            as target_words
    from scored
)

select
    topic,
    area_type,
    area_code,
    area_name,
    period_type,
    period_start,
    period_end,
    period_label,
    indicator_id,
    indicator_version,
    volume,
    value,
    unit,
    lower_95,
    upper_95,
    volume_reason,
    case when harm is not null then weight_source end as weight_source,
    case when harm is not null then weight_version end as weight_version,
    harm,
    case when harm is not null then known_harm_lower end as harm_lower_95,
    case when harm is not null then known_harm_upper end as harm_upper_95,
    case when harm is not null then coalesce(unweighted_events, 0) end as unweighted_events,
    harm_reason,
    change_percent,
    change_p_value,
    change_verdict,
    coalesce(change_reason, period_reason) as change_reason,
    trend_direction,
    coalesce(trend_reason, period_reason) as trend_reason,
    county_value,
    county_verdict,
    county_judgement,
    case
        when county_verdict is null
            then coalesce(period_reason, 'the county has no value to compare with in the year')
    end as comparison_reason,
    msg_value,
    msg_verdict,
    msg_judgement,
    target_ids,
    target_status,
    target_reason,
    {% for criterion in criteria -%}
    case when not is_whole then {{ criterion }}_points end as {{ criterion }}_points,
    {% endfor -%}
    {% for score in ["priority_score", "lowest_possible_score", "highest_possible_score"] -%}
    case when is_ordered then {{ score }} end as {{ score }},
    {% endfor -%}
    case
        when is_ordered
            then
                -- Equal scores are equal to the last digit only when they are rounded.
                rank() over (
                    partition by area_code, period_start, is_ordered
                    order by round(priority_score, 9) desc
                )
    end as priority_order,
    case
        when is_whole then 'not ordered: it is the whole of other topics'
        when not is_ordered then 'not ordered: nothing that counts is known of it'
        else {{ priority_words(criteria) }}
    end as order_reason
from worded
