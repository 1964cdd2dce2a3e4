-- One row per month of the calendar that years are asked to end in, besides March, whose years are the
-- financial ones: the month of the settings, and that of the latest month that everything that comes
-- monthly or oftener has reached.
with sent as (
    select
        period.feed,
        period.period_key,
        period.month
    from {{ source("raw", "month_received") }} as period
    inner join {{ source("raw", "feed") }} as feed on period.feed = feed.feed
    where
        feed.cadence in ('nightly', 'monthly')
        -- A month is there when it was over before its file came.
        and period.was_over
        -- Of a national archive the forces of the county.
        and (
            period.feed != 'police/street_crime'
            or period.period_key in (select force_name from {{ ref("int_county_force") }})
        )
),

-- What has been silent for a year is not waited for.
awaited as (
    select
        feed,
        period_key
    from sent
    group by feed, period_key
    having max(month) > (select max(newest.month) from sent as newest) - interval 12 month
),

whole_months as (
    select sent.month
    from sent
    inner join awaited on sent.feed = awaited.feed and sent.period_key = awaited.period_key
    group by sent.month
    having count(*) = (select count(everyone.feed) from awaited as everyone)
),

asked as (
    select month(max(month)) as end_month
    from whole_months
    union
    select value::integer as end_month
    from {{ source("raw", "setting") }}
    where key = 'assessment_year_end'
)

select end_month::integer as end_month
from asked
where end_month != 3
