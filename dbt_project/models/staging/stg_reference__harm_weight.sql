-- One row per row of the newest file of each version of a set of weights: what a crime weighs, its
-- offence code normalised. Two spellings of a code are two rows here.
with source as (
    {{ snapshot_in_force(
        "reference__harm_weight", "reference/harm_weight", ["source", "version"]
    ) }}
),

renamed as (
    select
        -- file
        source._file_id as file_id,
        source._line_number as line_number,

        -- what was sent
        trim(source.source) as weight_source,
        trim(source.version) as weight_version,
        {{ normal_offence_code("source.offence_code") }} as offence_code,
        {{ number_from_text("source.weight") }} as weight
    from source
)

select * from renamed
