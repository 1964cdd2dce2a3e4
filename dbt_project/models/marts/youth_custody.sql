{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area and year: of the young people's convictions in court, those that ended in
-- custody (NI 43). The percentage says of how many, since a district has few.
select
    rates.area_type,
    rates.area_code,
    area.area_name,
    rates.period_type,
    rates.period_start,
    rates.period_end,
    rates.period_label,
    rates.is_complete,
    rates.numerator as custodial_sentences,
    rates.denominator as court_convictions,
    rates.value as percent,
    rates.lower_95,
    rates.upper_95
from {{ ref("int_indicator_value") }} as rates
left join {{ ref("dim_area") }} as area
    on rates.area_type = area.area_type and rates.area_code = area.area_code
where
    rates.indicator_id = 'youth_custody_rate'
    and {{ is_year("rates.period_type") }}
    and rates.area_type not in ('force', 'not_located')
