{{ config(meta={"published": true, "public": "all", "counts": "places"}) }}
-- One row per area and financial year: the residents that rates of the year, and of its months, are of.
with years as (
    select
        period_start,
        period_end,
        period_label
    from {{ ref("dim_period") }}
    where period_type = 'financial_year'
),

published as (
    select 'lsoa' as area_type, lsoa_code as area_code, mid_year
    from {{ ref("stg_reference__lsoa_population") }}
    union all
    select 'district' as area_type, district_code as area_code, mid_year
    from {{ ref("stg_reference__district_population") }}
)

select
    population.area_type,
    population.area_code,
    area.area_name,
    'financial_year' as period_type,
    years.period_start,
    years.period_end,
    years.period_label,
    population.population::bigint as population,
    population.population_year::integer as population_year,
    case when published.area_code is not null then 'published estimate' else 'sum of its parts' end
        as source,
    population.area_square_km::double as area_square_km
from {{ ref("dim_population") }} as population
inner join years on population.financial_year_start = years.period_start
left join published
    on
        population.area_type = published.area_type
        and population.area_code = published.area_code
        and population.population_year = published.mid_year
left join {{ ref("dim_area") }} as area
    on population.area_type = area.area_type and population.area_code = area.area_code
