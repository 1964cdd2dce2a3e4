-- One row per pair of LSOA 2011 and LSOA 2021 in the lookup in force.
with source as (
    {{ snapshot_in_force("reference__lsoa_lookup", "reference/lsoa_lookup", []) }}
),

renamed as (
    select
        _line_number as line_number,
        lsoa_2011_code,
        lsoa_2011_name,
        lsoa_2021_code,
        lsoa_2021_name,
        change_indicator,
        district_code,
        district_name
    from source
)

select * from renamed
