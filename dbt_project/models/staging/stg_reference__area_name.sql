-- One row per LSOA the partnership has a name of its own for.
with source as (
    {{ snapshot_in_force("reference__area_name", "reference/area_name", []) }}
),

renamed as (
    select
        lsoa_code,
        local_name
    from source
)

select * from renamed
