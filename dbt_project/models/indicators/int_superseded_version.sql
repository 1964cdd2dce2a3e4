-- One row per value of an indicator that another version of it stands for in that area and period: of several
-- versions one is current, the newest that held when the period ended; where none did (a series goes on
-- after its definition's end), the newest. Only indicators of several versions are ordered: few are, and
-- the rows are millions.
with versions as (
    select
        indicator_id,
        indicator_version,
        valid_from,
        valid_to
    from {{ ref("indicator_register") }}
    qualify count(*) over (partition by indicator_id) > 1
)

select
    int_indicator_value.indicator_id,
    int_indicator_value.indicator_version,
    int_indicator_value.area_type,
    int_indicator_value.area_code,
    int_indicator_value.period_type,
    int_indicator_value.period_start
from {{ ref("int_indicator_value") }} as int_indicator_value
inner join versions
    on
        int_indicator_value.indicator_id = versions.indicator_id
        and int_indicator_value.indicator_version = versions.indicator_version
qualify
    row_number() over (
        partition by
            int_indicator_value.indicator_id,
            int_indicator_value.area_type,
            int_indicator_value.area_code,
            int_indicator_value.period_type,
            int_indicator_value.period_start
        order by
            int_indicator_value.period_end between versions.valid_from
            and coalesce(versions.valid_to, int_indicator_value.period_end) desc,
            int_indicator_value.indicator_version desc
    ) > 1
