{{ config(meta={"published": true, "public": "all", "counts": "places"}) }}
-- One row per area that has values: its names, what it is part of, and of an LSOA its boundary.
with with_values as (
    select distinct
        area_type,
        area_code
    from {{ ref("int_indicator_value") }}
),

county as (
    select area_code, area_name
    from {{ ref("dim_area") }}
    where area_type = 'county'
),

forces as (
    select area_code, area_name
    from {{ ref("dim_area") }}
    where area_type = 'force'
),

boundaries as (
    select
        boundary.lsoa_code,
        st_aswkb(st_geomfromgeojson(boundary.geometry::varchar)) as geometry
    from {{ ref("stg_reference__boundary") }} as boundary
    inner join {{ source("raw", "setting") }} as setting on boundary.vintage = setting.value
    where setting.key = 'geography'
)

select
    area.area_type,
    area.area_code,
    area.area_name,
    area.local_name,
    area.district_code,
    district.area_name as district_name,
    case when area.is_in_county then county.area_code end as county_code,
    case when area.is_in_county then county.area_name end as county_name,
    area.police_force_area_code,
    forces.area_name as police_force_name,
    area.is_in_county,
    area.is_focus_area,
    boundaries.geometry
from {{ ref("dim_area") }} as area
inner join with_values
    on area.area_type = with_values.area_type and area.area_code = with_values.area_code
left join {{ ref("dim_area") }} as district
    on area.district_code = district.area_code and district.area_type = 'district'
left join county on true
left join forces on area.police_force_area_code = forces.area_code
left join boundaries on area.area_type = 'lsoa' and area.area_code = boundaries.lsoa_code
