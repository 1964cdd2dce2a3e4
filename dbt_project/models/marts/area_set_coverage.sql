{{ config(meta={"published": true, "public": "open_indicators", "counts": "events"}) }}
-- One row per set of areas made of LSOAs, district that they lie in, indicator and financial year: how many
-- of the district's events have no LSOA. They may lie in any of the areas and are counted in none.
with set_districts as (
    select distinct
        area_type,
        district_code
    from {{ ref("br_area_part") }}
    where is_part and place_type = 'lsoa' and district_code is not null
),

counted as (
    select
        measure_id,
        district_code,
        {{ financial_year_start("month") }} as period_start,
        sum(events)::bigint as events,
        coalesce(sum(events) filter (where lsoa_code is null), 0)::bigint as not_located
    from {{ ref("measure_event") }}
    where district_code is not null
    group by all
)

select
    set_districts.area_type,
    set_districts.district_code,
    district.district_name,
    register.indicator_id,
    register.indicator_version,
    'financial_year' as period_type,
    counted.period_start,
    (counted.period_start + interval 1 year - interval 1 day)::date as period_end,
    {{ financial_year_label("counted.period_start") }} as period_label,
    counted.events,
    counted.not_located,
    100e0 * counted.not_located / nullif(counted.events, 0) as percent_not_located
from counted
inner join set_districts on counted.district_code = set_districts.district_code
inner join {{ ref("indicator_register") }} as register
    on counted.measure_id = register.numerator_measure
left join {{ ref("dim_district") }} as district
    on counted.district_code = district.district_code
where register.kind != 'proportion'
