{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per survey, wave, question and area: the weighted estimate as published, its rank among areas
-- of its kind (1 is the highest percentage) and how it stands to the county, or for other areas to
-- England. Limits take the base for a simple sample; a weighted survey is less sure than they say.
with county as (
    select area_code as county_code
    from {{ source("raw", "setting_area") }}
    where role = 'county'
),

estimates as (
    select
        survey.*,
        case
            when survey.area_code = county.county_code then 'county'
            else {{ area_type_of_code("survey.area_code") }}
        end as area_type,
        100 * {{ wilson_lower("(base * percent / 100e0)", "base", "95") }} as lower_95,
        100 * {{ wilson_upper("(base * percent / 100e0)", "base", "95") }} as upper_95
    from {{ ref("stg_survey__perception") }} as survey
    cross join county
),

benchmarks as (
    select
        estimates.survey,
        estimates.wave,
        estimates.question_id,
        max(estimates.percent) filter (where estimates.area_code = county.county_code)
            as county_percent,
        max(estimates.percent) filter (where estimates.area_type = 'country') as england_percent
    from estimates
    cross join county
    group by estimates.survey, estimates.wave, estimates.question_id
),

ranked as (
    select
        *,
        rank() over (
            partition by survey, wave, question_id, area_type order by percent desc
        ) as value_rank,
        count(*) over (partition by survey, wave, question_id, area_type) as value_rank_of
    from estimates
)

select
    ranked.survey,
    ranked.wave,
    ranked.fieldwork_end,
    {{ financial_year_label(financial_year_start("ranked.fieldwork_end")) }} as period_label,
    ranked.question_id,
    ranked.question,
    survey_indicator.indicator_id,
    ranked.area_type,
    ranked.area_code,
    coalesce(ranked.area_name, area.area_name) as area_name,
    ranked.base,
    ranked.percent,
    ranked.lower_95,
    ranked.upper_95,
    ranked.value_rank as rank,
    ranked.value_rank_of as rank_of,
    case
        when ranked.area_type = 'district'
            then {{ verdict_against("benchmarks.county_percent", "lower_95", "upper_95") }}
        when ranked.area_type != 'country'
            then {{ verdict_against("benchmarks.england_percent", "lower_95", "upper_95") }}
    end as verdict,
    case register.polarity_between_areas
        when 'lower_is_better' then 'worse'
        when 'higher_is_better' then 'better'
        else 'neither'
    end as higher_is
from ranked
inner join benchmarks
    on
        ranked.survey = benchmarks.survey
        and ranked.wave = benchmarks.wave
        and ranked.question_id = benchmarks.question_id
left join {{ ref("survey_indicator") }} as survey_indicator
    on
        ranked.survey = survey_indicator.survey
        and ranked.question_id = survey_indicator.question_id
left join {{ ref("indicator_register") }} as register
    on survey_indicator.indicator_id = register.indicator_id
left join {{ ref("dim_area") }} as area
    on ranked.area_type = area.area_type and ranked.area_code = area.area_code
