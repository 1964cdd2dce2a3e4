{% set feeds = [
    ("police", "street_crime"),
    ("police", "recorded_crime"),
    ("police", "incident"),
    ("hate", "report"),
    ("marac", "hearing"),
    ("fire", "incident"),
    ("council", "asb_report"),
    ("probation", "caseload"),
    ("youth", "disposal"),
] -%}
-- One row per feed, month and monitored field: how many of the rows in force are in each bucket. Every
-- row model is scanned once; a feed joins by having one.
{% for partner, feed in feeds -%}
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
{% if not loop.last -%}
union all
{% endif -%}
{% endfor %}
