-- One row per feed, source within it, month, district and file: how many of the rows in force the file
-- gave. What a figure came from, and how much each month brought.
{% for feed in var("feeds") -%}
{{ "union all" if not loop.first }}
select
    '{{ feed.feed }}' as feed,
    source,
    month,
    district_code,
    file_id,
    count(*) as records
from {{ ref(rows_of(feed.feed)) }}
group by all
{% endfor %}
