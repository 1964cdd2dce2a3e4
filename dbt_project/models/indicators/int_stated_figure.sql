-- One row per figure of a published assessment, read: the number or word it states, and the area it is
-- of, found by its name where the assessment gives no code.
with figures as (
    select * from {{ ref("stg_partnership__published_figure") }}
),

named_areas as (
    select coalesce(local_name, area_name) as area_name, min(area_code) as area_code
    from {{ ref("dim_area") }}
    where area_type in ('lsoa', 'district', 'county')
    group by coalesce(local_name, area_name)
)

select
    figures.figure_id,
    figures.statement,
    coalesce(figures.area_code, named_areas.area_code) as area_code,
    figures.area_name,
    figures.period_label,
    figures.indicator_id,
    figures.aspect,
    figures.stated_value,
    {{ stated_kind("figures.stated_value") }} as stated_kind,
    {{ stated_number("figures.stated_value") }} as stated_number,
    {{ stated_decimals("figures.stated_value") }} as stated_decimals,
    {{ stated_word("figures.stated_value") }} as stated_word,
    -- What only a reader can see: an incident is no offence.
    nullif(
        trim(regexp_extract(figures.source_status, '^inconsistent: *(.*)$', 1)), ''
    ) as reader_reason
from figures
left join named_areas on figures.area_name = named_areas.area_name
