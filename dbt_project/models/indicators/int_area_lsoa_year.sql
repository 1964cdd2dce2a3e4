{{ config(materialized="view") }}
-- One row per row of int_lsoa_year and area that its LSOA is part of, whose LSOAs were all received in the
-- year: what is said of an area by its places is made of.
select
    lsoa_year.*,
    area.area_type,
    area.area_code
from {{ ref("int_lsoa_year") }} as lsoa_year
inner join {{ ref("br_area_part") }} as area on lsoa_year.lsoa_code = area.place_code
where
    area.area_type = 'district'
    or (area.area_type in ('partnership', 'county') and lsoa_year.is_county_complete)
