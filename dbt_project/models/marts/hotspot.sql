{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
-- One row per indicator, LSOA and complete year: how far its rate is above the county's,
-- and whether its neighbourhood is (Gi*). The funnel is as wide as the months of LSOAs vary. Retail
-- LSOAs have few residents: read counts beside rates.
with lsoa_years as (
    select
        *,
        indicator_id || '|' || indicator_version || '|' || period_start as group_id
    from {{ ref("int_lsoa_year") }}
    where population is not null and is_county_complete
),

county as (
    select
        group_id,
        sum(numerator) * 1e0 / nullif(sum(population), 0) as share
    from lsoa_years
    group by group_id
),

rated as (
    select
        group_id,
        lsoa_code as area_code,
        rate as x
    from lsoa_years
    where rate is not null
),

neighbours as (
    select
        neighbour.lsoa_code as area_code,
        neighbour.neighbour_code
    from {{ ref("br_lsoa_neighbour") }} as neighbour
    inner join {{ source("raw", "setting") }} as setting
        on setting.key = 'geography' and neighbour.vintage = setting.value
),

clusters as (
    select gi_star.*
    from (
        {{ gi_star("rated", "neighbours") }}
    ) as gi_star
    -- Without a boundary an area's neighbours are unknown, which is not the same as none.
    where gi_star.area_code in (select area_code from neighbours)
)

select
    lsoa_years.indicator_id,
    lsoa_years.indicator_version,
    'lsoa' as area_type,
    lsoa_years.lsoa_code as area_code,
    lsoa_years.area_name,
    {{ year_type("lsoa_years.period_start") }} as period_type,
    lsoa_years.period_start,
    lsoa_years.period_end,
    lsoa_years.period_label,
    lsoa_years.district_code,
    district.area_name as district_name,
    lsoa_years.local_name,
    lsoa_years.numerator,
    lsoa_years.population,
    lsoa_years.population_year,
    lsoa_years.rate,
    county.share * lsoa_years.multiplier as county_rate,
    lsoa_years.dispersion,
    {{ hotspot_class(
        "lsoa_years.numerator", "lsoa_years.population * county.share", "lsoa_years.dispersion"
    ) }} as class,
    rank() over (
        partition by lsoa_years.group_id, lsoa_years.district_code
        order by lsoa_years.rate desc nulls last
    ) as rank_in_district,
    rank() over (
        partition by lsoa_years.group_id order by lsoa_years.rate desc nulls last
    ) as rank_in_county,
    clusters.gi_star_z
from lsoa_years
inner join county on lsoa_years.group_id = county.group_id
left join {{ ref("dim_area") }} as district
    on lsoa_years.district_code = district.area_code and district.area_type = 'district'
left join clusters
    on lsoa_years.group_id = clusters.group_id and lsoa_years.lsoa_code = clusters.area_code
