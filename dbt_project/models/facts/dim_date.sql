-- One row per day, 1 April 2000 to 31 March 2050, with its month and financial year.
with days as (
    select unnest(
        generate_series(date '2000-04-01', date '2050-03-31', interval 1 day)
    )::date as calendar_date
)

select
    calendar_date,
    date_trunc('month', calendar_date)::date as month_start,
    last_day(calendar_date) as month_end,
    strftime(calendar_date, '%Y-%m') as month_label,
    {{ financial_year_start("calendar_date") }} as financial_year_start,
    ({{ financial_year_start("calendar_date") }} + interval 1 year - interval 1 day)::date
        as financial_year_end,
    {{ financial_year_label(financial_year_start("calendar_date")) }} as financial_year_label
from days
