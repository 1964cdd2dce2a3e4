-- One row per incident the fire and rescue service attended: its latest row, as the contract reads it.
with source as (
    {{ upsert_in_force("fire__incident", "fire/incident", ["incident_no"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        incident_no,
        call_at,
        incident_class,
        fire_class,
        motive,
        property_type,
        lsoa_code,

        -- how much of it can be used
        fire_class_bucket,
        motive_bucket,
        property_type_bucket,
        lsoa_code_bucket
    from source
)

select * from renamed
