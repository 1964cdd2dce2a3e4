-- One row per survey, wave, question and area: its latest estimate.
with source as (
    {{ upsert_in_force(
        "survey__perception",
        "survey/perception",
        ["survey", "wave", "question_id", "area_code"]
    ) }}
),

renamed as (
    select
        -- file
        _file_id as file_id,
        _line_number as line_number,

        -- what was sent
        survey,
        wave,
        fieldwork_end,
        question_id,
        question,
        {{ area_code_in_force("source.area_code") }} as area_code,
        area_name,
        base,
        percent
    from source
)

select renamed.*
from renamed
inner join {{ source("quality", "loaded_file") }} as loaded_file
    on renamed.file_id = loaded_file.file_id
-- An estimate under a district's old code and one under its new code are of one place: the later file's.
qualify
    row_number() over (
        partition by renamed.survey, renamed.wave, renamed.question_id, renamed.area_code
        order by
            loaded_file.effective_at desc,
            loaded_file.file_name desc,
            renamed.file_id desc,
            renamed.line_number desc
    ) = 1
