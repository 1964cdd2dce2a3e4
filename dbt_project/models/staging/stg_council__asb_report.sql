-- One row per report to a council: its latest row, as the contract reads it.
with source as (
    {{ upsert_in_force("council__asb_report", "council/asb_report", ["report_id"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        report_id,
        received_date,
        category,
        lsoa_code,
        district_code,
        status,

        -- how much of it can be used
        lsoa_code_bucket,
        status_bucket
    from source
)

select * from renamed
