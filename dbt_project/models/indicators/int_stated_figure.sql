{{ config(materialized="view") }}
-- One row per figure of a published assessment, read: the number or word it states, and the area it is
-- of, found by its name where the assessment gives no code.
with figures as (
    -- A session that sets the variable has figures of a table of its own judged by the very same models.
    select * from query_table(
        coalesce(
            getvariable('figures_to_judge'),
            '{{ ref("stg_partnership__published_figure") }}'
        )
    )
),

areas as (
    select
        area_type,
        area_code,
        area_name,
        coalesce(local_name, area_name) as said_name
    from {{ ref("dim_area") }}
    where area_type in ('lsoa', 'district', 'county', 'force')
),

named_areas as (
    select
        said_name as area_name,
        min(area_code) as area_code
    from areas
    where area_type in ('lsoa', 'district', 'county')
    group by said_name
),

-- A code can be a district's and a county's (a unitary council); any of its names is right.
names as (
    select
        area_code,
        said_name,
        lower(unnest([
            said_name,
            area_name,
            case when area_type = 'force' then area_name || ' force area' end
        ])) as name
    from areas
),

names_of_areas as (
    select
        area_code,
        min(said_name) as area_name,
        list(name) as names
    from names
    group by area_code
),

located as (
    select
        figures.*,
        coalesce(figures.area_code, named_areas.area_code) as found_code
    from figures
    left join named_areas on figures.area_name = named_areas.area_name
)

select
    located.figure_id,
    located.statement,
    located.found_code as area_code,
    located.area_name,
    names_of_areas.area_name as recomputed_area_name,
    -- What a code's figures are worth for an area of another name, a reader must judge.
    coalesce(not list_contains(names_of_areas.names, lower(located.area_name)), false)
        as is_of_another_area,
    located.period_label,
    located.indicator_id,
    located.aspect,
    located.stated_value,
    {{ stated_kind("located.stated_value") }} as stated_kind,
    {{ stated_number("located.stated_value") }} as stated_number,
    {{ stated_decimals("located.stated_value") }} as stated_decimals,
    {{ stated_word("located.stated_value") }} as stated_word,
    {{ stated_of_all_time("located.stated_value") }} as is_of_all_time,
    -- What only a reader can see: an incident is no offence.
    nullif(
        trim(regexp_extract(located.source_status, '^inconsistent: *(.*)$', 1)), ''
    ) as reader_reason
from located
left join names_of_areas on located.found_code = names_of_areas.area_code
