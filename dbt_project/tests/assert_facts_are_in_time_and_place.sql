-- Every record of every fact is of a month of the calendar, and of a district that is known where it is of
-- any.
with records as (
    {% for feed in var("feeds") -%}
    {{ "union all" if not loop.first }}
    select
        '{{ feed.feed }}' as feed,
        month,
        district_code,
        count(*) as records
    from {{ ref(feed.fact) }}
    group by all
    {% endfor %}
)

select *
from records
where
    month is null
    or month not in (select calendar_date from {{ ref("dim_date") }})
    or district_code not in (select district_code from {{ ref("dim_district") }})
