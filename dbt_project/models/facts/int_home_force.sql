-- One row: the force whose area the settings' county lies in, which stands for every partner that
-- sends one extract for the whole of it. Where no lookup says which, the county's name stands for it.
with county as (
    select area_code as county_code, area_name as county_name
    from {{ source("raw", "setting_area") }}
    where role = 'county'
),

force_areas as (
    select
        lookup.police_force_area_code,
        lookup.police_force_area_name,
        count(*) as districts
    from {{ ref("stg_reference__csp_lookup") }} as lookup
    inner join {{ source("raw", "setting_area") }} as setting_area
        on
            lookup.district_code = setting_area.area_code
            and setting_area.role = 'county_district'
    group by lookup.police_force_area_code, lookup.police_force_area_name
),

-- A county that lies in two forces' areas is the force's that has most of its districts.
main_area as (
    select police_force_area_code, police_force_area_name
    from force_areas
    order by districts desc, police_force_area_code asc
    limit 1
)

select
    coalesce(named.force_name, main_area.police_force_area_name, county.county_name) as force_name,
    main_area.police_force_area_code
from county
left join main_area on true
left join {{ ref("police_force") }} as named
    on main_area.police_force_area_name = named.police_force_area_name
