-- One row per LSOA and vintage: its polygon, as GeoJSON, of the newest file that has it, be that a
-- file of one district or of many.
with source as (
    {{ snapshot_in_force("reference__boundary", "reference/boundary", ["vintage", "lsoa_code"]) }}
),

renamed as (
    select
        _file_id as file_id,
        vintage,
        lsoa_code,
        lsoa_name,
        geometry::json as geometry
    from source
)

select * from renamed
