{{ config(materialized="view") }}
-- One row per crime or incident: a crime id once within a force, in the earliest month it was sent
-- in, with the attributes of its latest row, blanks included. Rows without an id are never merged.
select
    street_rows.force_name,
    coalesce(republished.first_month, street_rows.month) as month,
    street_rows.crime_key,
    street_rows.has_key,
    street_rows.crime_type,
    street_rows.geography_lsoa_code,
    street_rows.district_code,
    coalesce(republished.times_sent, 1) as times_sent,
    street_rows.month as latest_month,
    street_rows.file_id,
    street_rows.line_number
from {{ ref("int_street_crime_row") }} as street_rows
left join {{ ref("int_street_crime_republished") }} as republished
    on
        street_rows.force_name = republished.force_name
        and street_rows.crime_key = republished.crime_key
        and street_rows.has_key
where
    republished.latest_row is null
    or republished.latest_row = struct_pack(
        month := street_rows.month,
        file_id := street_rows.file_id,
        line_number := street_rows.line_number
    )
