-- One row per LSOA and edition of the English Indices of Deprivation. Rank and decile 1 are the
-- most deprived.
with source as (
    {{ snapshot_in_force("reference__deprivation", "reference/deprivation", ["edition"]) }}
),

renamed as (
    select
        edition,
        lsoa_code,
        {{ number_from_text("imd_rank", "integer") }} as imd_rank,
        {{ number_from_text("imd_decile", "integer") }} as imd_decile
    from source
)

select * from renamed
