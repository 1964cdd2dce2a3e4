-- One row per area and mid-year with a published estimate. The population of an area made of districts or
-- of LSOAs is the sum of theirs, a force's the sum of the districts in its area; a year lacking one of them
-- has none.
with districts as (
    select * from {{ ref("dim_district") }}
),

published_for_districts as (
    select district_code as area_code, mid_year, population
    from {{ ref("stg_reference__district_population") }}
),

-- A district made by a merger after the district estimates were published: the sum of those merged.
summed_from_districts as (
    {{ summed_from_predecessors("published_for_districts", ["mid_year"], "population") }}
),

known_for_districts as (
    select area_code as district_code, mid_year, population from published_for_districts
    union all
    select district_code, mid_year, population from summed_from_districts
),

-- A district of which no estimate is known at all: the sum of its LSOAs.
summed_from_lsoas as (
    select
        lsoa.district_code,
        lsoa_population.mid_year,
        sum(lsoa_population.population) as population
    from {{ ref("stg_reference__lsoa_population") }} as lsoa_population
    inner join {{ ref("dim_lsoa") }} as lsoa on lsoa_population.lsoa_code = lsoa.lsoa_code
    where lsoa.district_code not in (select district_code from known_for_districts)
    group by lsoa.district_code, lsoa_population.mid_year
),

-- An LSOA merged from others after the estimates were published: the sum of all its parents.
lsoa_parents as (
    select
        lsoa_code,
        geography_lsoa_code,
        count(*) over (partition by geography_lsoa_code) as parents
    from {{ ref("dim_lsoa") }}
    where geography_lsoa_code != lsoa_code
),

merged_lsoas as (
    select
        lsoa_parents.geography_lsoa_code as lsoa_code,
        lsoa_population.mid_year,
        sum(lsoa_population.population) as population,
        sum(lsoa_population.area_square_km) as area_square_km
    from {{ ref("stg_reference__lsoa_population") }} as lsoa_population
    inner join lsoa_parents on lsoa_population.lsoa_code = lsoa_parents.lsoa_code
    group by lsoa_parents.geography_lsoa_code, lsoa_population.mid_year, lsoa_parents.parents
    having count(*) = lsoa_parents.parents
),

lsoa_estimates as (
    select lsoa_code, mid_year, population, area_square_km
    from {{ ref("stg_reference__lsoa_population") }}
    union all
    select lsoa_code, mid_year, population, area_square_km
    from merged_lsoas
    anti join {{ ref("stg_reference__lsoa_population") }} as published
        on
            merged_lsoas.lsoa_code = published.lsoa_code
            and merged_lsoas.mid_year = published.mid_year
),

district_estimates as (
    select * from known_for_districts
    union all
    select * from summed_from_lsoas
),

groups as (
    select
        area_type,
        area_code,
        place_code
    from {{ ref("br_area_part") }}
    where is_part and area_type != 'district'
    union all
    select
        'force' as area_type,
        districts.police_force_area_code as area_code,
        districts.district_code as place_code
    from districts
    where districts.police_force_area_code is not null
),

group_sizes as (
    select area_type, area_code, count(*) as places
    from groups
    group by area_type, area_code
),

place_estimates as (
    select lsoa_code as place_code, mid_year, population from lsoa_estimates
    union all
    select district_code as place_code, mid_year, population from district_estimates
)

select
    'lsoa' as area_type,
    lsoa_code as area_code,
    mid_year,
    population,
    area_square_km
from lsoa_estimates
union all
select
    'district' as area_type,
    district_code as area_code,
    mid_year,
    population,
    null as area_square_km
from district_estimates
union all
select
    groups.area_type,
    groups.area_code,
    place_estimates.mid_year,
    sum(place_estimates.population) as population,
    null as area_square_km
from groups
inner join place_estimates on groups.place_code = place_estimates.place_code
inner join group_sizes
    on groups.area_type = group_sizes.area_type and groups.area_code = group_sizes.area_code
group by
    groups.area_type, groups.area_code, place_estimates.mid_year, group_sizes.places
having count(*) = group_sizes.places
