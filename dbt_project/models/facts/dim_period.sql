-- One row per period the indicators are published for: months, financial years, the twelve months to
-- each month end, and the years that end in the months asked for. Spans the months that any partner's
-- extract covers. No two years start on one day: by its start a year is known.
with covered as (
    select min(month) as first_month, max(month) as last_month
    from {{ source("raw", "month_received") }}
),

months as (
    select distinct dim_date.month_start
    from {{ ref("dim_date") }} as dim_date
    cross join covered
    where dim_date.month_start between covered.first_month and covered.last_month
),

years as (
    select distinct {{ financial_year_start("month_start") }} as year_start
    from months
)

select
    'month' as period_type,
    month_start as period_start,
    last_day(month_start) as period_end,
    strftime(month_start, '%Y-%m') as period_label,
    {{ financial_year_start("month_start") }} as financial_year_start,
    1 as months_in_period
from months
union all
select
    'financial_year' as period_type,
    year_start as period_start,
    (year_start + interval 1 year - interval 1 day)::date as period_end,
    {{ financial_year_label("year_start") }} as period_label,
    year_start as financial_year_start,
    12 as months_in_period
from years
union all
select
    'year_to' as period_type,
    (month_start - interval 11 month)::date as period_start,
    last_day(month_start) as period_end,
    {{ year_label("(month_start - interval 11 month)") }} as period_label,
    {{ financial_year_start("month_start") }} as financial_year_start,
    12 as months_in_period
from months
where month(month_start) in (select end_month from {{ ref("int_year_end") }})
union all
select
    'rolling_12m' as period_type,
    (month_start - interval 11 month)::date as period_start,
    last_day(month_start) as period_end,
    '12m to ' || strftime(month_start, '%Y-%m') as period_label,
    {{ financial_year_start("month_start") }} as financial_year_start,
    12 as months_in_period
from months
