-- One row per LSOA of the county and edition of the deprivation index: the fifth it falls in nationally,
-- within the county and within its district, and the tenth within the last two. Class 1 is the most
-- deprived. There is no national tenth: few of one county's LSOAs lie in some of them.
with county_areas as (
    select area_code as lsoa_code, district_code
    from {{ ref("dim_area") }}
    where area_type = 'lsoa' and is_in_county and is_in_geography
),

county_lsoas as (
    select
        deprivation.edition,
        deprivation.lsoa_code,
        deprivation.imd_rank,
        deprivation.imd_decile,
        county_areas.district_code
    from {{ ref("stg_reference__deprivation") }} as deprivation
    inner join county_areas on deprivation.lsoa_code = county_areas.lsoa_code
)

select
    edition,
    lsoa_code,
    district_code,
    ceil(imd_decile / 2e0)::integer as national_fifth,
    ntile(5) over county::integer as county_fifth,
    ntile(5) over district::integer as district_fifth,
    ntile(10) over county::integer as county_tenth,
    ntile(10) over district::integer as district_tenth
from county_lsoas
window
    county as (partition by edition order by imd_rank, lsoa_code),
    district as (partition by edition, district_code order by imd_rank, lsoa_code)
