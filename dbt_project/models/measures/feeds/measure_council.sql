-- One row per measure, month and place of reports to the councils. They are no incidents of the
-- police's, and are never added to them.
with reports as (
    select
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        category,
        count(*) as events
    from {{ ref("fct_council_report") }}
    group by all
),

counted as (
    select
        'council_asb_reports' as measure_id,
        month,
        lsoa_code,
        district_code,
        events
    from reports
    union all
    select
        'council_abandoned_vehicles' as measure_id,
        month,
        lsoa_code,
        district_code,
        events
    from reports
    where category = 'Abandoned vehicle'
)

select
    measure_id,
    month,
    lsoa_code,
    district_code,
    sum(events)::bigint as events
from counted
group by all
