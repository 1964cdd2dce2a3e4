-- One row per district and mid-year: the estimate of usual residents. Of two files with the same
-- district and mid-year the newer holds; one of later years alone adds to the series.
with source as (
    select
        district_population.*,
        load_audit.landed_at,
        load_audit.file_name
    from {{ source("raw", "reference__district_population") }} as district_population
    inner join {{ source("quality", "load_audit") }} as load_audit
        on
            district_population._file_id = load_audit.file_id
            and load_audit.feed = 'reference/district_population'
            and load_audit.status = 'loaded'
),

years as (
    select
        *,
        unnest(json_keys(population_by_year)) as mid_year
    from source
),

renamed as (
    select
        district_code,
        district_name,
        mid_year::integer as mid_year,
        {{ number_from_text("json_extract_string(population_by_year, mid_year)", "bigint") }}
            as population,
        landed_at,
        file_name,
        _file_id as file_id
    from years
)

select
    district_code,
    district_name,
    mid_year,
    population
from renamed
where population is not null
qualify
    row_number() over (
        partition by district_code, mid_year
        order by landed_at desc, file_name desc, file_id desc
    ) = 1
