-- One row per month in which anything was counted or received, with the fingerprint of all that the
-- measures of its areas are made of: its events, what was received of it, and the areas themselves.
with events as (
    select
        month,
        sum(
            hash(measure_id, source, lsoa_code, district_code, events)::hugeint
        ) as content
    from {{ ref("measure_event") }}
    group by month
),

received as (
    select
        month,
        sum(hash(feed, area_type, area_code, months_before)::hugeint) as content
    from {{ ref("int_area_received") }}
    group by month
),

areas as (
    select
        (
            select sum(hash(area_type, area_code, is_in_county, is_in_geography, is_below_district)::hugeint)
            from {{ ref("dim_area") }}
        ) as areas,
        (
            select sum(hash(area_type, area_code, place_code)::hugeint)
            from {{ ref("br_area_part") }}
        ) as parts,
        (
            select sum(hash(force_name, force_code)::hugeint)
            from {{ ref("dim_police_force") }}
        ) as forces
)

select
    coalesce(events.month, received.month) as month,
    hash(events.content, received.content, areas.areas, areas.parts, areas.forces) as fingerprint
from events
full outer join received on events.month = received.month
cross join areas
