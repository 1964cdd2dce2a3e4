-- One row per feed: its newest file, and the last day on which the next is not overdue. A view, so that
-- it says what is loaded at any hour; whoever asks compares today with due_on.
with received as (
    select
        feed,
        max(landed_at) as received_at
    from {{ source("quality", "loaded_file") }}
    group by feed
)

select
    feed.feed,
    feed.cadence,
    received.received_at,
    allowed.number::integer as allowed_days,
    (received.received_at + to_days(allowed.number::integer))::date as due_on
from {{ source("raw", "feed") }} as feed
left join received on feed.feed = received.feed
left join {{ ref("threshold") }} as allowed on 'overdue_days_' || feed.cadence = allowed.name
