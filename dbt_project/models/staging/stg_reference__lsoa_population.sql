-- One row per LSOA and mid-year: the estimate of usual residents, and the area.
with source as (
    {{ snapshot_in_force("reference__lsoa_population", "reference/lsoa_population", ["mid_year"]) }}
),

renamed as (
    select
        lsoa_code,
        mid_year::integer as mid_year,
        {{ number_from_text("population", "bigint") }} as population,
        {{ number_from_text("area_sq_km") }} as area_square_km
    from source
)

select * from renamed
where population is not null
