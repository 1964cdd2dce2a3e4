{{ config(meta={"published": true, "public": "none", "counts": "events"}) }}
-- One row per set of weights, area made of districts, year and offence code: what the harm of
-- harm_score is made of, and which codes have no weight.
with offences as (
    select *
    from {{ ref("int_offence_year") }}
    where measure_id = 'all_crime' and not ({{ is_below_district("area_type") }})
),

-- The words of the latest time in which the code held.
descriptions as (
    select
        offence_code,
        arg_max(description, coalesce(valid_from, date '1900-01-01')) as offence
    from {{ ref("offence_class") }}
    group by offence_code
)

select
    score.weight_source,
    score.weight_version,
    score.is_current,
    score.area_type,
    score.area_code,
    score.area_name,
    score.period_type,
    score.period_start,
    score.period_end,
    score.period_label,
    offences.offence_code,
    descriptions.offence,
    offences.events,
    weight.weight,
    offences.events * weight.weight as harm,
    100 * offences.events * weight.weight / nullif(score.harm, 0) as harm_percent,
    case
        when weight.weight is not null
            then
                rank() over (
                    partition by
                        score.weight_source,
                        score.weight_version,
                        score.area_type,
                        score.area_code,
                        score.period_start
                    order by offences.events * weight.weight desc nulls last
                )
    end as harm_rank,
    score.is_complete
from offences
inner join {{ ref("harm_score") }} as score
    on
        offences.area_type = score.area_type
        and offences.area_code = score.area_code
        and offences.period_start = score.period_start
left join {{ ref("dim_harm_weight") }} as weight
    on
        score.weight_source = weight.weight_source
        and score.weight_version = weight.weight_version
        and offences.offence_code = weight.offence_code
left join descriptions on offences.offence_code = descriptions.offence_code
