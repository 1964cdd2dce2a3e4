-- One row per district and mid-year: the estimate of usual residents. Of two files with the same
-- district and mid-year the newer holds; one of later years alone adds to the series.
with source as (
    select
        district_population.*,
        loaded_file.effective_at,
        loaded_file.file_name
    from {{ source("raw", "reference__district_population") }} as district_population
    inner join {{ source("quality", "loaded_file") }} as loaded_file
        on
            district_population._file_id = loaded_file.file_id
            and loaded_file.feed = 'reference/district_population'
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
        effective_at,
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
        order by effective_at desc, file_name desc, file_id desc
    ) = 1
