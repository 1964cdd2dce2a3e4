{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_changed_partitions(ref('int_period_state'), 'period_type, period_start') }}",
    )
}}
-- One row per indicator, area and period: the register's formula over the measures. One model for
-- every indicator that is counted; a new one of an existing kind is a row of the register.
with changed as (
    {{ lacking_partitions(ref("int_period_state"), "period_type, period_start") }}
),

months_of_changed as (
    select
        period_type,
        period_start,
        unnest(generate_series(period_start, period_end, interval 1 month))::date as month
    from changed
),

-- Three joins on equal months instead of one on a range of them: a third of the time at ten years
-- of a county (measured 2026-11). A month is its own sum, and rolling ones stop at the district.
own_months as (
    select
        measure.measure_id,
        measure.area_type,
        measure.area_code,
        changed.period_type,
        changed.period_start,
        measure.numerator as events,
        measure.is_received::bigint as months_received
    from {{ ref("measure_area_month") }} as measure
    inner join changed on measure.month = changed.period_start
    where changed.period_type = 'month'
),

years as (
    select
        measure.measure_id,
        measure.area_type,
        measure.area_code,
        changed.period_type,
        changed.period_start,
        sum(measure.numerator)::bigint as events,
        count(*) filter (where measure.is_received) as months_received
    from {{ ref("measure_area_month") }} as measure
    inner join months_of_changed as changed on measure.month = changed.month
    where {{ is_year("changed.period_type") }}
    group by all
),

rolling_years as (
    select
        measure.measure_id,
        measure.area_type,
        measure.area_code,
        changed.period_type,
        changed.period_start,
        sum(measure.numerator)::bigint as events,
        count(*) filter (where measure.is_received) as months_received
    from {{ ref("measure_area_month") }} as measure
    inner join months_of_changed as changed on measure.month = changed.month
    where changed.period_type = 'rolling_12m' and not ({{ is_below_district("measure.area_type") }})
    group by all
),

period_sums as (
    select * from own_months
    union all
    select * from years
    union all
    select * from rolling_years
),

-- A caseload is of a year: its months and rolling years would be zero but for the last.
indicators as (
    select
        register.*,
        measure.finest_period
    from {{ ref("indicator_register") }} as register
    inner join {{ ref("measure") }} as measure
        on register.numerator_measure = measure.measure_id
),

populations as (
    select
        'residents' as denominator_measure,
        area_type,
        area_code,
        financial_year_start,
        population_year,
        population
    from {{ ref("dim_population") }}
    union all
    select
        'people_10_17' as denominator_measure,
        area_type,
        area_code,
        financial_year_start,
        population_year,
        sum(population_10_17) as population
    from {{ ref("dim_youth_population") }}
    group by area_type, area_code, financial_year_start, population_year
),

denominator_sums as (
    select *
    from period_sums
    where measure_id in (select denominator_measure from {{ ref("indicator_register") }})
),

-- The measures of what records do not say, for the indicators that rest on a flag or category.
unknown_measures as (
    {% for part, measures in [
        ("inside_unknown", "[unknowns.inside_unknown_measure]"),
        ("base", "string_split(unknowns.base_measures, ';')"),
        ("outside", "[unknowns.outside_measure]"),
        ("outside_unknown", "[unknowns.outside_unknown_measure]"),
    ] -%}
    {{ "union all" if not loop.first }}
    select
        unknowns.indicator_id,
        '{{ part }}' as part,
        unnest({{ measures }}) as measure_id
    from {{ ref("indicator_unknown") }} as unknowns
    {% endfor %}
),

unknown_sums as (
    select
        {% for part in ["inside_unknown", "base", "outside", "outside_unknown"] -%}
        coalesce(sum(sums.events) filter (where unknown_measures.part = '{{ part }}'), 0)::bigint
            as {{ part }},
        {% endfor -%}
        unknown_measures.indicator_id,
        sums.area_type,
        sums.area_code,
        sums.period_type,
        sums.period_start
    from period_sums as sums
    inner join unknown_measures on sums.measure_id = unknown_measures.measure_id
    group by all
),

formula as (
    select
        register.indicator_id,
        register.indicator_version,
        register.kind,
        register.unit,
        register.multiplier,
        numerators.area_type,
        numerators.area_code,
        changed.period_type,
        changed.period_start,
        changed.period_end,
        changed.period_label,
        changed.financial_year_start,
        changed.fingerprint,
        numerators.events as numerator,
        coalesce(population.population, denominators.events) as measured_denominator,
        case when unknowns.indicator_id is not null then coalesce(parts.inside_unknown, 0) end
            as inside_unknown,
        case when unknowns.indicator_id is not null then coalesce(parts.base, 0) end as base,
        -- Where the base itself is certain, what is not inside and does not say may be outside.
        case
            when unknowns.outside_measure is not null then coalesce(parts.outside, 0)
            when unknowns.indicator_id is not null
                then
                    coalesce(parts.base, 0) - numerators.events - coalesce(parts.inside_unknown, 0)
        end as outside,
        case
            when unknowns.outside_measure is not null then coalesce(parts.outside_unknown, 0)
            when unknowns.indicator_id is not null then coalesce(parts.inside_unknown, 0)
        end as outside_unknown,
        population.population_year,
        numerators.months_received,
        numerators.months_received = changed.months_in_period as is_complete
    from indicators as register
    inner join period_sums as numerators
        on
            register.numerator_measure = numerators.measure_id
            and (register.finest_period = 'month' or numerators.period_type = 'financial_year')
    inner join changed
        on
            numerators.period_type = changed.period_type
            and numerators.period_start = changed.period_start
    left join denominator_sums as denominators
        on
            register.denominator_measure = denominators.measure_id
            and numerators.area_type = denominators.area_type
            and numerators.area_code = denominators.area_code
            and numerators.period_type = denominators.period_type
            and numerators.period_start = denominators.period_start
    left join populations as population
        on
            register.denominator_measure = population.denominator_measure
            and numerators.area_type = population.area_type
            and numerators.area_code = population.area_code
            and changed.financial_year_start = population.financial_year_start
    left join {{ ref("indicator_unknown") }} as unknowns
        on register.indicator_id = unknowns.indicator_id
    left join unknown_sums as parts
        on
            register.indicator_id = parts.indicator_id
            and numerators.area_type = parts.area_type
            and numerators.area_code = parts.area_code
            and numerators.period_type = parts.period_type
            and numerators.period_start = parts.period_start
    where
        changed.period_type != 'rolling_12m'
        or numerators.months_received = changed.months_in_period
),

known_alone as (
    select
        *,
        numerator + outside as known,
        -- A share is of the records that say.
        case
            when kind = 'proportion' and outside is not null then numerator + outside
            else measured_denominator
        end as denominator,
        {% for end, may_be in [("lowest", "outside_unknown"), ("highest", "inside_unknown")] -%}
        case
            when kind = 'proportion' then numerator + outside + {{ may_be }}
            when outside is not null then measured_denominator
        end as {{ end }}_denominator,
        {% endfor -%}
        numerator + inside_unknown as highest_numerator
    from formula
),

scaled as (
    select
        *,
        case
            -- What other forces recorded in an area is no measure of it.
            when months_received = 0 then null
            when kind = 'count' then 1e0
            else multiplier * 1e0 / nullif(denominator, 0)
        end as scale
    from known_alone
)

select
    scaled.indicator_id,
    scaled.indicator_version,
    scaled.area_type,
    scaled.area_code,
    scaled.period_type,
    scaled.period_start,
    scaled.period_end,
    scaled.period_label,
    scaled.numerator,
    scaled.denominator::bigint as denominator,
    scaled.known::bigint as known,
    (scaled.base - scaled.known)::bigint as unknown,
    {% for end, numerator in [("lowest", "numerator"), ("highest", "highest_numerator")] -%}
    case
        when scaled.months_received = 0 or scaled.outside is null then null
        when scaled.kind = 'count' then scaled.{{ numerator }} * 1e0
        when scaled.kind = 'proportion'
            then
                scaled.multiplier
                * {{ (lowest_share if end == "lowest" else highest_share)(
                    "scaled.numerator", "scaled.inside_unknown",
                    "scaled.outside", "scaled.outside_unknown"
                ) }}
        else scaled.{{ numerator }} * scaled.multiplier * 1e0 / nullif(scaled.denominator, 0)
    end as {{ end }}_possible,
    {% endfor -%}
    scaled.highest_numerator::bigint as highest_numerator,
    scaled.lowest_denominator::bigint as lowest_denominator,
    scaled.highest_denominator::bigint as highest_denominator,
    scaled.population_year::integer as population_year,
    -- Divided last: equal rates are then equal to the last digit, and share a rank.
    case
        when scaled.months_received = 0 then null
        when scaled.kind = 'count' then scaled.numerator * 1e0
        else scaled.numerator * scaled.multiplier * 1e0 / nullif(scaled.denominator, 0)
    end as value,
    scaled.unit,
    {% for bound, confidence in [
        ("lower", "95"), ("upper", "95"), ("lower", "998"), ("upper", "998")
    ] -%}
    case
        when scaled.months_received = 0 then null
        when scaled.kind = 'proportion'
            then
                scaled.multiplier
                * {{ wilson_limit(
                    "scaled.numerator", "scaled.denominator", confidence,
                    "-" if bound == "lower" else "+"
                ) }}
        else
            scaled.scale
            * {{ (count_lower if bound == "lower" else count_upper)(
                "scaled.numerator", confidence, "exact"
            ) }}
    end as {{ bound }}_{{ confidence }},
    {% endfor -%}
    scaled.months_received::integer as months_received,
    scaled.is_complete,
    scaled.fingerprint
from scaled
left join {{ ref("int_poisson_exact_limit") }} as exact on scaled.numerator = exact.events
