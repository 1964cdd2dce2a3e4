-- One row per offender in the caseload of a year, with place, tier, needs and whether they offended
-- again in it. The caseload belongs to the financial year its last day lies in.
select
    caseload.offender_id,
    caseload.period_start,
    caseload.period_end,
    {{ financial_year_start("caseload.period_end") }} as financial_year_start,
    date_trunc('month', caseload.period_end)::date as month,
    caseload.gender,
    caseload.age,
    case
        when caseload.age < 18 then 'under 18'
        when caseload.age < 25 then '18-24'
        when caseload.age < 35 then '25-34'
        when caseload.age < 45 then '35-44'
        when caseload.age < 55 then '45-54'
        when caseload.age >= 55 then '55+'
    end as age_band,
    caseload.tier,
    caseload.need_thinking,
    caseload.need_relationships,
    caseload.need_education,
    caseload.need_lifestyles,
    caseload.need_attitudes,
    caseload.need_alcohol,
    caseload.need_drugs,
    caseload.need_accommodation,
    caseload.reoffended as has_reoffended,
    caseload.reoffence_date,
    caseload.lsoa_code,
    lsoa.geography_lsoa_code,
    coalesce(lsoa.district_code, district.district_code) as district_code,
    caseload.gender_bucket,
    caseload.age_bucket,
    caseload.tier_bucket,
    caseload.need_thinking_bucket,
    caseload.need_relationships_bucket,
    caseload.need_education_bucket,
    caseload.need_lifestyles_bucket,
    caseload.need_attitudes_bucket,
    caseload.need_alcohol_bucket,
    caseload.need_drugs_bucket,
    caseload.need_accommodation_bucket,
    caseload.reoffence_date_bucket,
    {{ lsoa_bucket("caseload.lsoa_code_bucket", "lsoa") }} as lsoa_code_bucket,
    {{ district_bucket("district") }} as district_code_bucket,
    caseload.file_id,
    caseload.line_number
from {{ ref("stg_probation__caseload") }} as caseload
left join {{ ref("dim_lsoa") }} as lsoa on caseload.lsoa_code = lsoa.lsoa_code
left join {{ ref("br_district_code") }} as district on caseload.district_code = district.sent_code
