{% set lower = widened_limit(
    count_lower("summed.harmful_events", "95", "exact"), "summed.harmful_events", "dispersions.dispersion"
) -%}
{% set upper = widened_limit(
    count_upper("summed.harmful_events", "95", "exact"), "summed.harmful_events", "dispersions.dispersion"
) -%}
-- One row per set of weights, measure, area and year with a crime: the sum of its crimes'
-- weights with its limits, and what has none. Sums are taken in the order of the codes, so that the
-- last digit is the same from run to run.
with weight_sets as (
    select distinct weight_source, weight_version, is_current
    from {{ ref("dim_harm_weight") }}
),

weighted as (
    select
        offence.*,
        weight_sets.weight_source,
        weight_sets.weight_version,
        weight_sets.is_current,
        weight.weight
    from {{ ref("int_offence_year") }} as offence
    cross join weight_sets
    left join {{ ref("dim_harm_weight") }} as weight
        on
            weight_sets.weight_source = weight.weight_source
            and weight_sets.weight_version = weight.weight_version
            and offence.offence_code = weight.offence_code
),

-- Of indicators that count the same crimes the widest: they differ by the breaks of their series alone.
dispersions as (
    select
        register.numerator_measure as measure_id,
        dispersion.area_type,
        max(dispersion.dispersion) as dispersion
    from {{ ref("indicator_dispersion") }} as dispersion
    inner join {{ ref("indicator_register") }} as register
        on
            dispersion.indicator_id = register.indicator_id
            and dispersion.indicator_version = register.indicator_version
    group by register.numerator_measure, dispersion.area_type
),

summed as (
    select
        weight_source,
        weight_version,
        is_current,
        measure_id,
        area_type,
        area_code,
        period_start,
        sum(events)::bigint as events,
        coalesce(sum(events) filter (where weight is null), 0)::bigint as unweighted_events,
        string_agg(offence_code, ', ' order by events desc, offence_code asc) filter (where weight is null)
            as unweighted_codes,
        -- A crime that weighs nothing adds nothing to the sum, nor to its doubt.
        coalesce(sum(events) filter (where weight > 0), 0)::bigint as harmful_events,
        coalesce(
            list_sum(list(events * weight order by offence_code) filter (where weight is not null)), 0
        )::double as harm,
        coalesce(
            list_sum(
                list(events * weight * weight order by offence_code) filter (where weight is not null)
            ),
            0
        )::double as variance
    from weighted
    group by all
)

select
    summed.weight_source,
    summed.weight_version,
    summed.is_current,
    summed.measure_id,
    summed.area_type,
    summed.area_code,
    summed.period_start,
    summed.events,
    summed.unweighted_events,
    summed.unweighted_codes,
    summed.harmful_events,
    summed.harm,
    {{ weighted_limit("summed.harm", "summed.variance", "summed.harmful_events", lower) }} as lower_95,
    {{ weighted_limit("summed.harm", "summed.variance", "summed.harmful_events", upper) }} as upper_95
from summed
left join {{ ref("int_poisson_exact_limit") }} as exact on summed.harmful_events = exact.events
left join dispersions
    on summed.measure_id = dispersions.measure_id and summed.area_type = dispersions.area_type
