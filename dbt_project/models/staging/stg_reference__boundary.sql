-- One row per LSOA and vintage: its polygon, as GeoJSON.
with source as (
    {{ snapshot_in_force("reference__boundary", "reference/boundary", ["vintage", "district_code"]) }}
),

renamed as (
    select
        _file_id as file_id,
        vintage,
        district_code as boundary_district_code,
        lsoa_code,
        lsoa_name,
        geometry::json as geometry
    from source
)

select * from renamed
