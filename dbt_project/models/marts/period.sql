{{ config(meta={"published": true, "public": "all", "counts": "nothing"}) }}
-- One row per period that values are published for.
with last_month as (
    select max(period_end) as last_day
    from {{ ref("dim_period") }}
    where period_type = 'month'
)

select
    period.period_type,
    period.period_start,
    period.period_end,
    period.period_label,
    period.months_in_period::integer as months,
    {{ financial_year_label("period.financial_year_start") }} as financial_year,
    period.period_end <= last_month.last_day as has_ended,
    -- A year of which months are still to come is not the latest one; where none has ended, none is.
    coalesce(
        period.period_end
        = max(period.period_end) filter (where period.period_end <= last_month.last_day)
            over (partition by period.period_type),
        false
    ) as is_latest
from {{ ref("dim_period") }} as period
cross join last_month
