-- One row per LSOA of the county, classification and area it is read in: the fifth of deprivation
-- it falls in nationally, within the county and within its district. Class 1 is the most deprived.
with county_lsoas as (
    select
        deprivation.edition,
        deprivation.lsoa_code,
        deprivation.imd_rank,
        deprivation.imd_decile,
        area.district_code
    from {{ ref("stg_reference__deprivation") }} as deprivation
    inner join {{ ref("dim_area") }} as area
        on deprivation.lsoa_code = area.area_code and area.area_type = 'lsoa'
    where area.is_in_county and area.is_in_geography
),

fifths as (
    select
        edition,
        lsoa_code,
        district_code,
        ceil(imd_decile / 2e0)::integer as national_fifth,
        ntile(5) over (partition by edition order by imd_rank, lsoa_code)::integer
            as county_fifth,
        ntile(5) over (
            partition by edition, district_code order by imd_rank, lsoa_code
        )::integer as district_fifth
    from county_lsoas
)

select
    lsoa_code,
    district_code,
    'IMD ' || edition || ' quintile, ' || scope as classification,
    fifth as class_code
from fifths
unpivot (
    fifth for scope in (
        national_fifth as national, county_fifth as county, district_fifth as district
    )
)
