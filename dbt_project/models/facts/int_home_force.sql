-- One row: the force whose area the settings' districts lie in, which stands for every partner that
-- sends one extract for the whole of the county. Where no lookup says which, the county's name stands
-- for it. A county that lies in two forces' areas is the force's that has most of its districts.
with main_force as (
    select force_name, police_force_area_code
    from {{ ref("int_county_force") }}
    order by districts desc, police_force_area_code asc
    limit 1
)

select
    coalesce(main_force.force_name, county.area_name) as force_name,
    main_force.police_force_area_code
from {{ source("raw", "setting_area") }} as county
left join main_force on true
where county.role = 'county'
