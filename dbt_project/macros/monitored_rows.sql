{#- What is counted of a feed's monitored rows, `int_<partner>__<feed>_row`, in one scan each. -#}

{#-
    One row per month and monitored field: how many of the rows in force are in each bucket. A field is
    monitored by having a column `<field>_bucket`.
-#}
{% macro field_completeness(partner, feed) -%}
select
    '{{ partner }}' as partner,
    '{{ feed }}' as feed,
    left(bucket_of, -length('_bucket')) as field,
    month,
    count(*) as records,
    count(*) filter (where bucket = 'valid') as valid,
    count(*) filter (where bucket = 'missing') as missing,
    count(*) filter (where bucket = 'not stated') as not_stated,
    count(*) filter (where bucket = 'invalid') as invalid,
    count(*) filter (where bucket = 'not applicable') as not_applicable
from (
    select
        month,
        columns('.*_bucket$')
    from {{ ref("int_" ~ partner ~ "__" ~ feed ~ "_row") }}
) unpivot include nulls (bucket for bucket_of in (columns('.*_bucket$')))
group by month, bucket_of
{%- endmacro %}

{#-
    One row per month: how many of the rows in force are placed in an LSOA of the home's vintage; how many
    in a district alone, because their LSOA is of the other vintage and is no one LSOA of the home's, or
    because they name no LSOA; how many nowhere. Each row is one of the four. Besides, how many are in an
    LSOA that codes of the other vintage cannot name.
-#}
{% macro feed_place(partner, feed, has_lsoa=true) -%}
{%- set in_lsoa = "rows_in_force.geography_lsoa_code is not null" if has_lsoa else "false" -%}
{%- set of_other_vintage -%}
    {%- if has_lsoa -%}
        rows_in_force.geography_lsoa_code is null and rows_in_force.lsoa_code_bucket = 'valid'
    {%- else -%} false {%- endif -%}
{%- endset -%}
select
    '{{ partner }}' as partner,
    '{{ feed }}' as feed,
    rows_in_force.month,
    count(*) as records,
    count(*) filter (where {{ in_lsoa }}) as in_lsoa,
    count(*) filter (
        where {{ of_other_vintage }} and rows_in_force.district_code is not null
    ) as of_other_vintage,
    count(*) filter (
        where
            not ({{ in_lsoa }})
            and not ({{ of_other_vintage }})
            and rows_in_force.district_code is not null
    ) as in_district_alone,
    count(*) filter (
        where not ({{ in_lsoa }}) and rows_in_force.district_code is null
    ) as nowhere,
    {% if has_lsoa -%}
    count(*) filter (where not lsoa.is_in_both_vintages) as in_lsoa_of_one_vintage
    {%- else -%}
    0 as in_lsoa_of_one_vintage
    {%- endif %}
from {{ ref("int_" ~ partner ~ "__" ~ feed ~ "_row") }} as rows_in_force
{% if has_lsoa -%}
left join {{ ref("dim_lsoa") }} as lsoa on rows_in_force.geography_lsoa_code = lsoa.lsoa_code
{% endif -%}
group by rows_in_force.month
{%- endmacro %}

{#- One row per source within the feed, month, district and file: how many of the rows in force. -#}
{% macro feed_month_file(partner, feed) -%}
select
    '{{ partner }}/{{ feed }}' as feed,
    source,
    month,
    district_code,
    file_id,
    count(*) as records
from {{ ref("int_" ~ partner ~ "__" ~ feed ~ "_row") }}
group by all
{%- endmacro %}
