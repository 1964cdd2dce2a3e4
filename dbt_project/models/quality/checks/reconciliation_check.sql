-- `reconciliation.<feed>`: every file's rows are accepted, rejected or skipped as declared. `records` are the
-- rows, `failed_records` the files that do not add up.
with files as (
    select
        feed,
        count(*) as files,
        sum(data_rows)::bigint as data_rows,
        count(*) filter (where data_rows is distinct from accepted + rejected + skipped) as unreconciled
    from {{ source("quality", "load_audit") }}
    where status in ('loaded', 'held', 'withdrawn')
    group by feed
)

select
    'reconciliation' as kind,
    'reconciliation.' || replace(feed.feed, '/', '.') as check_id,
    feed.feed,
    case
        when files.files is null then 'not_applicable'
        when files.unreconciled > 0 then 'fail'
        else 'pass'
    end as status,
    null::varchar as severity,
    coalesce(files.unreconciled, 0) || ' of ' || coalesce(files.files, 0)
    || ' files do not add up' as observed,
    '0 files' as threshold,
    coalesce(files.data_rows, 0) as records,
    coalesce(files.unreconciled, 0) as failed_records,
    'data rows = accepted + rejected + declared skips, for every file' as message
from {{ source("raw", "feed") }} as feed
left join files on feed.feed = files.feed
