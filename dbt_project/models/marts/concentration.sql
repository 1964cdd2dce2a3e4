{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
-- One row per indicator, complete year and area: the share of its located events in the few
-- LSOAs that have most, beside the share those would have if the events had fallen on the LSOAs by
-- chance, each as likely as the next. Of few events some LSOA always has many.
with ranked as (
    select
        *,
        row_number() over (
            partition by indicator_id, indicator_version, area_type, area_code, period_start
            order by numerator desc, lsoa_code asc
        ) as position,
        count(*) over (
            partition by indicator_id, indicator_version, area_type, area_code, period_start
        ) as lsoas
    from {{ ref("int_area_lsoa_year") }}
),

sized as (
    select
        *,
        -- The percentage is divided last: 0.05 x 140 is a little more than seven.
        ceil({{ threshold("concentration_top_percent") }} * lsoas / 100e0)::bigint as top_lsoas
    from ranked
),

areas as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_start,
        period_end,
        period_label,
        is_open_data,
        is_current,
        lsoas,
        top_lsoas,
        sum(numerator)::bigint as numerator,
        coalesce(sum(numerator) filter (where position <= top_lsoas), 0)::bigint as top_numerator,
        sum((lsoas + 1 - 2 * position) * numerator)::bigint as ranked_sum
    from sized
    group by all
),

explained as (
    select
        *,
        case
            when numerator < {{ threshold("pattern_least_events") }}
                then
                    'fewer than '
                    || {{ threshold("pattern_least_events") }}::integer
                    || ' events'
        end as reason
    from areas
),

shares as (
    select
        *,
        case when reason is null then 100e0 * top_numerator / numerator end as percent,
        case
            when reason is null then 100 * {{ wilson_lower("top_numerator", "numerator", "95") }}
        end as lower_95,
        case
            when reason is null then 100 * {{ wilson_upper("top_numerator", "numerator", "95") }}
        end as upper_95,
        case
            when reason is null
                then
                    100e0
                    * expected_in_largest(numerator::double, lsoas::double, top_lsoas::double)
                    / numerator
        end as expected_percent,
        -- With fewer events than LSOAs even one in each would look concentrated: Bernasco and Steenbeek
        -- (2017) take that for the even spread.
        case
            when reason is null
                then
                    greatest(lsoas * 1e0 / numerator, 1e0)
                    * (ranked_sum * 1e0 / (lsoas * numerator) - 1) + 1
        end as generalised_gini
    from explained
),

-- The score test, which Wilson's limits are made of.
-- Materialized: the correction reads it twice, and what is expected is dear.
tested as materialized (
    select
        *,
        normal_two_sided(
            (percent - expected_percent)
            / nullif(sqrt(expected_percent * (100 - expected_percent) / numerator), 0)
        ) as p_value
    from shares
),

corrected as (
    {{ benjamini_hochberg("tested", "p_value", "is_open_data, is_current, area_type, period_start") }}
)

select
    corrected.indicator_id,
    corrected.indicator_version,
    corrected.area_type,
    corrected.area_code,
    area.area_name,
    {{ year_type("corrected.period_start") }} as period_type,
    corrected.period_start,
    corrected.period_end,
    corrected.period_label,
    corrected.lsoas,
    corrected.top_lsoas,
    corrected.numerator,
    corrected.top_numerator,
    corrected.percent,
    corrected.lower_95,
    corrected.upper_95,
    corrected.expected_percent,
    corrected.generalised_gini,
    corrected.p_value,
    corrected.q_value,
    corrected.tests_in_family,
    {{ verdict_against(
        "corrected.expected_percent", "corrected.lower_95", "corrected.upper_95"
    ) }} as verdict,
    corrected.reason
from corrected
left join {{ ref("dim_area") }} as area
    on corrected.area_type = area.area_type and corrected.area_code = area.area_code
