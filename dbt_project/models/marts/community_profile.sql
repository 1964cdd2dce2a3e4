{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
{% set lower = count_lower("compared.numerator", "95", "exact") -%}
{% set upper = count_upper("compared.numerator", "95", "exact") -%}
-- One row per indicator, complete year, area and class of community: the rate where the
-- most and the least deprived live, and by class of the Output Area Classification. Fifths are
-- national, the county's or the district's own.
with placed as (
    select
        lsoa_years.*,
        communities.classification,
        communities.class_code,
        communities.class_name
    from {{ ref("int_area_lsoa_year") }} as lsoa_years
    inner join {{ ref("br_lsoa_community") }} as communities
        on lsoa_years.lsoa_code = communities.lsoa_code
    where
        lsoa_years.population is not null
        and (lsoa_years.area_type != 'district' or communities.classification not like '%, county')
        and (lsoa_years.area_type = 'district' or communities.classification not like '%, district')
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
        dispersion,
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
    compared.scale
    * {{ widened_limit(lower, "compared.numerator", "compared.dispersion") }} as lower_95,
    compared.scale
    * {{ widened_limit(upper, "compared.numerator", "compared.dispersion") }} as upper_95,
    compared.numerator * 1e0 / nullif(compared.population, 0) / nullif(compared.whole_share, 0)
        as relative_rate
from compared
left join {{ ref("int_poisson_exact_limit") }} as exact on compared.numerator = exact.events
left join {{ ref("dim_area") }} as area
    on compared.area_type = area.area_type and compared.area_code = area.area_code
