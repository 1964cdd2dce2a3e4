-- One row per incident: its latest row, as the contract reads it.
with source as (
    {{ upsert_in_force("police__incident", "police/incident", ["incident_no"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        incident_no,
        created_at,
        category,
        qualifier,
        lsoa_code,
        domestic_flag,
        linked_crime_ref,

        -- how much of it can be used
        qualifier_bucket,
        lsoa_code_bucket,
        domestic_flag_bucket,
        linked_crime_ref_bucket
    from source
)

select * from renamed
