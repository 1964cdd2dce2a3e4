-- One row per recorded crime: its latest row, as the contract reads it. A cancelled one is still here.
with source as (
    {{ upsert_in_force("police__recorded_crime", "police/recorded_crime", ["crime_ref"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        crime_ref,
        recorded_date,
        committed_from,
        committed_to,
        {{ normal_offence_code("offence_code") }} as offence_code,
        offence_description,
        lsoa_code,
        outcome,
        cancelled_date,
        alcohol_flag,
        drug_flag,
        domestic_flag,
        hate_flag,

        -- how much of it can be used
        committed_from_bucket,
        committed_to_bucket,
        offence_description_bucket,
        lsoa_code_bucket,
        outcome_bucket,
        cancelled_date_bucket,
        alcohol_flag_bucket,
        drug_flag_bucket,
        domestic_flag_bucket,
        hate_flag_bucket
    from source
)

select * from renamed
