-- One row per area, financial year and ethnic group: residents aged 10 to 17, of the mid-year of the
-- financial year, else the nearest earlier one, else the nearest later one. A county for which no
-- figure is published is the sum of its districts, and so is every other area that is made of them.
with published as (
    select area_code, mid_year, ethnic_group, population_10_17
    from {{ ref("stg_reference__youth_population") }}
),

county as (
    select area_code as county_code
    from {{ source("raw", "setting_area") }}
    where role = 'county'
),

-- A district made by a merger after the figures were published: the sum of those merged.
merged as (
    {{ summed_from_predecessors("published", ["mid_year", "ethnic_group"], "population_10_17") }}
),

known as (
    select * from published
    union all
    select
        district_code as area_code,
        mid_year,
        ethnic_group,
        population_10_17
    from merged
),

summed as (
    select
        part.area_type,
        part.area_code,
        known.mid_year,
        known.ethnic_group,
        sum(known.population_10_17)::bigint as population_10_17
    from known
    inner join {{ ref("br_area_part") }} as part on known.area_code = part.place_code
    anti join published as own on part.area_code = own.area_code
    where part.is_part and part.area_type != 'district'
    group by
        part.area_type,
        part.area_code,
        known.mid_year,
        known.ethnic_group,
        part.parts
    having count(*) = part.parts
),

years as (
    select distinct
        financial_year_start,
        year(financial_year_start) as wanted_year
    from {{ ref("dim_period") }}
),

areas as (
    select
        case
            when known.area_code = county.county_code then 'county'
            else 'district'
        end as area_type,
        known.*
    from known
    cross join county
    where
        known.area_code = county.county_code
        or known.area_code in (select district_code from {{ ref("dim_district") }})
    union all
    select * from summed
)

select
    areas.area_type,
    areas.area_code,
    years.financial_year_start,
    areas.mid_year as population_year,
    areas.ethnic_group,
    areas.population_10_17
from areas
cross join years
qualify
    -- By year, not by row: a year's groups come together or not at all.
    rank() over (
        partition by areas.area_type, areas.area_code, years.financial_year_start
        order by areas.mid_year > years.wanted_year, abs(areas.mid_year - years.wanted_year)
    ) = 1
