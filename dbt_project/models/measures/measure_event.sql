-- One row per feed, measure, source within the feed, month and place: every feed's measures in one form.
{% for feed in var("feeds") -%}
{{ "union all" if not loop.first }}
select
    '{{ feed.feed }}' as feed,
    counted.measure_id,
    {{ "counted.source" if feed.source else "home_force.force_name" }} as source,
    counted.month,
    counted.lsoa_code,
    counted.district_code,
    {{ "sum(counted.events)::bigint as events" if feed.times else "counted.events" }}
from {{ ref(feed.measure) }} as counted
{{ "cross join " ~ ref("int_home_force") ~ " as home_force" if not feed.source }}
{{ "group by all" if feed.times }}
{% endfor %}
