-- One row per month and year that it is a part of: the financial year, and each of the years that end
-- in a month asked for.
select
    unnest(generate_series(period_start, period_end, interval 1 month))::date as month,
    period_type,
    period_start,
    period_end,
    period_label
from {{ ref("dim_period") }}
where {{ is_year("period_type") }}
