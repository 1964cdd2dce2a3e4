-- `coverage.<feed>`, warning: every expected month was received.
with months as (
    select
        partner || '/' || feed as feed,
        count(*) filter (where status != 'not expected') as expected,
        count(*) filter (where status = 'missing') as missing,
        list(distinct period_label order by period_label desc) filter (where status = 'missing') as labels
    from {{ ref("feed_coverage") }}
    group by partner, feed
),

found as (
    select
        feed.feed,
        coalesce(months.expected, 0) as records,
        coalesce(months.missing, 0) as failed_records,
        months.missing || ' of ' || months.expected || ' expected months missing' as observed,
        case
            when months.missing > 0
                then
                    'missing ' || {{ listed("months.labels", most=6) }}
                    || '. Ask the partner for these months'
            else 'every expected month was received'
        end as message
    from {{ source("raw", "feed") }} as feed
    left join months on feed.feed = months.feed
)

{{ check_rows("coverage", "0 months") }}
