-- `schema.<feed>`, warning: each source's newest file has the layout of its one before. Members of one zip
-- are one delivery: what is compared came in another. Not of reference files: two editions of an index are
-- meant to be different.
with periods as (
    select distinct file_id, period_key
    from {{ source("raw", "load_period") }}
),

files as (
    select
        audit.feed,
        coalesce(period.period_key, '') as source,
        audit.file_name,
        audit.layout,
        audit.absent_columns,
        audit.file_id,
        audit.landed_at,
        split_part(audit.file_name, '/', 1) as container,
        audit.loaded_at
    from {{ source("quality", "loaded_file") }} as audit
    left join periods as period on audit.file_id = period.file_id
    where audit.partner != 'reference'
),

deliveries as (
    select *
    from files
    qualify
        row_number() over (
            partition by feed, source, container, landed_at, loaded_at
            order by file_name desc, file_id desc
        ) = 1
),

compared as (
    select
        *,
        lead(layout) over in_order as layout_before,
        lead(absent_columns) over in_order as absent_before,
        lead(file_id) over in_order is not null as has_before,
        row_number() over in_order as place,
        max(landed_at) over (partition by feed) as feed_landed_at
    from deliveries
    window in_order as (
        partition by feed, source
        order by landed_at desc, file_name desc, file_id desc
    )
),

changes as (
    select
        feed,
        file_name,
        -- Of a file read by a version that did not note its absent columns nothing is known.
        array_to_string(
            list_concat(
                case
                    when layout is distinct from layout_before
                        then ['layout ' || layout || ' after ' || layout_before]
                end,
                list_transform(
                    list_filter(absent_columns, lambda x: not list_contains(absent_before, x)),
                    lambda x: 'without ' || x
                ),
                list_transform(
                    list_filter(absent_before, lambda x: not list_contains(absent_columns, x)),
                    lambda x: 'with ' || x || ' anew'
                )
            ),
            ', '
        ) as change
    from compared
    -- A source that stopped sending long ago changes no more.
    where
        place = 1
        and has_before
        and landed_at
        >= feed_landed_at - to_months({{ threshold("layout_ended_months") }}::integer)
),

by_feed as (
    select
        feed,
        count(*) as pairs,
        count(*) filter (where change != '') as changed,
        list(distinct change order by change) filter (where change != '') as tells,
        -- A file of several sources is named once.
        list(distinct sentence order by sentence) filter (where change != '') as sentences
    from (select *, file_name || ' came ' || change as sentence from changes) as told
    group by feed
),

found as (
    select
        feed.feed,
        coalesce(by_feed.pairs, 0) as records,
        coalesce(by_feed.changed, 0) as failed_records,
        case
            when by_feed.changed > 0 then {{ listed("by_feed.tells", "; ") }}
            else 'as the files before'
        end as observed,
        case
            when by_feed.changed > 0
                then
                    {{ listed("by_feed.sentences", "; ") }}
                    || '. Ask the partner whether that is meant'
            else 'the newest files have the columns of those before'
        end as message
    from {{ source("raw", "feed") }} as feed
    left join by_feed on feed.feed = by_feed.feed
)

{{ check_rows("schema", "layout and columns of the source''s file before") }}
