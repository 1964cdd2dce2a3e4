-- One row per recorded crime, as at the latest extract, cancelled ones included: its class in the
-- crime tree on the day it was recorded, and its place.
with crimes as (
    select * from {{ ref("stg_police__recorded_crime") }}
),

classified as (
    select
        crimes.*,
        offence_class.offence_class
    from crimes
    left join {{ ref("offence_class") }} as offence_class
        on
            crimes.offence_code = offence_class.offence_code
            and coalesce(crimes.recorded_date >= offence_class.valid_from, true)
            and coalesce(crimes.recorded_date <= offence_class.valid_to, true)
)

select
    classified.crime_ref,
    classified.recorded_date,
    date_trunc('month', classified.recorded_date)::date as month,
    classified.committed_from as committed_from_at,
    -- A blank latest time says that the earliest is the time; one that cannot be read says nothing.
    case
        when classified.committed_to_bucket = 'missing' then classified.committed_from
        else classified.committed_to
    end as committed_to_at,
    classified.offence_code,
    -- A code the project does not know yet is a crime until it learns better.
    coalesce(classified.offence_class, 'unknown') as offence_class,
    classified.cancelled_date,
    -- A date that cannot be read cancels nothing: assert_dates_of_cancellation_can_be_read warns.
    classified.cancelled_date is not null as is_cancelled,
    classified.alcohol_flag as is_alcohol_related,
    classified.drug_flag as is_drug_related,
    classified.domestic_flag as is_domestic,
    classified.hate_flag as is_hate,
    classified.outcome,
    classified.lsoa_code,
    lsoa.geography_lsoa_code,
    lsoa.district_code,
    classified.committed_from_bucket,
    classified.committed_to_bucket,
    classified.offence_description_bucket,
    classified.outcome_bucket,
    classified.cancelled_date_bucket,
    classified.alcohol_flag_bucket,
    classified.drug_flag_bucket,
    classified.domestic_flag_bucket,
    classified.hate_flag_bucket,
    {{ lsoa_bucket("classified.lsoa_code_bucket", "lsoa") }} as lsoa_code_bucket,
    classified.file_id,
    classified.line_number
from classified
left join {{ ref("dim_lsoa") }} as lsoa on classified.lsoa_code = lsoa.lsoa_code
