-- Which feeds an indicator is made of decides whether it may be public: the feed of each of its
-- measures is named, and what is named exists. A misspelt measure would give an indicator of nothing.
with register as (
    select * from {{ ref("indicator_register") }}
),

named as (
    select
        indicator_id,
        indicator_version,
        unnest(string_split(feeds, ';')) as feed
    from register
),

parts as (
    select
        indicator_id,
        indicator_version,
        numerator_measure as measure_id
    from register
    union all
    select
        indicator_id,
        indicator_version,
        denominator_measure as measure_id
    from register
    where denominator_measure not in ('residents', 'people_10_17')
)

select
    parts.indicator_id,
    parts.indicator_version,
    case
        when measure.measure_id is null then 'no measure ' || parts.measure_id
        else 'feeds lacks ' || measure.feed
    end as fault
from parts
left join {{ ref("measure") }} as measure on parts.measure_id = measure.measure_id
left join named
    on
        parts.indicator_id = named.indicator_id
        and parts.indicator_version = named.indicator_version
        and measure.feed = named.feed
where
    named.feed is null
    -- What a survey estimates is counted by no measure.
    and parts.indicator_id not in (select indicator_id from {{ ref("survey_indicator") }})
union all
select
    named.indicator_id,
    named.indicator_version,
    'no feed ' || named.feed as fault
from named
left join {{ source("raw", "feed") }} as feed on named.feed = feed.feed
where feed.feed is null
