-- One row per police force named in an extract or known to the project, with its area code where
-- the lookup has one; else its name stands for the code (British Transport Police has no area).
with named as (
    select force_name, police_force_area_name, benchmark_name
    from {{ ref("police_force") }}
),

met as (
    select distinct period_key as force_name
    from {{ source("raw", "month_received") }}
    where feed = 'police/street_crime'
    union
    select force_name from {{ ref("int_home_force") }}
),

areas as (
    select distinct police_force_area_code, police_force_area_name
    from {{ ref("stg_reference__csp_lookup") }}
),

forces as (
    select
        coalesce(named.force_name, met.force_name) as force_name,
        coalesce(
            named.police_force_area_name,
            -- A force the project does not know yet: its name without the kind of body.
            regexp_replace(met.force_name, ' (Police Service|Police|Constabulary)$', '')
        ) as police_force_area_name,
        named.benchmark_name
    from named
    full outer join met on named.force_name = met.force_name
)

select
    forces.force_name,
    coalesce(areas.police_force_area_code, forces.force_name) as force_code,
    areas.police_force_area_code,
    forces.police_force_area_name,
    forces.benchmark_name
from forces
left join areas on forces.police_force_area_name = areas.police_force_area_name
