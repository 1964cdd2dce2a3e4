-- One row per set of weights, version and offence code: what a crime of it weighs. Where spellings of
-- one code repeat it the first row stays, as where a file repeats a row. The set that landed last is
-- current: priorities are ordered by it, and harm is published by each.
with weights as (
    select
        weight.*,
        file.effective_at,
        file.file_name
    from {{ ref("stg_reference__harm_weight") }} as weight
    inner join {{ source("quality", "loaded_file") }} as file on weight.file_id = file.file_id
),

sets as (
    select
        weight_source,
        weight_version,
        row_number() over (
            order by
                max(effective_at) desc,
                max(file_name) desc,
                weight_version desc,
                weight_source desc
        ) = 1 as is_current
    from weights
    group by weight_source, weight_version
)

select
    weights.weight_source,
    weights.weight_version,
    weights.offence_code,
    weights.weight,
    sets.is_current
from weights
inner join sets
    on
        weights.weight_source = sets.weight_source
        and weights.weight_version = sets.weight_version
qualify
    row_number() over (
        partition by weights.weight_source, weights.weight_version, weights.offence_code
        order by
            weights.effective_at desc,
            weights.file_name desc,
            weights.file_id desc,
            weights.line_number asc
    ) = 1
