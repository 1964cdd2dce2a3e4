-- One row per hate report: its latest row, as the contract reads it.
with source as (
    {{ upsert_in_force("hate__report", "hate/report", ["report_id"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        report_id,
        reported_date,
        source,
        kind,
        strands,
        offence_group,
        victim_gender,
        victim_age,
        victim_ethnicity,
        lsoa_code,
        district_code,
        linked_crime_ref,

        -- how much of it can be used
        strands_bucket,
        offence_group_bucket,
        victim_gender_bucket,
        victim_age_bucket,
        victim_ethnicity_bucket,
        lsoa_code_bucket,
        linked_crime_ref_bucket
    from source
)

select * from renamed
