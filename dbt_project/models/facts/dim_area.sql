-- One row per area of any type: LSOAs of both vintages, districts, the partnership and the county of the
-- settings, wards and one's own areas, police force areas, and for each force the place of what could not
-- be located.
with partnership as (
    select distinct area_code
    from {{ ref("br_area_part") }}
    where area_type = 'partnership'
),

names as (
    select
        'county' as area_type,
        area_code,
        area_name
    from {{ source("raw", "setting_area") }}
    where role = 'county'
    union all
    select
        'partnership' as area_type,
        partnership.area_code,
        setting.value as area_name
    from {{ source("raw", "setting") }} as setting
    cross join partnership
    where setting.key = 'partnership'
    union all
    select
        area_set as area_type,
        area_code,
        min(area_name) as area_name
    from {{ ref("stg_reference__area_set") }}
    group by area_set, area_code
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
),

-- What a type is made of is one thing for all its areas, by which their tests are judged.
made_of_lsoas as (
    select distinct area_type
    from {{ ref("br_area_part") }}
    where is_part and place_type = 'lsoa'
),

joined as (
    select
        part.area_type,
        part.area_code,
        case
            when
                count(*) = count(part.district_code)
                and min(part.district_code) = max(part.district_code)
                then min(part.district_code)
        end as district_code,
        bool_and(coalesce(districts.is_in_county, false)) as is_in_county,
        bool_and(coalesce(districts.is_focus_area, false)) as is_focus_area
    from {{ ref("br_area_part") }} as part
    left join districts on part.district_code = districts.district_code
    where part.is_part and part.area_type != 'district'
    group by part.area_type, part.area_code
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
    coalesce(districts.is_focus_area, false) as is_focus_area,
    true as is_below_district
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
    is_focus_area,
    false as is_below_district
from districts
union all
select
    joined.area_type,
    joined.area_code,
    coalesce(names.area_name, joined.area_code) as area_name,
    case
        when joined.area_type = 'partnership' and names.area_name like '% Community Safety Partnership'
            then regexp_replace(names.area_name, ' Community Safety Partnership$', '')
    end as local_name,
    joined.district_code,
    district.police_force_area_code,
    null as is_lsoa_2011,
    null as is_lsoa_2021,
    true as is_in_geography,
    null as is_in_both_vintages,
    joined.is_in_county,
    joined.is_focus_area,
    made_of_lsoas.area_type is not null as is_below_district
from joined
left join names on joined.area_type = names.area_type and joined.area_code = names.area_code
left join districts as district on joined.district_code = district.district_code
left join made_of_lsoas on joined.area_type = made_of_lsoas.area_type
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
    false as is_focus_area,
    false as is_below_district
from forces
cross join (values ('force'), ('not_located')) as area_types (area_type)
