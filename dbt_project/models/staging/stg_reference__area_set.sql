-- One row per area of a set and LSOA or district that belongs to it, as sent.
with source as (
    {{ snapshot_in_force("reference__area_set", "reference/area_set", ["area_set"]) }}
),

renamed as (
    select
        area_set,
        area_code,
        area_name,
        place_code
    from source
)

select * from renamed
