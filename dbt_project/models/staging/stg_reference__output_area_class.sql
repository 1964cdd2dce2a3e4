-- One row per LSOA and version of the Output Area Classification, with the class in which most of its
-- residents live. A code means nothing without its version.
with source as (
    {{ snapshot_in_force("reference__output_area_class", "reference/output_area_class", ["class_version"]) }}
),

renamed as (
    select
        lsoa_code,
        class_version,
        class_code,
        class_name
    from source
)

select * from renamed
