-- One row per feed and time: whether its LSOA codes are of the home's vintage, as most of a month's
-- codes that are of one vintage alone say, until those of a later month say otherwise. Of a feed that has
-- no such code they are taken to be of 2011, as those of street crime were for ten years.
with geography as (
    select value as vintage
    from {{ source("raw", "setting") }}
    where key = 'geography'
),

evident as (
    select
        partner || '/' || feed as feed,
        month,
        in_lsoa_of_one_vintage > of_other_vintage as is_of_home
    from {{ ref("int_feed_place") }}
    where in_lsoa_of_one_vintage != of_other_vintage
),

changes as (
    select *
    from evident
    qualify
        is_of_home is distinct from lag(is_of_home) over (partition by feed order by month)
)

select
    feeds.feed,
    case
        when lag(changes.month) over in_order is not null then changes.month
        else date '1900-01-01'
    end as valid_from,
    coalesce(
        (lead(changes.month) over in_order - interval 1 day)::date, date '9999-12-31'
    ) as valid_to,
    coalesce(changes.is_of_home, geography.vintage = 'lsoa_2011') as is_of_home
from {{ source("raw", "feed") }} as feeds
cross join geography
left join changes on feeds.feed = changes.feed
window in_order as (partition by feeds.feed order by changes.month)
