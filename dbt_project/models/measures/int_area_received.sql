-- One row per feed, area and month that the feed's extracts cover. An area's extract is that of the
-- force whose area it lies in; a county is covered when each of its districts is.
with received as (
    select distinct
        'police/street_crime' as feed,
        extract.month,
        forces.force_code,
        forces.police_force_area_code
    from {{ ref("int_street_crime_extract") }} as extract
    inner join {{ ref("dim_police_force") }} as forces
        on extract.force_name = forces.force_name
),

districts as (
    select * from {{ ref("dim_district") }}
),

district_received as (
    select
        received.feed,
        received.month,
        districts.district_code,
        districts.is_in_county
    from districts
    inner join received
        on districts.police_force_area_code = received.police_force_area_code
),

county as (
    select
        area_code as county_code,
        -- Of the settings, not of the lookup: a district that the lookup lacks is one not received.
        (
            select count(*)
            from {{ source("raw", "setting_area") }}
            where role = 'county_district'
        ) as districts
    from {{ source("raw", "setting_area") }}
    where role = 'county'
)

select
    feed,
    'lsoa' as area_type,
    area.area_code,
    district_received.month
from district_received
inner join {{ ref("dim_area") }} as area
    on district_received.district_code = area.district_code
where
    area.area_type = 'lsoa'
    and area.is_in_county
    and area.is_in_geography
union all
select
    feed,
    'district' as area_type,
    district_code as area_code,
    month
from district_received
union all
select
    district_received.feed,
    'county' as area_type,
    county.county_code as area_code,
    district_received.month
from district_received
cross join county
where district_received.is_in_county
group by district_received.feed, county.county_code, district_received.month, county.districts
having count(*) = county.districts
union all
select distinct
    received.feed,
    area_types.area_type,
    received.force_code as area_code,
    received.month
from received
cross join (values ('force'), ('not_located')) as area_types (area_type)
