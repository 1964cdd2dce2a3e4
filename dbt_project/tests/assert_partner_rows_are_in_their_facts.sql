-- Every row in force of a feed is in its fact once: none lost, none doubled by a join. Of hearings the
-- fact counts how many are one case; the rows of street crime are reconciled with their extracts.
with counted as (
    {% for feed in var("feeds") if not feed.source -%}
    {{ "union all" if not loop.first }}
    select
        '{{ feed.feed }}' as feed,
        (select count(*) from {{ ref("stg_" ~ feed.feed | replace("/", "__")) }}) as in_force,
        (select coalesce(sum({{ feed.rows or 1 }}), 0) from {{ ref(feed.fact) }}) as in_fact
    {% endfor %}
)

select *
from counted
where in_force != in_fact
