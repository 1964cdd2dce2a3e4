{{ config(materialized="view") }}
-- One row per indicator, area and year, with the kind of the indicator: what changes and
-- trends are judged on.
select
    int_indicator_value.*,
    register.kind,
    {{ is_current_version("int_indicator_value") }} as is_current,
    {{ is_open_data("register.feeds") }} as is_open_data
from {{ ref("int_indicator_value") }} as int_indicator_value
inner join {{ ref("indicator_register") }} as register
    on
        int_indicator_value.indicator_id = register.indicator_id
        and int_indicator_value.indicator_version = register.indicator_version
where {{ is_year("int_indicator_value.period_type") }}
