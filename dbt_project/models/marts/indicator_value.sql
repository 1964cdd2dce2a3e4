{{
    config(
        materialized="view",
        meta={"published": true, "public": "disclosed", "counts": "events and people"},
    )
}}
-- One row per indicator, area and period: the number, its parts and its doubt.
select
    int_indicator_value.indicator_id,
    int_indicator_value.indicator_version,
    {{ is_current_version("int_indicator_value") }} as is_current,
    int_indicator_value.area_type,
    int_indicator_value.area_code,
    area.area_name,
    int_indicator_value.period_type,
    int_indicator_value.period_start,
    int_indicator_value.period_end,
    int_indicator_value.period_label,
    int_indicator_value.numerator,
    int_indicator_value.denominator,
    int_indicator_value.known,
    int_indicator_value.unknown,
    int_indicator_value.lowest_possible,
    int_indicator_value.highest_possible,
    int_indicator_value.population_year,
    int_indicator_value.value,
    int_indicator_value.unit,
    int_indicator_value.dispersion,
    int_indicator_value.lower_95,
    int_indicator_value.upper_95,
    int_indicator_value.lower_998,
    int_indicator_value.upper_998,
    int_indicator_value.months_received,
    int_indicator_value.is_complete,
    -- Filled where the public tier leaves something out.
    null::varchar as suppressed
from {{ ref("int_indicator_value") }} as int_indicator_value
left join {{ ref("dim_area") }} as area
    on
        int_indicator_value.area_type = area.area_type
        and int_indicator_value.area_code = area.area_code
