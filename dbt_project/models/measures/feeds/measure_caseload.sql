-- One row per measure, month and place of the probation caseload. A caseload is of a year: its
-- offenders are counted in the month in which the year ends, and read by financial year alone.
with offenders as (
    select * from {{ ref("fct_offender_year") }}
),

counted as (
    {% for measure, condition in [
        ("caseload_offenders", "true"),
        ("caseload_reoffenders", "has_reoffended"),
    ] -%}
    {{ "union all" if not loop.first }}
    select
        '{{ measure }}' as measure_id,
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        1 as events
    from offenders
    where {{ condition }}
    {% endfor %}
)

select
    measure_id,
    month,
    lsoa_code,
    district_code,
    sum(events)::bigint as events
from counted
group by all
