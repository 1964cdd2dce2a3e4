{{ config(meta={"published": true, "public": "none", "counts": "events"}) }}
-- One row per set of weights, area and year: recorded crimes times the weights of their
-- offence codes, per 1,000 residents. Areas, years and residents are those of all recorded crime.
with all_crime as (
    select *
    from {{ ref("int_indicator_year") }}
    where indicator_id = 'all_crime' and area_type not in ('force', 'not_located')
    qualify indicator_version = max(indicator_version) over ()
),

weight_sets as (
    select distinct weight_source, weight_version, is_current
    from {{ ref("dim_harm_weight") }}
),

scored as (
    select
        all_crime.*,
        weight_sets.weight_source,
        weight_sets.weight_version,
        weight_sets.is_current,
        coalesce(harm.unweighted_events, 0) as unweighted_events,
        harm.unweighted_codes,
        coalesce(harm.harmful_events, 0) as harmful_events,
        coalesce(harm.harm, 0) as harm,
        harm.lower_95 as harm_lower_95,
        harm.upper_95 as harm_upper_95,
        case
            when not all_crime.is_complete
                then {{ incomplete_reason("all_crime.period_label", "all_crime.months_received") }}
            when coalesce(all_crime.denominator, 0) = 0
                then 'no population is published for this area'
            -- What they would have weighed is not known, which is not the same as nothing.
            when all_crime.numerator > 0 and harm.unweighted_events = all_crime.numerator
                then 'no code of its crimes has a weight'
        end as refusal
    from all_crime
    cross join weight_sets
    left join {{ ref("int_harm") }} as harm
        on
            weight_sets.weight_source = harm.weight_source
            and weight_sets.weight_version = harm.weight_version
            and all_crime.area_type = harm.area_type
            and all_crime.area_code = harm.area_code
            and all_crime.period_start = harm.period_start
            and harm.measure_id = 'all_crime'
)

select
    scored.weight_source,
    scored.weight_version,
    scored.is_current,
    scored.area_type,
    scored.area_code,
    area.area_name,
    area.district_code,
    scored.period_type,
    scored.period_start,
    scored.period_end,
    scored.period_label,
    scored.numerator as events,
    scored.unweighted_events,
    scored.unweighted_codes,
    scored.harm,
    scored.denominator as population,
    scored.population_year,
    {% for value, name in [
        ("harm", "harm_rate"), ("harm_lower_95", "lower_95"), ("harm_upper_95", "upper_95")
    ] -%}
    case when scored.refusal is null then 1000 * scored.{{ value }} / scored.denominator end
        as {{ name }},
    {% endfor -%}
    scored.is_complete,
    coalesce(
        scored.refusal,
        case
            when scored.harmful_events = 0
                then 'without a crime that weighs anything there are no limits'
        end
    ) as reason
from scored
left join {{ ref("dim_area") }} as area
    on scored.area_type = area.area_type and scored.area_code = area.area_code
