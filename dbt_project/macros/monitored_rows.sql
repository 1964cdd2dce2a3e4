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
