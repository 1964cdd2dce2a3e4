-- One row per target: as last set.
with source as (
    {{ upsert_in_force("partnership__target", "partnership/target", ["target_id"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        target_id,
        indicator_id,
        {{ area_code_in_force("source.area_code") }} as area_code,
        baseline_label,
        baseline_value,
        target_percent,
        period_end
    from source
)

select * from renamed
