-- For every month: what a feed's fact holds = what its widest measure counts, in the districts and not
-- located together. Counted from the fact, compared with what the indicators are made of.
with recorded as (
    {% for feed in var("feeds") if feed.widest -%}
    {{ "union all" if not loop.first }}
    select
        '{{ feed.widest }}' as measure_id,
        month,
        count(*) as recorded,
        count(*) filter (where district_code is null) as not_located
    from {{ ref(feed.fact) }}
    where {{ feed.where or "true" }}
    group by month
    {% endfor %}
),

measured as (
    select
        measure_id,
        month,
        sum(numerator) filter (where area_type = 'force') as recorded,
        sum(numerator) filter (where area_type = 'district') as placed,
        sum(numerator) filter (where area_type = 'not_located') as not_located
    from {{ ref("measure_area_month") }}
    where measure_id in (select measure_id from recorded)
    group by measure_id, month
)

select
    recorded.measure_id,
    recorded.month,
    recorded.recorded,
    recorded.not_located,
    measured.recorded as measured_recorded,
    measured.placed as measured_placed,
    measured.not_located as measured_not_located
from recorded
left join measured
    on recorded.measure_id = measured.measure_id and recorded.month = measured.month
where
    recorded.recorded is distinct from measured.recorded
    or recorded.not_located is distinct from coalesce(measured.not_located, 0)
    or recorded.recorded is distinct from coalesce(measured.placed, 0) + coalesce(measured.not_located, 0)
