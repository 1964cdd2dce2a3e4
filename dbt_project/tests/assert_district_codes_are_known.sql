-- Every district code that a partner sends is one that this home can place: of the lookup, or of a district
-- whose place one of the home's took. From the first row: where the others of a feed have no LSOA they
-- count in no district at all. Before a lookup has landed there is nothing to compare with.
with sent as (
    select
        partner || '/' || feed as feed,
        'district_code' as column_name,
        records,
        invalid as unknown_codes
    from {{ ref("field_completeness") }}
    where field = 'district_code'
    {%- for feed, staged in [
        ("survey/perception", "stg_survey__perception"),
        ("partnership/target", "stg_partnership__target"),
        ("partnership/published_figure", "stg_partnership__published_figure"),
    ] %}
    union all
    select
        '{{ feed }}' as feed,
        'area_code' as column_name,
        count(*) as records,
        count(*) filter (
            where staged.is_district and known.sent_code is null
        ) as unknown_codes
    from (
        select
            area_code,
            {{ area_type_of_code("area_code") }} = 'district' as is_district
        from {{ ref(staged) }}
    ) as staged
    left join {{ ref("br_district_code") }} as known on staged.area_code = known.sent_code
    {%- endfor %}
)

select
    feed,
    column_name,
    sum(records)::bigint as records,
    sum(unknown_codes)::bigint as unknown_codes,
    feed || ', ' || column_name || ': ' || sum(unknown_codes)::bigint || ' of ' || sum(records)::bigint
    || ' rows have the code of a district that this home does not know, old or mistyped; they count in no '
    || 'district unless their LSOA does. Ask the partner for the codes of today, or say in '
    || 'landing/reference/successor (old_code,new_code,since) what took their place.' as sentence
from sent
where exists (select 1 from {{ ref("br_district_code") }})
group by feed, column_name
having sum(unknown_codes) > 0
