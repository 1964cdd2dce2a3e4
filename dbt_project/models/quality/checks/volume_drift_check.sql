-- `volume_drift.<feed>`, warning: the newest month of each source that still sends is usual.
with newest as (
    select
        partner || '/' || feed as feed,
        status,
        {{ month_and_band("warning_low", "warning_high", "usual") }} as sentence
    from {{ ref("feed_volume") }}
    qualify
        row_number() over (partition by partner, feed, source order by month desc) = 1
        and month >= max(month) over (partition by partner, feed)
        - to_months({{ threshold("volume_ended_months") }}::integer)
),

by_feed as (
    select
        feed,
        count(*) filter (where status != 'not applicable') as judged,
        list(sentence order by sentence) filter (where status not in ('not applicable', 'within')) as unusual
    from newest
    group by feed
),

found as (
    select
        counted.feed,
        coalesce(by_feed.judged, 0) as records,
        coalesce(len(by_feed.unusual), 0) as failed_records,
        coalesce({{ listed("by_feed.unusual", "; ") }}, by_feed.judged || ' sources as usual') as observed,
        coalesce({{ listed("by_feed.unusual", "; ") }}, 'the newest month is as usual') as message
    from ({{ counted_feeds() }}) as counted
    left join by_feed on counted.feed = by_feed.feed
)

{{ check_rows("volume_drift", "the newest month within the narrower band of its history") }}
