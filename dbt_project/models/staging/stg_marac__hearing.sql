-- One row per case heard at a conference: its latest row, as the contract reads it.
with source as (
    {{ upsert_in_force("marac__hearing", "marac/hearing", ["case_id"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        case_id,
        victim_id,
        perpetrator_id,
        referral_date,
        hearing_date,
        referring_agency,
        repeat_flag,
        district_code,

        -- how much of it can be used
        referring_agency_bucket,
        repeat_flag_bucket
    from source
)

select * from renamed
