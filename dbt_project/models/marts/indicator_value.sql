{{ config(materialized="view", meta={"published": true, "public": "open_indicators"}) }}
-- One row per indicator, area and period: the number, its parts and its doubt.
--
-- Of several versions of an indicator one is current in an area and period: the newest that held when
-- the period ended; where none did (a series goes on after its definition's end), the newest. Only
-- indicators of several versions are ordered: few are, and the rows are millions.
with versions as (
    select
        indicator_id,
        indicator_version,
        valid_from,
        valid_to
    from {{ ref("indicator_register") }}
    qualify count(*) over (partition by indicator_id) > 1
),

superseded as (
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
)

select
    int_indicator_value.indicator_id,
    int_indicator_value.indicator_version,
    superseded.indicator_id is null as is_current,
    int_indicator_value.area_type,
    int_indicator_value.area_code,
    area.area_name,
    int_indicator_value.period_type,
    int_indicator_value.period_start,
    int_indicator_value.period_end,
    int_indicator_value.period_label,
    int_indicator_value.numerator,
    int_indicator_value.denominator,
    int_indicator_value.known,
    int_indicator_value.unknown,
    int_indicator_value.lowest_possible,
    int_indicator_value.highest_possible,
    int_indicator_value.population_year,
    int_indicator_value.value,
    int_indicator_value.unit,
    int_indicator_value.dispersion,
    int_indicator_value.lower_95,
    int_indicator_value.upper_95,
    int_indicator_value.lower_998,
    int_indicator_value.upper_998,
    int_indicator_value.months_received,
    int_indicator_value.is_complete
from {{ ref("int_indicator_value") }} as int_indicator_value
left join {{ ref("dim_area") }} as area
    on
        int_indicator_value.area_type = area.area_type
        and int_indicator_value.area_code = area.area_code
left join superseded
    on
        int_indicator_value.indicator_id = superseded.indicator_id
        and int_indicator_value.indicator_version = superseded.indicator_version
        and int_indicator_value.area_type = superseded.area_type
        and int_indicator_value.area_code = superseded.area_code
        and int_indicator_value.period_type = superseded.period_type
        and int_indicator_value.period_start = superseded.period_start
