-- One row per row of a street-level extract, typed.
with source as (
    select * from {{ source("raw", "police__street_crime") }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what and who; an id that is none identifies nothing
        crime_id as crime_id_as_sent,
        case when regexp_full_match(crime_id, '[0-9a-f]{64}') then crime_id end as crime_id,
        falls_within as force_name,
        reported_by,
        crime_type,
        last_outcome_category as outcome,
        context,

        -- when
        try_cast(month || '-01' as date) as month,

        -- where; "On or near" followed by nothing names no street
        lsoa_code,
        lsoa_name,
        location as location_as_sent,
        case
            when lower(rtrim(location)) in ('on or near', 'no location') then null
            else location
        end as location,
        longitude as longitude_as_sent,
        latitude as latitude_as_sent,
        try_cast(longitude as double) as longitude,
        try_cast(latitude as double) as latitude
    from source
)

select * from renamed
