-- One row per offender in a year's caseload, of the newest snapshot of that year.
with source as (
    {{ snapshot_in_force("probation__caseload", "probation/caseload", ["period_start", "period_end"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        offender_id,
        period_start,
        period_end,
        district_code,
        lsoa_code,
        gender,
        age,
        tier,
        need_thinking,
        need_relationships,
        need_education,
        need_lifestyles,
        need_attitudes,
        need_alcohol,
        need_drugs,
        need_accommodation,
        reoffended,
        reoffence_date,

        -- how much of it can be used
        lsoa_code_bucket,
        gender_bucket,
        age_bucket,
        tier_bucket,
        need_thinking_bucket,
        need_relationships_bucket,
        need_education_bucket,
        need_lifestyles_bucket,
        need_attitudes_bucket,
        need_alcohol_bucket,
        need_drugs_bucket,
        need_accommodation_bucket,
        reoffence_date_bucket
    from source
)

select * from renamed
