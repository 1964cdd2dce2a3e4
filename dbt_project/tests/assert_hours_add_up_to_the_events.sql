-- For every profile: the weights of its hours = the events that have an hour.
select
    indicator_id,
    indicator_version,
    area_type,
    area_code,
    period_start
from {{ ref("time_profile") }}
group by all
having abs(sum(events) - any_value(timed_events)) > 1e-6 * greatest(1, any_value(timed_events))
