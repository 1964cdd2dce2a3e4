-- `timeliness.<feed>`, warning: the newest file is no older than the cadence allows.
select
    'timeliness' as kind,
    'timeliness.' || replace(feed, '/', '.') as check_id,
    feed,
    case
        when due_on is null then 'not_applicable'
        when current_date > due_on then 'fail'
        else 'pass'
    end as status,
    null::varchar as severity,
    received_at::varchar as observed,
    cadence as threshold,
    null::bigint as records,
    null::bigint as failed_records,
    case
        when allowed_days is null then 'A feed of ' || cadence || ' cadence is never late.'
        when due_on is null then 'This feed has not been delivered yet.'
        else
            feed || ': ' || greatest(current_date - received_at::date, 0)
            || ' days since the newest file; ' || cadence || ': ' || allowed_days || ' allowed.'
            || case when current_date > due_on then ' Ask the partner for the missing extracts.' else '' end
    end as message
from {{ ref("feed_timeliness") }}
