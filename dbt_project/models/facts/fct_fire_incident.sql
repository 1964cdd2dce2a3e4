-- One row per incident the fire and rescue service attended, with its place.
select
    incident.incident_no,
    incident.call_at,
    date_trunc('month', incident.call_at)::date as month,
    incident.incident_class,
    incident.fire_class,
    incident.motive,
    incident.property_type,
    incident.lsoa_code,
    lsoa.geography_lsoa_code,
    lsoa.district_code,
    incident.fire_class_bucket,
    incident.motive_bucket,
    incident.property_type_bucket,
    {{ lsoa_bucket("incident.lsoa_code_bucket", "lsoa") }} as lsoa_code_bucket,
    incident.file_id,
    incident.line_number
from {{ ref("stg_fire__incident") }} as incident
left join {{ ref("dim_lsoa") }} as lsoa on incident.lsoa_code = lsoa.lsoa_code
