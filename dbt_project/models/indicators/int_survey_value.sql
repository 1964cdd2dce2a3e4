-- One row per indicator that a survey estimates, area and financial year: the latest wave whose
-- fieldwork ended in the year. The value is the weighted estimate as published, never averaged again;
-- the numerator is the number of respondents it stands for, rounded. A wave covers no months.
with county as (
    select area_code
    from {{ source("raw", "setting_area") }}
    where role = 'county'
),

estimates as (
    select
        register.indicator_id,
        register.indicator_version,
        register.unit,
        survey.area_code,
        case
            when survey.area_code = county.area_code then 'county'
            when survey.area_code in (select district_code from {{ ref("dim_district") }}) then 'district'
        end as area_type,
        {{ financial_year_start("survey.fieldwork_end") }} as period_start,
        survey.fieldwork_end,
        survey.wave,
        survey.base,
        survey.percent,
        survey.base * survey.percent / 100e0 as respondents
    from {{ ref("stg_survey__perception") }} as survey
    inner join {{ ref("survey_indicator") }} as survey_indicator
        on
            survey.survey = survey_indicator.survey
            and survey.question_id = survey_indicator.question_id
    inner join {{ ref("indicator_register") }} as register
        on survey_indicator.indicator_id = register.indicator_id
    cross join county
),

latest as (
    select *
    from estimates
    where area_type is not null
    qualify
        row_number() over (
            partition by indicator_id, indicator_version, area_code, period_start
            order by fieldwork_end desc, wave desc
        ) = 1
)

select
    indicator_id,
    indicator_version,
    area_type,
    area_code,
    'financial_year' as period_type,
    period_start,
    (period_start + interval 1 year - interval 1 day)::date as period_end,
    {{ financial_year_label("period_start") }} as period_label,
    round(respondents)::bigint as numerator,
    base as denominator,
    null::integer as population_year,
    percent as value,
    unit,
    100 * {{ wilson_lower("respondents", "base", "95") }} as lower_95,
    100 * {{ wilson_upper("respondents", "base", "95") }} as upper_95,
    100 * {{ wilson_lower("respondents", "base", "998") }} as lower_998,
    100 * {{ wilson_upper("respondents", "base", "998") }} as upper_998,
    null::integer as months_received,
    true as is_complete
from latest
