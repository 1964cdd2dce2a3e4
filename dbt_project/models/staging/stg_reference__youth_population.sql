-- One row per area, mid-year and ethnic group: residents aged 10 to 17.
with source as (
    {{ snapshot_in_force(
        "reference__youth_population",
        "reference/youth_population",
        ["area_code", "mid_year"]
    ) }}
),

renamed as (
    select
        area_code,
        mid_year::integer as mid_year,
        ethnic_group,
        population_10_17
    from source
)

select * from renamed
