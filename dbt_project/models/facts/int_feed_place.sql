-- One row per feed and month: how many of the rows in force are placed in an LSOA of the home's vintage;
-- how many in a district alone, because their LSOA is of the other vintage and is no one LSOA of the home's,
-- or because they name no LSOA; how many nowhere. Each row is one of the four. Besides, how many are in an
-- LSOA that codes of the other vintage cannot name.
with placed as (
    {% for feed in var("feeds") -%}
    {%- set has_lsoa = feed.get("has_lsoa", true) -%}
    {{ "union all" if not loop.first }}
    select
        '{{ feed.feed.split("/")[0] }}' as partner,
        '{{ feed.feed.split("/")[1] }}' as feed,
        month,
        {{ "geography_lsoa_code" if has_lsoa else "null" }} as lsoa_code,
        {{ "lsoa_code_bucket" if has_lsoa else "'missing'" }} = 'valid' as names_lsoa,
        district_code is not null as is_in_district,
        count(*) as records
    from {{ ref(rows_of(feed.feed)) }}
    group by all
    {% endfor %}
)

select
    placed.partner,
    placed.feed,
    placed.month,
    sum(placed.records)::bigint as records,
    coalesce(sum(placed.records) filter (where placed.lsoa_code is not null), 0)::bigint as in_lsoa,
    coalesce(sum(placed.records) filter (
        where placed.lsoa_code is null and placed.names_lsoa and placed.is_in_district
    ), 0)::bigint as of_other_vintage,
    coalesce(sum(placed.records) filter (
        where placed.lsoa_code is null and not placed.names_lsoa and placed.is_in_district
    ), 0)::bigint as in_district_alone,
    coalesce(sum(placed.records) filter (
        where placed.lsoa_code is null and not placed.is_in_district
    ), 0)::bigint as nowhere,
    coalesce(sum(placed.records) filter (where not lsoa.is_in_both_vintages), 0)::bigint
        as in_lsoa_of_one_vintage
from placed
left join {{ ref("dim_lsoa") }} as lsoa on placed.lsoa_code = lsoa.lsoa_code
group by placed.partner, placed.feed, placed.month
