-- One row per LSOA of the county, classification and area it is read in: the fifth of deprivation
-- it falls in nationally, within the county and within its district (class 1 is the most deprived),
-- and the class of the Output Area Classification, whose codes mean nothing without its version.
with county_areas as (
    select area_code as lsoa_code, district_code
    from {{ ref("dim_area") }}
    where area_type = 'lsoa' and is_in_county and is_in_geography
),

fifths as (
    select
        edition,
        lsoa_code,
        district_code,
        national_fifth,
        county_fifth,
        district_fifth
    from {{ ref("int_lsoa_deprivation") }}
),

deprivation_classes as (
    select
        lsoa_code,
        district_code,
        'IMD ' || edition || ' quintile, ' || scope as classification,
        fifth
    from fifths
    unpivot (
        fifth for scope in (
            national_fifth as national, county_fifth as county, district_fifth as district
        )
    )
)

select
    lsoa_code,
    district_code,
    classification,
    fifth::varchar as class_code,
    case fifth
        when 1 then 'Most deprived fifth'
        when 2 then 'Second most deprived fifth'
        when 3 then 'Middle fifth'
        when 4 then 'Second least deprived fifth'
        when 5 then 'Least deprived fifth'
    end as class_name
from deprivation_classes
union all
select
    output_area_class.lsoa_code,
    county_areas.district_code,
    'Output Area Classification ' || output_area_class.class_version as classification,
    output_area_class.class_code,
    output_area_class.class_name
from {{ ref("stg_reference__output_area_class") }} as output_area_class
inner join county_areas on output_area_class.lsoa_code = county_areas.lsoa_code
