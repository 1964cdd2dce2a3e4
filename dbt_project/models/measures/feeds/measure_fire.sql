-- One row per measure, month, place and time of what the fire and rescue service attended. Its
-- deliberate fires are not the arson that the police record, and are never added to it.
with incidents as (
    select
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        incident_class = 'road_traffic_collision' as is_collision,
        incident_class = 'fire' and coalesce(motive = 'deliberate', false) as is_deliberate,
        -- A motive the service looked for and did not find counts with the accidental ones.
        incident_class = 'fire' and coalesce(motive in ('accidental', 'not known'), false)
            as is_accidental,
        coalesce(fire_class, '') as fire_class,
        coalesce(property_type, '') as property_type,
        call_at,
        count(*) as events
    from {{ ref("fct_fire_incident") }}
    group by all
),

counted as (
    {% for measure, condition in [
        ("deliberate_fires", "is_deliberate"),
        ("deliberate_primary_fires", "is_deliberate and fire_class = 'primary'"),
        (
            "deliberate_primary_vehicle_fires",
            "is_deliberate and fire_class = 'primary' and property_type = 'vehicle'"
        ),
        ("deliberate_secondary_fires", "is_deliberate and fire_class = 'secondary'"),
        ("accidental_dwelling_fires", "is_accidental and property_type = 'dwelling'"),
        ("road_traffic_collisions", "is_collision"),
    ] -%}
    {{ "union all" if not loop.first }}
    select
        '{{ measure }}' as measure_id,
        month,
        lsoa_code,
        district_code,
        call_at,
        events
    from incidents
    where {{ condition }}
    {% endfor %}
)

select
    measure_id,
    month,
    lsoa_code,
    district_code,
    call_at,
    sum(events)::bigint as events
from counted
group by all
