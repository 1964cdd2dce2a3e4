{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
{% set significance = threshold("change_significance") -%}
{% set level = "format('{:g} %', 100 * " ~ significance ~ ")" -%}
-- One row per indicator, area and year: the change on the year before and whether it could
-- be chance. Refused, with the reason, where the two years cannot be compared.
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
        previous_year.value as previous_value,
        previous_year.is_complete as previous_is_complete,
        {% for column in [
            "known", "unknown", "lowest_possible", "highest_possible",
            "highest_numerator", "lowest_denominator", "highest_denominator"
        ] -%}
        previous_year.{{ column }} as previous_{{ column }},
        {% endfor -%}
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
        {{ year_label("pairs.previous_start") }} as previous_label,
        case
            when broken.break_date is not null
                then 'the series breaks on ' || broken.break_date || ': ' || broken.break_reason
            when not pairs.is_complete
                then {{ incomplete_reason("pairs.period_label", "pairs.months_received") }}
            when not pairs.has_previous
                then 'no extract covers ' || {{ year_label("pairs.previous_start") }}
            when not pairs.previous_is_complete
                then
                    {{ incomplete_reason(
                        year_label("pairs.previous_start"), "pairs.previous_months"
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

measured as (
    select
        * exclude (dispersion),
        case when kind != 'proportion' then coalesce(dispersion, 1e0) end as dispersion,
        refusal is null and kind != 'proportion' as is_test_of_counts,
        refusal is null and kind = 'proportion' as is_test_of_shares,
        -- What the verdict is of, in both years: the value, or the events where there is no population.
        case when previous_value is null then numerator else value end as measure,
        coalesce(previous_value, previous_numerator) as previous_measure,
        refusal is null and coalesce(unknown, 0) + coalesce(previous_unknown, 0) > 0 as has_unknowns
    from judged
),

-- Each test on the rows it is for alone: the exact one of 52,000 counts takes 0.8 s (2026-11).
tested_once as (
    select
        *,
        case
            when is_test_of_counts
                then
                    {{ count_change_p(
                        "previous_numerator", "previous_denominator", "numerator", "denominator"
                    ) }}
        end as p_value_poisson,
        case
            when is_test_of_shares
                then
                    {{ proportion_change_p(
                        "previous_numerator", "previous_denominator", "numerator", "denominator"
                    ) }}
        end as p_value_of_shares
    from measured
),

-- Each p-value once: what controls the tests reads them more than once.
tested as materialized (
    select
        *,
        case
            when is_test_of_shares then p_value_of_shares
            when is_test_of_counts
                then
                    {{ widened_change_p(
                        "p_value_poisson",
                        "previous_numerator", "previous_denominator", "numerator", "denominator",
                        "dispersion"
                    ) }}
        end as p_value
    from tested_once
),

controlled as (
    {{ benjamini_hochberg(
        "tested", "p_value", "is_open_data, is_current, area_type, period_type, period_start",
        significance
    ) }}
),

decided as (
    select
        *,
        -- Of thousands of small areas some change this much in every year: their many tests are held
        -- to a share of false ones. A district's few are read one by one.
        case when {{ is_below_district("area_type") }} then 'q' else 'p' end as judged_by,
        case when {{ is_below_district("area_type") }} then q_value else p_value end
        < {{ significance }} as is_significant,
        coalesce(p_value > p_value_poisson, false) as is_widened
    from controlled
),

-- The same test if all that does not say were so as to make both years' values least, and most. Of a count
-- or rate the least is what is counted.
at_ends as (
    select
        {% for end, before, after in [
            ("lowest", "previous_numerator", "numerator"),
            ("highest", "previous_highest_numerator", "highest_numerator"),
        ] -%}
        case
            when not has_unknowns then null
            when is_test_of_shares and least(previous_{{ end }}_denominator, {{ end }}_denominator) > 0
                then
                    {{ proportion_change_p(
                        before, "previous_" ~ end ~ "_denominator", after, end ~ "_denominator"
                    ) }}
            {% if end == "lowest" -%}
            when is_test_of_counts then p_value
            {% else -%}
            when is_test_of_counts
                then
                    {{ widened_change_p(
                        count_change_p(before, "previous_denominator", after, "denominator"),
                        before, "previous_denominator", after, "denominator", "dispersion"
                    ) }}
            {% endif -%}
        end as {{ end }}_p,
        case
            when previous_value is null then {{ after }} - {{ before }}
            else {{ end }}_possible - previous_{{ end }}_possible
        end as {{ end }}_change,
        {% endfor -%}
        *
    from decided
),

worded as (
    select
        {% for name, significant, change in [
            ("known_verdict", "is_significant", "measure - previous_measure"),
            ("lowest_verdict", is_significant_at_end("lowest_p", significance), "lowest_change"),
            ("highest_verdict", is_significant_at_end("highest_p", significance), "highest_change"),
        ] -%}
        case
            when refusal is not null then 'not comparable'
            when {{ significant }} and {{ change }} > 0 then 'increase'
            when {{ significant }} and {{ change }} < 0 then 'decrease'
            else 'no significant change'
        end as {{ name }},
        {% endfor -%}
        *
    from at_ends
),

told as (
    select
        *,
        has_unknowns
        and (known_verdict != lowest_verdict or known_verdict != highest_verdict) as is_open
    from worded
)

select
    decided.indicator_id,
    decided.indicator_version,
    decided.area_type,
    decided.area_code,
    area.area_name,
    decided.period_type,
    decided.period_start,
    decided.period_end,
    decided.period_label,
    {% for column in ["numerator", "denominator", "value"] -%}
    case
        when decided.refusal is null or decided.previous_is_complete then decided.previous_{{ column }}
    end as previous_{{ column }},
    decided.{{ column }},
    {% endfor -%}
    {% for column in ["known", "unknown", "lowest_possible", "highest_possible"] -%}
    case
        when decided.refusal is null or decided.previous_is_complete then decided.previous_{{ column }}
    end as previous_{{ column }},
    decided.{{ column }},
    {% endfor -%}
    case when decided.is_test_of_counts then decided.numerator - decided.previous_numerator end
        as change,
    case
        when decided.refusal is null
            then
                100e0 * (decided.measure - decided.previous_measure)
                / nullif(decided.previous_measure, 0)
    end as change_percent,
    case when decided.is_test_of_shares then decided.value - decided.previous_value end
        as change_points,
    case
        when decided.is_test_of_counts
            then
                100e0 * (decided.numerator - decided.previous_numerator)
                / nullif(decided.previous_numerator, 0)
    end as change_percent_of_events,
    decided.dispersion,
    decided.p_value_poisson,
    decided.p_value,
    decided.q_value,
    decided.tests_in_family,
    case when decided.is_open then 'not certain' else decided.known_verdict end as verdict,
    case
        when decided.refusal is not null then decided.refusal
        when decided.is_open
            then
                format(
                    '{:,} of {:,} records of {} and {:,} of {:,} of {} do not say: {} at the lowest '
                    || 'possible values, {} at the highest, {} of those that say',
                    decided.unknown,
                    decided.known + decided.unknown,
                    decided.period_label,
                    decided.previous_unknown,
                    decided.previous_known + decided.previous_unknown,
                    decided.previous_label,
                    decided.lowest_verdict,
                    decided.highest_verdict,
                    decided.known_verdict
                )
        when decided.numerator + decided.previous_numerator = 0 then 'neither year has an event'
        when decided.p_value is null then 'every record of both years is an event'
        else
            case
                when decided.is_test_of_counts
                    then
                        case
                            when decided.is_widened then 'score test of two counts'
                            else 'conditional exact binomial test of two counts'
                        end
                        || case when decided.denominator is null then '' else ' over their residents' end
                        || case
                            when decided.is_widened
                                then format(', variance times {:.2f}', decided.dispersion)
                            else ''
                        end
                        || ', two-sided'
                when
                    {{ few_are_expected(
                        "decided.previous_numerator", "decided.previous_denominator",
                        "decided.numerator", "decided.denominator"
                    ) }}
                    then 'Fisher''s exact test of two shares, two-sided'
                else 'two-sided z-test of two shares'
            end
            || ', ' || decided.judged_by || ' at ' || {{ level }}
    end as reason
from told as decided
left join {{ ref("dim_area") }} as area
    on decided.area_type = area.area_type and decided.area_code = area.area_code
