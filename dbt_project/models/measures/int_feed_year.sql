-- One row per feed, area and year of which its extracts cover a month: how many they cover.
-- A year is complete when each of its months was received; a missing month is no data, not zero.
with months as (
    select
        received.feed,
        received.area_type,
        received.area_code,
        year.period_type,
        year.period_start,
        year.period_end,
        year.period_label
    from {{ ref("int_area_received") }} as received
    inner join {{ ref("br_month_year") }} as year on received.month = year.month
    where received.area_type not in ('lsoa', 'not_located')
)

select
    feed,
    area_type,
    area_code,
    period_type,
    period_start,
    period_end,
    period_label,
    count(*)::integer as months_received,
    count(*) = 12 as is_complete
from months
group by feed, area_type, area_code, period_type, period_start, period_end, period_label
