{{ config(materialized="view") }}
-- One row per force whose area holds districts of the settings' county: the home's own forces. A
-- district made by a merger after the lookup was published has the force that dim_district found.
with lookup as (
    select * from {{ ref("stg_reference__csp_lookup") }}
),

districts as (
    select
        setting.district_code,
        coalesce(
            lookup.police_force_area_code, dim_district.police_force_area_code
        ) as police_force_area_code
    from (
        select distinct district_code
        from {{ ref("int_setting_district") }}
        where role = 'county_district'
    ) as setting
    left join lookup on setting.district_code = lookup.district_code
    left join {{ ref("dim_district") }} as dim_district
        on setting.district_code = dim_district.district_code
),

areas as (
    select distinct police_force_area_code, police_force_area_name
    from lookup
)

select
    districts.police_force_area_code,
    coalesce(any_value(named.force_name), any_value(areas.police_force_area_name)) as force_name,
    count(*) as districts
from districts
inner join areas on districts.police_force_area_code = areas.police_force_area_code
left join {{ ref("police_force") }} as named
    on areas.police_force_area_name = named.police_force_area_name
group by districts.police_force_area_code
