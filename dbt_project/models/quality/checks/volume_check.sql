-- `volume.<feed>`: a warning where months of the feed fail, which block themselves (volume_month_check).
with judged as (
    select
        partner || '/' || feed as feed,
        count(*) as months
    from {{ ref("feed_volume") }}
    where status != 'not applicable'
    group by partner, feed
),

failed as (
    select
        feed,
        count(*) as source_months,
        list(distinct strftime(month, '%Y-%m') order by strftime(month, '%Y-%m')) as labels
    from {{ ref("far_month") }}
    where why_accepted is null
    group by feed
),

found as (
    select
        counted.feed,
        coalesce(judged.months, 0) as records,
        coalesce(failed.source_months, 0) as failed_records,
        coalesce(failed.source_months, 0) || ' of ' || judged.months || ' months out of the band' as observed,
        coalesce(
            'far from what is expected: ' || {{ listed("failed.labels") }},
            'months brought as many rows as their history lets expect'
        ) as message
    from ({{ counted_feeds() }}) as counted
    left join judged on counted.feed = judged.feed
    left join failed on counted.feed = failed.feed
)

{{ check_rows(
    "volume",
    "every month within the band that its history gives",
    severity="case when failed_records > 0 then 'warning' end"
) }}
