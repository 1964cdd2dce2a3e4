-- One row per feed, area and financial year of which its extracts cover a month: how many they cover.
-- A year is complete when each of its months was received; a missing month is no data, not zero.
with months as (
    select
        feed,
        area_type,
        area_code,
        {{ financial_year_start("month") }} as period_start
    from {{ ref("int_area_received") }}
    where area_type not in ('lsoa', 'not_located')
)

select
    feed,
    area_type,
    area_code,
    period_start,
    (period_start + interval 1 year - interval 1 day)::date as period_end,
    {{ financial_year_label("period_start") }} as period_label,
    count(*)::integer as months_received,
    count(*) = 12 as is_complete
from months
group by feed, area_type, area_code, period_start
