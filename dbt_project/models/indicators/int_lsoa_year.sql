-- One row per indicator, LSOA of the county and complete year, with the LSOA's own
-- population: what hotspots and communities are made of, so that parts and whole agree.
select
    int_indicator_value.indicator_id,
    int_indicator_value.indicator_version,
    int_indicator_value.area_code as lsoa_code,
    area.area_name,
    area.local_name,
    area.district_code,
    int_indicator_value.period_type,
    int_indicator_value.period_start,
    int_indicator_value.period_end,
    int_indicator_value.period_label,
    int_indicator_value.numerator,
    int_indicator_value.denominator as population,
    int_indicator_value.population_year,
    int_indicator_value.value as rate,
    int_indicator_value.dispersion,
    register.multiplier,
    register.unit,
    {{ is_open_data("register.feeds") }} as is_open_data,
    {{ is_current_version("int_indicator_value") }} as is_current,
    -- Of a county that lies in two forces' areas one may be missing: its rate is then none.
    coalesce(county_value.is_complete, false) as is_county_complete
from {{ ref("int_indicator_value") }} as int_indicator_value
inner join {{ ref("indicator_register") }} as register
    on
        int_indicator_value.indicator_id = register.indicator_id
        and int_indicator_value.indicator_version = register.indicator_version
inner join {{ ref("dim_area") }} as area
    on int_indicator_value.area_code = area.area_code and area.area_type = 'lsoa'
left join {{ ref("int_indicator_value") }} as county_value
    on
        int_indicator_value.indicator_id = county_value.indicator_id
        and int_indicator_value.indicator_version = county_value.indicator_version
        and int_indicator_value.period_type = county_value.period_type
        and int_indicator_value.period_start = county_value.period_start
        and county_value.area_type = 'county'
where
    int_indicator_value.area_type = 'lsoa'
    and {{ is_year("int_indicator_value.period_type") }}
    and int_indicator_value.is_complete
    and register.kind = 'rate'
    and register.denominator_measure = 'residents'
