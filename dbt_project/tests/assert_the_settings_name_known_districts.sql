-- Every district the settings name is in the LSOA lookup: a mistyped code would leave the county or
-- the group without a member. Before a lookup has landed there is nothing to compare with.
select
    setting_area.role,
    setting_area.area_code
from {{ source("raw", "setting_area") }} as setting_area
left join {{ ref("dim_district") }} as district
    on setting_area.area_code = district.district_code
where
    setting_area.role in ('focus', 'county_district', 'most_similar')
    and district.district_code is null
    and exists (select 1 from {{ ref("dim_district") }})
