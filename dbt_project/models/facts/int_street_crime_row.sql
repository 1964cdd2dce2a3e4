{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_changed_partitions(ref('int_street_crime_extract'), 'force_name, month') }}",
    )
}}
-- One row per row of the extracts in force, typed, placed, and with each monitored field in its
-- completeness bucket. Before republished crimes are merged: what the force sent. The texts of a row
-- stay in staging, which has them by file and line: writing them here again would double the time.
with changed as (
    {{ lacking_partitions(ref("int_street_crime_extract"), "force_name, month") }}
),

unmerged_forces as (
    select value as force_name
    from {{ source("raw", "feed_exception") }}
    where feed = 'police/street_crime' and kind = 'unmerged_key'
),

forces_without_ids as (
    select value as force_name
    from {{ source("raw", "feed_exception") }}
    where feed = 'police/street_crime' and kind = 'no_ids'
),

street_rows as (
    select
        street_crime.*,
        changed.fingerprint
    from {{ ref("stg_police__street_crime") }} as street_crime
    inner join changed
        on
            street_crime.file_id = changed.file_id
            and street_crime.force_name = changed.force_name
            and street_crime.month = changed.month
)

select
    street_rows.force_name,
    street_rows.month,
    street_rows.file_id,
    street_rows.line_number,
    -- A quarter of the id's length, and as good a key.
    md5_number(street_rows.crime_id) as crime_key,
    street_rows.crime_type,
    lsoa.geography_lsoa_code,
    lsoa.district_code,
    street_rows.crime_id is not null and unmerged_forces.force_name is null as has_key,
    case
        when street_rows.crime_id is not null then 'valid'
        when street_rows.crime_id_as_sent is not null then 'invalid'
        when
            street_rows.crime_type = 'Anti-social behaviour'
            or forces_without_ids.force_name is not null
            then 'not applicable'
        else 'missing'
    end as crime_id_bucket,
    case
        when street_rows.lsoa_code is null then 'missing'
        when lsoa.lsoa_code is null then 'invalid'
        else 'valid'
    end as lsoa_code_bucket,
    case
        when street_rows.location is not null then 'valid'
        when street_rows.location_as_sent is not null then 'not stated'
        else 'missing'
    end as location_bucket,
    case
        when street_rows.crime_type = 'Anti-social behaviour' then 'not applicable'
        when street_rows.outcome is null then 'missing'
        when street_rows.outcome = 'Status update unavailable' then 'not stated'
        else 'valid'
    end as outcome_bucket,
    case
        when
            street_rows.longitude_as_sent is null and street_rows.latitude_as_sent is null
            then 'missing'
        -- The United Kingdom's extent, with the seas around it.
        when
            street_rows.longitude between -9.5 and 2.5
            and street_rows.latitude between 49 and 61.5
            then 'valid'
        else 'invalid'
    end as coordinates_bucket,
    street_rows.fingerprint
from street_rows
left join {{ ref("dim_lsoa") }} as lsoa on street_rows.lsoa_code = lsoa.lsoa_code
left join unmerged_forces on street_rows.force_name = unmerged_forces.force_name
left join forces_without_ids on street_rows.force_name = forces_without_ids.force_name
