{{ config(meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per partner, feed, monitored field and month: how much of what was sent can be used.
-- Counts the rows of the extracts in force, before republished crimes are merged.
with received as (
    select distinct
        feed.partner,
        feed.name as feed,
        period.month
    from {{ source("raw", "period_in_force") }} as period
    inner join {{ source("raw", "feed") }} as feed on period.feed = feed.feed
    -- Of a year's caseload every row lies in the year's last month.
    where feed.update_rule != 'snapshot'
),

fields as (
    select distinct
        partner,
        feed,
        field
    from {{ ref("field_completeness") }}
),

counted as (
    select * from {{ ref("field_completeness") }}
    union all by name
    -- A month that was received without a record is not applicable, which is to be seen.
    select
        fields.partner,
        fields.feed,
        fields.field,
        received.month,
        0 as records,
        0 as valid,
        0 as missing,
        0 as not_stated,
        0 as invalid,
        0 as not_applicable
    from received
    inner join fields
        on received.partner = fields.partner and received.feed = fields.feed
    anti join {{ ref("field_completeness") }} as known
        on
            received.partner = known.partner
            and received.feed = known.feed
            and received.month = known.month
),

completeness as (
    select
        *,
        100e0 * valid / nullif(records - not_applicable, 0) as completeness_percent
    from counted
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
