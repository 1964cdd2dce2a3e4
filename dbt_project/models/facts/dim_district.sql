-- One row per district that the LSOAs of the lookup lie in, with the force whose area it lies in and its
-- place in the partnership's settings.
with districts as (
    select distinct district_code
    from {{ ref("dim_lsoa") }}
    where district_code is not null
),

names as (
    select district_code, any_value(district_name) as district_name
    from {{ ref("stg_reference__lsoa_lookup") }}
    group by district_code
),

lookup as (
    select * from {{ ref("stg_reference__csp_lookup") }}
),

-- A district that the lookup of partnerships is too old or too new to have: what all of those that it
-- took the place of, or that took its place, have alike.
relatives as (
    select
        districts.district_code,
        case when count(distinct lookup.csp_code) = 1 then min(lookup.csp_code) end as csp_code,
        case when count(distinct lookup.csp_code) = 1 then min(lookup.csp_name) end as csp_name,
        case
            when count(distinct lookup.police_force_area_code) = 1
                then min(lookup.police_force_area_code)
        end as police_force_area_code
    from districts
    inner join {{ ref("int_district_succession") }} as succession
        on districts.district_code in (succession.old_code, succession.new_code)
    inner join lookup
        on
            lookup.district_code in (succession.old_code, succession.new_code)
            and districts.district_code != lookup.district_code
    group by districts.district_code
),

roles as (
    select
        district_code,
        bool_or(role = 'focus') as is_focus_area,
        bool_or(role = 'county_district') as is_in_county,
        bool_or(role = 'most_similar') as is_most_similar
    from {{ ref("int_setting_district") }}
    group by district_code
)

select
    districts.district_code,
    coalesce(
        names.district_name, known.district_name, lookup.district_name, districts.district_code
    ) as district_name,
    case
        when lookup.district_code is null then relatives.csp_code else lookup.csp_code
    end as csp_code,
    case
        when lookup.district_code is null then relatives.csp_name else lookup.csp_name
    end as csp_name,
    coalesce(
        lookup.police_force_area_code, relatives.police_force_area_code
    ) as police_force_area_code,
    coalesce(roles.is_focus_area, false) as is_focus_area,
    coalesce(roles.is_in_county, false) as is_in_county,
    coalesce(roles.is_most_similar, false) as is_most_similar
from districts
left join names on districts.district_code = names.district_code
left join {{ ref("district") }} as known on districts.district_code = known.district_code
left join lookup on districts.district_code = lookup.district_code
left join relatives on districts.district_code = relatives.district_code
left join roles on districts.district_code = roles.district_code
