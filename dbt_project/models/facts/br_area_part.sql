-- One row per area above the LSOA and place within it: an event belongs to every area that holds its LSOA,
-- or its district where no LSOA is known of it. `is_part` marks the places that the area is declared as,
-- districts or LSOAs: the sums of residents, and what is received, are over those.
with settings as (
    select distinct role, district_code
    from {{ ref("int_setting_district") }}
    where role in ('county_district', 'focus')
),

csp_sizes as (
    select csp_code, count(*) as districts
    from {{ ref("dim_district") }}
    group by csp_code
),

-- The code of the community safety partnership where the focus districts are all of its districts and no
-- others, else one made of theirs: never that of a district.
partnership as (
    select
        case
            when
                count(distinct coalesce(csp_sizes.csp_code, '')) = 1
                and count(*) = min(csp_sizes.districts)
                then min(csp_sizes.csp_code)
            else 'P-' || string_agg(settings.district_code, '+' order by settings.district_code)
        end as area_code
    from settings
    left join {{ ref("dim_district") }} as district
        on settings.district_code = district.district_code
    left join csp_sizes on district.csp_code = csp_sizes.csp_code
    where settings.role = 'focus'
    having count(*) > 0
),

-- Of the settings, not of the lookup: a district that the lookup lacks is one not received.
declared as (
    select
        'district' as area_type,
        district_code as area_code,
        'district' as place_type,
        district_code as place_code,
        district_code
    from {{ ref("dim_district") }}
    union all
    select
        'partnership' as area_type,
        partnership.area_code,
        'district' as place_type,
        settings.district_code as place_code,
        settings.district_code
    from settings
    cross join partnership
    where settings.role = 'focus'
    union all
    select
        'county' as area_type,
        county.area_code,
        'district' as place_type,
        settings.district_code as place_code,
        settings.district_code
    from settings
    cross join {{ source("raw", "setting_area") }} as county
    where settings.role = 'county_district' and county.role = 'county'
    union all
    select
        area_type,
        area_code,
        place_type,
        part_code as place_code,
        district_code
    from {{ ref("int_area_set_part") }}
),

sized as (
    select
        *,
        count(*) over (partition by area_type, area_code) as parts
    from declared
)

select
    area_type,
    area_code,
    place_type,
    place_code,
    district_code,
    parts,
    true as is_part
from sized
union all
select
    sized.area_type,
    sized.area_code,
    'lsoa' as place_type,
    lsoa.lsoa_code as place_code,
    lsoa.district_code,
    sized.parts,
    false as is_part
from sized
inner join {{ ref("dim_lsoa") }} as lsoa on sized.place_code = lsoa.district_code
where lsoa.is_in_geography
