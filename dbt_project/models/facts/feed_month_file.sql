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
-- One row per feed, source within it, month, district and file: how many of the rows in force the file
-- gave. What a figure came from, and how much each month brought.
{% for partner, feed in feeds -%}
select
    '{{ partner }}/{{ feed }}' as feed,
    source,
    month,
    district_code,
    file_id,
    count(*) as records
from {{ ref("int_" ~ partner ~ "__" ~ feed ~ "_row") }}
group by all
{% if not loop.last -%}
union all
{% endif -%}
{% endfor %}
