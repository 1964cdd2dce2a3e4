{{ config(materialized="view") }}
-- One row per check of a completeness standard: of the records it is about, how many fail it, as
-- recording_completeness counted them; null of a field that no table has. Great Expectations judges
-- these rows. A standard that a later one replaced is checked over its own months alone.
with newest as (
    select
        feed,
        max(loaded_at)::date as loaded_on
    from {{ source("quality", "loaded_file") }}
    group by feed
),

-- A month that goes on is no month yet: on its first day a nightly feed has a handful of rows.
latest as (
    select
        counted.partner,
        counted.feed,
        max(counted.month) as month
    from {{ ref("recording_completeness") }} as counted
    inner join newest on counted.partner || '/' || counted.feed = newest.feed
    where counted.records > 0 and last_day(counted.month) < newest.loaded_on
    group by counted.partner, counted.feed
),

monitored as (
    select
        table_schema || '.' || table_name as table_name,
        left(column_name, -length('_bucket')) as field
    from information_schema.columns
    where table_schema = 'facts' and ends_with(column_name, '_bucket')
),

standards as (
    select
        *,
        'facts.int_' || partner || '__' || feed || '_row' as table_name
    from {{ ref("completeness_standard") }}
),

summed as (
    select
        standards.standard_id,
        coalesce(sum(counted.records - counted.not_applicable), 0)::bigint as applicable,
        coalesce(sum(counted.valid), 0)::bigint as valid,
        coalesce(sum(counted.invalid), 0)::bigint as invalid,
        coalesce(
            sum(counted.records - counted.not_applicable)
                filter (where counted.month = latest.month),
            0
        )::bigint as latest_applicable,
        coalesce(sum(counted.valid) filter (where counted.month = latest.month), 0)::bigint
            as latest_valid
    from standards
    inner join monitored
        on standards.table_name = monitored.table_name and standards.field = monitored.field
    left join {{ ref("recording_completeness") }} as counted
        on
            standards.partner = counted.partner
            and standards.feed = counted.feed
            and standards.field = counted.field
            and coalesce(standards.since <= counted.month, true)
            and coalesce(standards.until > counted.month, true)
    left join latest on standards.partner = latest.partner and standards.feed = latest.feed
    group by standards.standard_id
),

checks as (
    select
        kind.kind,
        kind.check_id as id_form,
        kind.dimension,
        kind.for_the_engineer,
        kind.for_the_auditor,
        standards.standard_id,
        standards.partner || '/' || standards.feed as feed,
        standards.field,
        standards.table_name,
        standards.reason,
        standards.until,
        coalesce(kind.severity, standards.severity) as severity,
        case kind.kind
            when 'validity' then {{ threshold("validity_least_percent") }}
            else standards.threshold_percent
        end as threshold_percent,
        case
            when kind.kind = 'latest_month' then ' of the latest month'
            when standards.until is not null then ' (until ' || standards.until || ')'
            else ''
        end as scope,
        case kind.kind
            when 'validity' then summed.valid + summed.invalid
            when 'latest_month' then summed.latest_applicable
            else summed.applicable
        end as records,
        case kind.kind
            when 'validity' then summed.invalid
            when 'latest_month' then summed.latest_applicable - summed.latest_valid
            else summed.applicable - summed.valid
        end as failed_records
    from standards
    cross join {{ ref("check_kind") }} as kind
    left join summed on standards.standard_id = summed.standard_id
    where
        kind.about = 'standard'
        and (kind.kind != 'latest_month' or standards.until is null)
)

select
    standard_id,
    kind,
    replace(replace(id_form, '{feed}', replace(feed, '/', '.')), '{field}', field)
    || coalesce('.until_' || until, '') as check_id,
    feed,
    table_name,
    field,
    dimension,
    severity,
    threshold_percent,
    scope,
    records,
    failed_records,
    100e0 * (records - failed_records) / nullif(records, 0) as percent,
    {{ filled("for_the_engineer", {
        "threshold": "format('{:g}', threshold_percent)",
        "field": "field",
        "feed": "feed",
        "scope": "scope",
    }) }} as for_the_engineer,
    {{ filled("for_the_auditor", {"reason": "reason"}) }} as for_the_auditor
from checks
