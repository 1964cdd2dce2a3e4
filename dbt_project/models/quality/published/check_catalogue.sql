{{ config(materialized="view", meta={"published": true, "public": "open_feeds", "counts": "nothing"}) }}
-- One row per check that is intended, with what it means: of every feed each of its kinds of checks,
-- of every monitored field the checks of its standards, and every test of dbt.
with kinds as (
    select * from {{ ref("check_kind") }}
),

feeds as (
    select
        feed,
        replace(feed, '/', '.') as feed_in_id,
        feed in ({{ counted_feeds() }}) as is_counted,
        feed in (select feed from {{ ref("int_standard_check") }}) as is_judged
    from {{ source("raw", "feed") }}
),

of_feeds as (
    select
        replace(kinds.check_id, '{feed}', feeds.feed_in_id) as check_id,
        feeds.feed,
        kinds.* exclude (check_id),
        case kinds.kind
            when 'volume' then feeds.is_counted
            when 'volume_drift' then feeds.is_counted
            else true
        end as is_implemented
    from kinds
    cross join feeds
    where kinds.about = 'feed' and (kinds.kind != 'recount' or feeds.is_judged)
),

-- A month far from what is expected, and a held file, are each a check of their own.
of_results as (
    select distinct
        result.check_id,
        feeds.feed,
        kinds.* exclude (check_id),
        true as is_implemented
    from {{ source("quality", "check_result") }} as result
    inner join feeds on result.feed = feeds.feed
    inner join kinds
        on
            starts_with(result.check_id, kinds.kind || '.' || feeds.feed_in_id || '.')
            and kinds.kind in ('volume', 'held')
),

without_standard as (
    select distinct
        counted.partner || '/' || counted.feed as feed,
        counted.field,
        'facts.int_' || counted.partner || '__' || counted.feed || '_row' as table_name
    from {{ ref("recording_completeness") }} as counted
    anti join {{ ref("completeness_standard") }} as standard
        on
            counted.partner = standard.partner
            and counted.feed = standard.feed
            and counted.field = standard.field
),

of_publications as (
    select
        kinds.check_id,
        null as feed,
        kinds.* exclude (check_id),
        true as is_implemented
    from kinds
    where kinds.about = 'publication'
),

of_feeds_and_files as (
    select * from of_feeds
    union all
    select * from of_results
    union all
    select * from of_publications
),

entries as (
    select
        check_id,
        suite,
        feed,
        table_name,
        column_name,
        dimension,
        severity,
        is_implemented,
        {{ filled("for_the_engineer", {"feed": "coalesce(feed, '')"}) }} as for_the_engineer,
        for_the_auditor
    from of_feeds_and_files
    union all
    select
        check_id,
        'great_expectations' as suite,
        feed,
        table_name,
        field as column_name,
        dimension,
        severity,
        true as is_implemented,
        for_the_engineer,
        for_the_auditor
    from {{ ref("int_standard_check") }}
    union all
    select
        replace(
            replace(kinds.check_id, '{feed}', replace(without_standard.feed, '/', '.')),
            '{field}', without_standard.field
        ) as check_id,
        kinds.suite,
        without_standard.feed,
        without_standard.table_name,
        without_standard.field as column_name,
        kinds.dimension,
        kinds.severity,
        false as is_implemented,
        {{ filled("kinds.for_the_engineer", {
            "feed": "without_standard.feed",
            "field": "without_standard.field",
        }) }} as for_the_engineer,
        {{ filled("kinds.for_the_auditor", {"field": "without_standard.field"}) }}
            as for_the_auditor
    from without_standard
    inner join kinds on kinds.kind = 'no_standard'
    union all
    select
        replace(kinds.check_id, '{name}', waiver.check_id) as check_id,
        kinds.suite,
        null as feed,
        kinds.table_name,
        null as column_name,
        kinds.dimension,
        kinds.severity,
        true as is_implemented,
        {{ filled("kinds.for_the_engineer", {
            "name": "waiver.check_id",
            "ceiling": "format('{:,}', waiver.ceiling)",
            "expires": "waiver.expires::varchar",
        }) }} as for_the_engineer,
        {{ filled("kinds.for_the_auditor", {"owner": "waiver.owner", "reason": "waiver.reason"}) }}
            as for_the_auditor
    from {{ source("quality", "check_waiver") }} as waiver
    inner join kinds on kinds.kind = 'waiver'
    union all
    select
        check_id,
        suite,
        null as feed,
        table_name,
        column_name,
        dimension,
        severity,
        true as is_implemented,
        for_the_engineer,
        for_the_auditor
    from {{ source("quality", "dbt_test") }}
)

select * from entries
order by check_id
