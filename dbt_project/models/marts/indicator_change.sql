{{ config(meta={"published": true, "public": "open_indicators"}) }}
{% set significance = threshold("change_significance") -%}
{% set level = "format('{:g} %', 100 * " ~ significance ~ ")" -%}
-- One row per indicator, area and financial year: the change on the year before and whether it
-- could be chance. Refused, with the reason, where the two years cannot be compared.
with years as (
    select * from {{ ref("int_indicator_year") }}
),

breaks as (
    select * from {{ ref("series_break") }}
),

pairs as (
    select
        current_year.*,
        previous_year.period_label is not null as has_previous,
        (current_year.period_start - interval 1 year)::date as previous_start,
        previous_year.numerator as previous_numerator,
        previous_year.denominator as previous_denominator,
        previous_year.is_complete as previous_is_complete,
        previous_year.months_received as previous_months
    from years as current_year
    left join years as previous_year
        on
            current_year.indicator_id = previous_year.indicator_id
            and current_year.indicator_version = previous_year.indicator_version
            and current_year.area_type = previous_year.area_type
            and current_year.area_code = previous_year.area_code
            and current_year.period_start = previous_year.period_start + interval 1 year
),

spans as (
    select distinct indicator_id, previous_start, period_start, period_end
    from pairs
),

broken as (
    select
        spans.indicator_id,
        spans.period_start,
        min(breaks.break_date) as break_date,
        arg_min(breaks.reason, breaks.break_date) as break_reason
    from spans
    inner join breaks
        on
            spans.indicator_id = breaks.indicator_id
            and breaks.break_date > spans.previous_start
            and breaks.break_date <= spans.period_end
    group by spans.indicator_id, spans.period_start
),

spans_of_areas as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        previous_start as first_start,
        period_start as last_start
    from pairs
    where has_previous
),

stopped as (
    {{ forces_that_stopped("spans_of_areas") }}
),

judged as (
    select
        pairs.*,
        {{ financial_year_label("pairs.previous_start") }} as previous_label,
        case
            when broken.break_date is not null
                then 'the series breaks on ' || broken.break_date || ': ' || broken.break_reason
            when not pairs.is_complete
                then {{ incomplete_reason("pairs.period_label", "pairs.months_received") }}
            when not pairs.has_previous
                then 'no extract covers ' || {{ financial_year_label("pairs.previous_start") }}
            when not pairs.previous_is_complete
                then
                    {{ incomplete_reason(
                        financial_year_label("pairs.previous_start"), "pairs.previous_months"
                    ) }}
            when stopped.force_name is not null then {{ stopped_reason("stopped") }}
            when
                pairs.kind = 'proportion'
                and (
                    coalesce(pairs.denominator, 0) = 0
                    or coalesce(pairs.previous_denominator, 0) = 0
                )
                then 'a year has no records to take a share of'
            when
                pairs.kind = 'rate'
                and least(pairs.denominator, pairs.previous_denominator) = 0
                then 'a year has no residents'
        end as refusal
    from pairs
    left join broken
        on
            pairs.indicator_id = broken.indicator_id
            and pairs.period_start = broken.period_start
    left join stopped
        on
            pairs.indicator_id = stopped.indicator_id
            and pairs.indicator_version = stopped.indicator_version
            and pairs.area_type = stopped.area_type
            and pairs.area_code = stopped.area_code
            and pairs.period_start = stopped.last_start
),

tested as (
    select
        *,
        case
            when refusal is not null then null
            when kind = 'proportion'
                then
                    {{ proportion_difference_p(
                        "previous_numerator", "previous_denominator", "numerator", "denominator"
                    ) }}
            else
                {{ count_change_p(
                    "previous_numerator", "previous_denominator", "numerator", "denominator"
                ) }}
        end as p_value,
        -- What changed: the share, or the events.
        case
            when refusal is not null then null
            when kind = 'proportion'
                then
                    (numerator * 1e0 / denominator)
                    - (previous_numerator * 1e0 / previous_denominator)
            else numerator - previous_numerator
        end as difference,
        case
            when kind = 'proportion' then previous_numerator * 1e0 / nullif(previous_denominator, 0)
            else previous_numerator
        end as base,
        -- Which way the test found it to go: events over residents, where there are residents.
        case
            when refusal is not null then null
            else
                sign(
                    numerator * 1e0 / coalesce(denominator, 1)
                    - previous_numerator * 1e0 / coalesce(previous_denominator, 1)
                )
        end as direction
    from judged
)

select
    tested.indicator_id,
    tested.indicator_version,
    tested.area_type,
    tested.area_code,
    area.area_name,
    tested.period_type,
    tested.period_start,
    tested.period_end,
    tested.period_label,
    case when tested.refusal is null or tested.previous_is_complete then tested.previous_numerator end
        as previous_numerator,
    tested.numerator,
    case when tested.refusal is null then tested.numerator - tested.previous_numerator end as change,
    100e0 * tested.difference / nullif(tested.base, 0) as change_percent,
    tested.p_value,
    case
        when tested.refusal is not null then 'not comparable'
        when tested.p_value < {{ significance }} and tested.direction > 0 then 'increase'
        when tested.p_value < {{ significance }} and tested.direction < 0 then 'decrease'
        else 'no significant change'
    end as verdict,
    coalesce(
        tested.refusal,
        case
            when tested.kind = 'proportion' then 'two-sided z-test of two shares, ' || {{ level }}
            when tested.numerator + tested.previous_numerator = 0 then 'neither year has an event'
            when tested.denominator is null
                then 'conditional exact binomial test of two counts, two-sided, ' || {{ level }}
            else
                'conditional exact binomial test of two counts over their residents, two-sided, '
                || {{ level }}
        end
    ) as reason
from tested
left join {{ ref("dim_area") }} as area
    on tested.area_type = area.area_type and tested.area_code = area.area_code
