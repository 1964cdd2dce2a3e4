-- One row per district and area of comparison it belongs to: itself, and the county of the settings.
select
    district_code,
    'district' as area_type,
    district_code as area_code
from {{ ref("dim_district") }}
union all
select
    district.district_code,
    'county' as area_type,
    county.area_code
from {{ ref("dim_district") }} as district
cross join {{ source("raw", "setting_area") }} as county
where district.is_in_county and county.role = 'county'
