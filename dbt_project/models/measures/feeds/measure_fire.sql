{{ config(materialized="table") }}
-- One row per measure, month, place and time of what the fire and rescue service attended. Its
-- deliberate fires are not the arson that the police record, and are never added to it.
with incidents as (
    select
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        incident_class = 'road_traffic_collision' as is_collision,
        incident_class = 'fire' as is_fire,
        incident_class = 'fire' and motive = 'deliberate' as is_deliberate,
        -- A motive the service looked for and did not find counts with the accidental ones; one left
        -- blank may be either.
        incident_class = 'fire' and motive in ('accidental', 'not known') as is_accidental,
        fire_class,
        property_type,
        call_at,
        count(*) as events
    from {{ ref("fct_fire_incident") }}
    group by all
),

counted as (
    {% for measure, condition in [
        ("fires", "is_fire"),
        ("deliberate_fires", "is_deliberate"),
        ("deliberate_primary_fires", "is_deliberate and fire_class = 'primary'"),
        (
            "deliberate_primary_vehicle_fires",
            "is_deliberate and fire_class = 'primary' and property_type = 'vehicle'"
        ),
        (
            "deliberate_primary_other_fires",
            "is_deliberate and fire_class = 'primary' and property_type != 'vehicle'"
        ),
        ("deliberate_secondary_fires", "is_deliberate and fire_class = 'secondary'"),
        ("accidental_dwelling_fires", "is_accidental and property_type = 'dwelling'"),
        ("road_traffic_collisions", "is_collision"),
    ] -%}
    {{ "union all" if not loop.first }}
    select
        {{ measure_or_its_unknown(measure, condition) }} as measure_id,
        month,
        lsoa_code,
        district_code,
        call_at,
        events
    from incidents
    where {{ is_or_may_be(condition) }}
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
