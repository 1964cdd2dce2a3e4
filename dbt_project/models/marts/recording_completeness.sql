{{ config(meta={"published": true, "public": "open_feeds"}) }}
-- One row per partner, feed, monitored field and month: how much of what was sent can be used.
-- Counts the rows of the extracts in force, before republished crimes are merged.
with completeness as (
    select
        *,
        100e0 * valid / nullif(records - not_applicable, 0) as completeness_percent
    from {{ ref("field_completeness") }}
),

standards as (
    select * from {{ ref("completeness_standard") }}
)

select
    completeness.partner,
    completeness.feed,
    completeness.field,
    'month' as period_type,
    completeness.month as period_start,
    last_day(completeness.month) as period_end,
    strftime(completeness.month, '%Y-%m') as period_label,
    completeness.month,
    completeness.records,
    completeness.valid,
    completeness.missing,
    completeness.not_stated,
    completeness.invalid,
    completeness.not_applicable,
    completeness.completeness_percent,
    standards.threshold_percent::double as threshold_percent,
    standards.tolerated_not_stated_percent::double as tolerated_not_stated_percent,
    case
        when completeness.completeness_percent is null then 'not_applicable'
        when standards.threshold_percent is null then 'not_applicable'
        when completeness.completeness_percent >= standards.threshold_percent then 'pass'
        else 'fail'
    end as status
from completeness
left join standards
    on
        completeness.partner = standards.partner
        and completeness.feed = standards.feed
        and completeness.field = standards.field
        and coalesce(standards.since <= completeness.month, true)
        and coalesce(standards.until > completeness.month, true)
