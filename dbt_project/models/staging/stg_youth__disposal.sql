-- One row per youth justice disposal: its latest row, as the contract reads it.
with source as (
    {{ upsert_in_force("youth__disposal", "youth/disposal", ["disposal_id"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        disposal_id,
        young_person_id,
        disposal_date,
        tier,
        court_conviction,
        first_entry,
        age,
        ethnicity,
        district_code,

        -- how much of it can be used
        age_bucket,
        ethnicity_bucket
    from source
)

select * from renamed
