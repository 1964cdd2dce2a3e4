-- One row per district of the LSOA lookup, with the force whose area it lies in and its place in
-- the partnership's settings.
with districts as (
    select
        district_code,
        any_value(district_name) as district_name
    from {{ ref("lsoa") }}
    where district_code is not null
    group by district_code
),

lookup as (
    select * from {{ ref("stg_reference__csp_lookup") }}
),

-- Districts made by a merger after the lookup was published: an LSOA of 2011 is named after the
-- district of 2011, so the force of most of its LSOAs is found by that name.
by_old_name as (
    select
        lsoa.district_code,
        mode(lookup.police_force_area_code) as police_force_area_code
    from {{ ref("lsoa") }} as lsoa
    inner join lookup
        on lookup.district_name = regexp_replace(lsoa.lsoa_name, ' [0-9]{3}[A-Z]$', '')
    where lsoa.is_lsoa_2011
    group by lsoa.district_code
),

roles as (
    select
        area_code,
        bool_or(role = 'focus') as is_focus_area,
        bool_or(role = 'county_district') as is_in_county,
        bool_or(role = 'most_similar') as is_most_similar
    from {{ source("raw", "setting_area") }}
    group by area_code
)

select
    districts.district_code,
    districts.district_name,
    lookup.csp_code,
    lookup.csp_name,
    coalesce(
        lookup.police_force_area_code, by_old_name.police_force_area_code
    ) as police_force_area_code,
    coalesce(roles.is_focus_area, false) as is_focus_area,
    coalesce(roles.is_in_county, false) as is_in_county,
    coalesce(roles.is_most_similar, false) as is_most_similar
from districts
left join lookup on districts.district_code = lookup.district_code
left join by_old_name on districts.district_code = by_old_name.district_code
left join roles on districts.district_code = roles.area_code
