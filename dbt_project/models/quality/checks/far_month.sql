-- One row per feed, source and month far outside the band of its history, and why it is accepted, if it is.
-- Accepted is what the current publication holds with about this count; and what goes on with a month that
-- was accepted, or that a waiver bears: history takes half a year to follow a step that lasts. A waiver
-- bears its own month's check and no other, but for what goes on with it.
with far as (
    select
        partner || '/' || feed as feed,
        source,
        month,
        records,
        status,
        {{ month_and_band("blocking_low", "blocking_high", "expected") }} as sentence,
        'volume.' || partner || '.' || feed || '.' || strftime(month, '%Y-%m') as check_id
    from {{ ref("feed_volume") }}
    where starts_with(status, 'far')
),

known as (
    select
        far.*,
        coalesce(
            abs(far.records - published.records)
            <= {{ threshold("volume_late_rows_share") }} * published.records,
            false
        ) as is_published,
        waiver.check_id is not null as is_waived,
        coalesce(
            lag(far.month) over in_order = far.month - interval 1 month
            and lag(far.status) over in_order = far.status
            and greatest(far.records, lag(far.records) over in_order)
            < {{ threshold("volume_least_factor") }}
            * greatest(least(far.records, lag(far.records) over in_order), 1),
            false
        ) as goes_on
    from far
    left join {{ source("quality", "accepted_month") }} as published
        on
            far.feed = published.feed
            and far.source = published.source
            and far.month = published.month
    left join {{ source("quality", "check_waiver") }} as waiver
        on
            far.check_id = waiver.check_id
            and waiver.expires >= current_date
            and waiver.ceiling > 0
    window in_order as (partition by far.feed, far.source order by far.month)
),

steps as (
    select
        *,
        count(*) filter (where not goes_on) over (
            partition by feed, source
            order by month
            rows between unbounded preceding and current row
        ) as step
    from known
)

select
    feed,
    source,
    month,
    check_id,
    sentence,
    case
        when is_published then 'published so before'
        when
            bool_or(is_published or is_waived) over (
                partition by feed, source, step
                order by month
                rows between unbounded preceding and 1 preceding
            )
            then
                'it goes on with ' || strftime((month - interval 1 month)::date, '%Y-%m')
                || ', which was accepted'
    end as why_accepted
from steps
