{{ config(meta={"published": true, "public": "open_indicators"}) }}
-- One row per indicator, complete year, area and class of community: the rate where the
-- most and the least deprived live, and by class of the Output Area Classification. Fifths are
-- national, the county's or the district's own.
with lsoa_years as (
    select * from {{ ref("int_lsoa_year") }}
    where population is not null
),

communities as (
    select * from {{ ref("br_lsoa_community") }}
),

placed as (
    select
        lsoa_years.*,
        communities.classification,
        communities.class_code,
        communities.class_name,
        area.area_type,
        area.area_code
    from lsoa_years
    inner join communities on lsoa_years.lsoa_code = communities.lsoa_code
    inner join {{ ref("br_area_part") }} as area on lsoa_years.lsoa_code = area.place_code
    where
        area.area_type in ('partnership', 'county')
        and communities.classification not like '%, district'
        and lsoa_years.is_county_complete
    union all
    select
        lsoa_years.*,
        communities.classification,
        communities.class_code,
        communities.class_name,
        'district' as area_type,
        lsoa_years.district_code as area_code
    from lsoa_years
    inner join communities on lsoa_years.lsoa_code = communities.lsoa_code
    where communities.classification not like '%, county'
),

classes as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_start,
        period_end,
        period_label,
        classification,
        class_code,
        class_name,
        multiplier,
        unit,
        sum(numerator)::bigint as numerator,
        sum(population)::bigint as population,
        max(population_year) as population_year
    from placed
    group by all
),

compared as (
    select
        *,
        multiplier * 1e0 / nullif(population, 0) as scale,
        sum(numerator) over whole * 1e0 / nullif(sum(population) over whole, 0) as whole_share
    from classes
    window
        whole as (
            partition by
                indicator_id,
                indicator_version,
                area_type,
                area_code,
                period_start,
                classification
        )
)

select
    compared.indicator_id,
    compared.indicator_version,
    compared.area_type,
    compared.area_code,
    area.area_name,
    {{ year_type("compared.period_start") }} as period_type,
    compared.period_start,
    compared.period_end,
    compared.period_label,
    compared.classification,
    compared.class_code,
    compared.class_name,
    compared.numerator,
    compared.population,
    compared.population_year,
    compared.numerator * compared.scale as rate,
    compared.scale * {{ count_lower("compared.numerator", "95", "exact") }} as lower_95,
    compared.scale * {{ count_upper("compared.numerator", "95", "exact") }} as upper_95,
    compared.numerator * 1e0 / nullif(compared.population, 0) / nullif(compared.whole_share, 0)
        as relative_rate
from compared
left join {{ ref("int_poisson_exact_limit") }} as exact on compared.numerator = exact.events
left join {{ ref("dim_area") }} as area
    on compared.area_type = area.area_type and compared.area_code = area.area_code
