-- One row per area of any type: LSOAs of both vintages, districts, the county of the settings,
-- police force areas, and for each force the place of what could not be located.
with county as (
    select area_code as county_code, area_name as county_name
    from {{ source("raw", "setting_area") }}
    where role = 'county'
),

districts as (
    select * from {{ ref("dim_district") }}
),

forces as (
    select
        force_code,
        min(force_name) as force_name
    from {{ ref("dim_police_force") }}
    group by force_code
),

local_names as (
    select * from {{ ref("stg_reference__area_name") }}
)

select
    'lsoa' as area_type,
    lsoa.lsoa_code as area_code,
    lsoa.lsoa_name as area_name,
    local_names.local_name,
    lsoa.district_code,
    districts.police_force_area_code,
    lsoa.is_lsoa_2011,
    lsoa.is_lsoa_2021,
    lsoa.is_in_geography,
    lsoa.is_in_both_vintages,
    coalesce(districts.is_in_county, false) as is_in_county,
    coalesce(districts.is_focus_area, false) as is_focus_area
from {{ ref("dim_lsoa") }} as lsoa
left join districts on lsoa.district_code = districts.district_code
left join local_names on lsoa.lsoa_code = local_names.lsoa_code
union all
select
    'district' as area_type,
    district_code as area_code,
    district_name as area_name,
    null as local_name,
    district_code,
    police_force_area_code,
    null as is_lsoa_2011,
    null as is_lsoa_2021,
    true as is_in_geography,
    null as is_in_both_vintages,
    is_in_county,
    is_focus_area
from districts
union all
select
    'county' as area_type,
    county_code as area_code,
    county_name as area_name,
    null as local_name,
    null as district_code,
    null as police_force_area_code,
    null as is_lsoa_2011,
    null as is_lsoa_2021,
    true as is_in_geography,
    null as is_in_both_vintages,
    true as is_in_county,
    false as is_focus_area
from county
union all
select
    area_types.area_type,
    forces.force_code as area_code,
    forces.force_name as area_name,
    null as local_name,
    null as district_code,
    case when forces.force_code != forces.force_name then forces.force_code end
        as police_force_area_code,
    null as is_lsoa_2011,
    null as is_lsoa_2021,
    true as is_in_geography,
    null as is_in_both_vintages,
    false as is_in_county,
    false as is_focus_area
from forces
cross join (values ('force'), ('not_located')) as area_types (area_type)
