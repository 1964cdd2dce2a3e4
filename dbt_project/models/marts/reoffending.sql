{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area and financial year: who of the caseload's offenders offended again in it, and how
-- that stands to the county. A local measure, not NI 18, which no district has.
with rates as (
    select *
    from {{ ref("int_indicator_value") }}
    where
        indicator_id = 'adult_reoffending_rate'
        and period_type = 'financial_year'
        and area_type not in ('lsoa', 'force', 'not_located')
),

county as (
    select period_start, value
    from rates
    where area_type = 'county' and is_complete
)

select
    rates.area_type,
    rates.area_code,
    area.area_name,
    rates.period_type,
    rates.period_start,
    rates.period_end,
    rates.period_label,
    rates.is_complete,
    rates.denominator as offenders,
    rates.numerator as reoffenders,
    rates.value as percent,
    rates.lower_95,
    rates.upper_95,
    county.value as county_percent,
    case
        when rates.area_type != 'county' and area.is_in_county and rates.is_complete
            then {{ verdict_against("county.value", "rates.lower_95", "rates.upper_95") }}
    end as verdict
from rates
left join county on rates.period_start = county.period_start
left join {{ ref("dim_area") }} as area
    on rates.area_type = area.area_type and rates.area_code = area.area_code
