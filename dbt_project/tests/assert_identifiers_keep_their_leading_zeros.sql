{{ config(severity="warn", meta={"dimension": "validity"}) }}
-- Where an earlier file of the feed had numbers of one width, some beginning with a nought, a later one
-- has no shorter ones without: a spreadsheet dropped the noughts, and the same record has two numbers.
with shapes as (
    select *
    from {{ source("quality", "identifier_shape") }}
    where digit_rows > 0
)

select
    later.feed,
    later.file_id,
    later.column_name,
    later.digit_rows
from shapes as later
where
    later.leading_zeros = 0
    and later.file_id in (select in_force.file_id from {{ ref("feed_month_file") }} as in_force)
    and exists (
        select 1
        from shapes as earlier
        where
            earlier.feed = later.feed
            and earlier.column_name = later.column_name
            and earlier.file_id < later.file_id
            and earlier.shortest = earlier.longest
            and earlier.leading_zeros > 0
            and earlier.shortest > later.shortest
    )
