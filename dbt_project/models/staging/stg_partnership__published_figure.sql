-- One row per figure of a published assessment: as last noted.
with source as (
    {{ upsert_in_force("partnership__published_figure", "partnership/published_figure", ["figure_id"]) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        figure_id,
        statement,
        {{ area_code_in_force("source.area_code") }} as area_code,
        area_name,
        period_label,
        indicator_id,
        aspect,
        stated_value,
        source_status
    from source
)

select * from renamed
