-- `duplicates.<feed>`, warning: what came last was not something sent before. Of a landed zip all members
-- must have been: an archive repeats most of its months.
with landed as (
    select
        feed,
        split_part(file_name, '/', 1) as name,
        max(file_id) as file_id,
        -- What came into force again by it is what was meant.
        bool_and(status = 'duplicate' and effective_at is null) as is_duplicate
    from {{ source("quality", "load_audit") }}
    where status != 'refused'
    -- Copied with its time kept, a file sent again differs in loaded_at alone.
    group by feed, split_part(file_name, '/', 1), landed_at, loaded_at
),

last_landed as (
    select
        feed,
        count(*) as files,
        arg_max(name, file_id) as name,
        arg_max(is_duplicate, file_id) as is_duplicate
    from landed
    group by feed
),

found as (
    select
        feed.feed,
        coalesce(last_landed.files, 0) as records,
        coalesce(last_landed.is_duplicate, false)::bigint as failed_records,
        case
            when last_landed.is_duplicate then last_landed.name || ' was sent before'
            else 'the last file was new'
        end as observed,
        case
            when last_landed.is_duplicate
                then
                    last_landed.name
                    || ' has the bytes of an earlier file. Ask the partner for the extract that was meant'
            else 'the last file was new'
        end as message
    from {{ source("raw", "feed") }} as feed
    left join last_landed on feed.feed = last_landed.feed
)

{{ check_rows("duplicates", "a new file") }}
