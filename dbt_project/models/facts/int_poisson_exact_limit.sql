-- One row per count below ten: its exact Poisson limits (Garwood 1936), which Byar's formula only
-- approximates. Looked up, since most counts of a month and an LSOA are that small.
with counts as (
    select unnest(generate_series(0, 9)) as events
)

select
    events::bigint as events,
    poisson_lower(events, 0.95) as lower_95,
    poisson_upper(events, 0.95) as upper_95,
    poisson_lower(events, 0.998) as lower_998,
    poisson_upper(events, 0.998) as upper_998
from counts
