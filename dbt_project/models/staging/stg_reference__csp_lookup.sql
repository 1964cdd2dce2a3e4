-- One row per district: its partnership and its police force area.
with source as (
    {{ snapshot_in_force("reference__csp_lookup", "reference/csp_lookup", []) }}
),

renamed as (
    select
        district_code,
        district_name,
        partnership_code as csp_code,
        partnership_name as csp_name,
        force_code as police_force_area_code,
        force_name as police_force_area_name
    from source
)

select * from renamed
