-- One row per pair of LSOA 2011 and LSOA 2021 in the lookup in force, in the district of the latest
-- year that a lookup has. An LSOA of 2021 that only the later lookup has stands without one of 2011.
with source as (
    {{ snapshot_in_force(
        "reference__lsoa_lookup",
        "reference/lsoa_lookup",
        ["lookup_kind"]
    ) }}
),

renamed as (
    select
        _line_number as line_number,
        lookup_kind,
        coalesce(lookup_year, '22')::integer as lookup_year,
        lsoa_2011_code,
        lsoa_2011_name,
        lsoa_2021_code,
        lsoa_2021_name,
        change_indicator,
        district_code,
        district_name
    from source
),

vintages as (
    select * from renamed where lookup_kind = 'vintages'
),

districts as (
    select *
    from renamed
    where lookup_kind = 'districts'
    qualify row_number() over (partition by lsoa_2021_code order by line_number) = 1
)

select
    coalesce(vintages.line_number, districts.line_number) as line_number,
    vintages.lsoa_2011_code,
    vintages.lsoa_2011_name,
    coalesce(vintages.lsoa_2021_code, districts.lsoa_2021_code) as lsoa_2021_code,
    coalesce(vintages.lsoa_2021_name, districts.lsoa_2021_name) as lsoa_2021_name,
    vintages.change_indicator,
    case
        when districts.lookup_year >= coalesce(vintages.lookup_year, 0) then districts.district_code
        else vintages.district_code
    end as district_code,
    case
        when districts.lookup_year >= coalesce(vintages.lookup_year, 0) then districts.district_name
        else vintages.district_name
    end as district_name
from vintages
full outer join districts on vintages.lsoa_2021_code = districts.lsoa_2021_code
