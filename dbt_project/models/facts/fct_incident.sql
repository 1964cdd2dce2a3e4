-- One row per incident reported to the police: its scheme of anti-social behaviour, whether it led to
-- a recorded crime, and its place. An incident is no offence; neither counts in the other.
with schemes as (
    select distinct
        scheme,
        valid_from,
        valid_to
    from {{ ref("asb_scheme") }}
)

select
    incident.incident_no,
    incident.created_at,
    date_trunc('month', incident.created_at)::date as month,
    incident.category,
    incident.qualifier,
    schemes.scheme as asb_scheme,
    incident.domestic_flag as is_domestic,
    incident.linked_crime_ref,
    incident.linked_crime_ref is not null as has_linked_crime,
    incident.lsoa_code,
    lsoa.geography_lsoa_code,
    lsoa.district_code,
    incident.qualifier_bucket,
    incident.domestic_flag_bucket,
    incident.linked_crime_ref_bucket,
    {{ lsoa_bucket("incident.lsoa_code_bucket", "lsoa") }} as lsoa_code_bucket,
    incident.file_id,
    incident.line_number
from {{ ref("stg_police__incident") }} as incident
left join {{ ref("dim_lsoa") }} as lsoa on incident.lsoa_code = lsoa.lsoa_code
left join schemes
    on
        coalesce(incident.created_at::date >= schemes.valid_from, true)
        and coalesce(incident.created_at::date <= schemes.valid_to, true)
