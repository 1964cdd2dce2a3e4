-- One row per feed, month and monitored field: how many of the rows in force are in each bucket. A field
-- is monitored by having a column `<field>_bucket`.
{% for feed in var("feeds") -%}
{{ "union all" if not loop.first }}
select
    '{{ feed.feed.split("/")[0] }}' as partner,
    '{{ feed.feed.split("/")[1] }}' as feed,
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
    from {{ ref(rows_of(feed.feed)) }}
) unpivot include nulls (bucket for bucket_of in (columns('.*_bucket$')))
group by month, bucket_of
{% endfor %}
