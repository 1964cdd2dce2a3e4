-- One row per area of a set and part of it: an LSOA of the home's vintage, or a district of the home. An
-- LSOA of the home is part of an area that names it, or that names all it is made of in the other
-- vintage. A code that leads to neither stays a part as it was sent: the area lacks it.
-- Of wards, which are published for the whole country, those of the county alone.
with sent as (
    select distinct
        area_set as area_type,
        area_code,
        place_code
    from {{ ref("stg_reference__area_set") }}
),

geography as (
    select value as vintage
    from {{ source("raw", "setting") }}
    where key = 'geography'
),

pairs as (
    select distinct
        case
            when geography.vintage = 'lsoa_2021' then lookup.lsoa_2021_code
            else lookup.lsoa_2011_code
        end as home_code,
        case
            when geography.vintage = 'lsoa_2021' then lookup.lsoa_2011_code
            else lookup.lsoa_2021_code
        end as other_code
    from {{ ref("stg_reference__lsoa_lookup") }} as lookup
    cross join geography
),

-- What each LSOA of the home is made of in the other vintage.
made_of as (
    select
        home_code,
        other_code,
        count(*) over (partition by home_code) as others
    from pairs
    where home_code is not null and other_code is not null
),

home_lsoas as (
    select lsoa_code, district_code
    from {{ ref("dim_lsoa") }}
    where is_in_geography
),

by_itself as (
    select
        sent.area_type,
        sent.area_code,
        sent.place_code,
        home_lsoas.lsoa_code as part_code,
        home_lsoas.district_code
    from sent
    inner join home_lsoas on sent.place_code = home_lsoas.lsoa_code
),

by_others as (
    select
        sent.area_type,
        sent.area_code,
        sent.place_code,
        home_lsoas.lsoa_code as part_code,
        home_lsoas.district_code
    from sent
    inner join made_of on sent.place_code = made_of.other_code
    inner join home_lsoas on made_of.home_code = home_lsoas.lsoa_code
    anti join by_itself as own
        on
            sent.area_type = own.area_type
            and sent.area_code = own.area_code
            and made_of.home_code = own.part_code
    qualify
        count(*) over (partition by sent.area_type, sent.area_code, made_of.home_code)
        = made_of.others
),

districts as (
    select
        sent.area_type,
        sent.area_code,
        sent.place_code,
        known.district_code as part_code,
        known.district_code
    from sent
    inner join {{ ref("br_district_code") }} as known on sent.place_code = known.sent_code
),

found as (
    select
        *,
        'lsoa' as place_type
    from by_itself
    union all
    select
        *,
        'lsoa' as place_type
    from by_others
    union all
    select
        *,
        'district' as place_type
    from districts
),

lacking as (
    select
        sent.area_type,
        sent.area_code,
        sent.place_code as part_code,
        lsoa.district_code,
        case when sent.place_code like '_01%' then 'lsoa' else 'district' end as place_type
    from sent
    anti join found
        on
            sent.area_type = found.area_type
            and sent.area_code = found.area_code
            and sent.place_code = found.place_code
    left join {{ ref("dim_lsoa") }} as lsoa on sent.place_code = lsoa.lsoa_code
),

parts as (
    select distinct area_type, area_code, part_code, place_type, district_code, true as is_placed
    from found
    union all
    select area_type, area_code, part_code, place_type, district_code, false as is_placed
    from lacking
)

select
    parts.area_type,
    parts.area_code,
    parts.part_code,
    parts.place_type,
    parts.district_code,
    parts.is_placed
from parts
left join {{ ref("dim_district") }} as district on parts.district_code = district.district_code
where
    (parts.area_type != 'ward' or district.is_in_county)
    -- An LSOA of a district that is in the area itself would count twice.
    and not (
        parts.place_type = 'lsoa'
        and exists (
            select 1
            from districts as whole
            where
                whole.area_type = parts.area_type
                and whole.area_code = parts.area_code
                and whole.part_code = parts.district_code
        )
    )
