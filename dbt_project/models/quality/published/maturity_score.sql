{{ config(meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per partner, feed and period: a score from 0 to 100 after NHS England's Data Quality Maturity
-- Index. Of each field with a standard the share of the applicable records that can be used, where not
-- stated counts as usable up to the tolerated share (there: the threshold for proportion of defaults);
-- the mean over the fields, times the share of the expected months that was received: of a feed that has
-- standards and sent nothing 0. Periods are financial years and the twelve months to the last expected
-- one (or the last that records are of). A partner's own row (feed `all`) is the mean over its feeds.
with months as (
    select
        partner,
        feed,
        field,
        month,
        records - not_applicable as applicable,
        valid,
        not_stated,
        tolerated_not_stated_percent
    from {{ ref("recording_completeness") }}
    where threshold_percent is not null
),

coverage_months as (
    select
        partner,
        feed,
        month,
        count(*) filter (where status = 'received') as received,
        count(*) filter (where status != 'not expected') as expected
    from {{ ref("feed_coverage") }}
    group by partner, feed, month
),

last_expected as (
    select
        partner,
        feed,
        max(month) as last_month
    from (
        select partner, feed, month from coverage_months where expected > 0
        union all
        select partner, feed, month from months
    ) as known
    group by partner, feed
),

judged as (
    select distinct partner, feed from months
),

periods as (
    select distinct
        coverage_months.partner,
        coverage_months.feed,
        'financial_year' as period_type,
        {{ financial_year_start("coverage_months.month") }} as period_start
    from coverage_months
    where coverage_months.expected > 0
    union all
    select
        partner,
        feed,
        'rolling_12m' as period_type,
        (last_month - interval 11 month)::date as period_start
    from last_expected
),

coverage as (
    select
        periods.partner,
        periods.feed,
        periods.period_type,
        periods.period_start,
        sum(coverage_months.received)::bigint as months_received,
        sum(coverage_months.expected)::bigint as months_expected
    from periods
    inner join coverage_months
        on
            periods.partner = coverage_months.partner
            and periods.feed = coverage_months.feed
            and periods.period_start <= coverage_months.month
            and periods.period_start + interval 12 month > coverage_months.month
    group by all
),

fields as (
    select
        periods.partner,
        periods.feed,
        periods.period_type,
        periods.period_start,
        months.field,
        sum(months.applicable)::bigint as applicable,
        -- In order: floating sums in another order differ in the last digit, night by night.
        sum(
            months.valid
            + least(
                months.not_stated,
                months.applicable * months.tolerated_not_stated_percent / 100
            )
            order by months.month
        ) as usable
    from periods
    inner join months
        on
            periods.partner = months.partner
            and periods.feed = months.feed
            and periods.period_start <= months.month
            and periods.period_start + interval 12 month > months.month
    group by all
    having sum(months.applicable) > 0
),

items as (
    select
        partner,
        feed,
        period_type,
        period_start,
        count(*) as fields,
        sum(usable / applicable order by field) as item_sum
    from fields
    group by all
),

feeds as (
    select
        coverage.partner,
        coverage.feed,
        coverage.period_type,
        coverage.period_start,
        items.fields,
        100e0 * items.item_sum / items.fields as field_percent,
        coverage.months_received,
        coverage.months_expected,
        case
            when coverage.months_received = 0 then 0
            else
                {{ maturity_score(
                    "items.item_sum",
                    "items.fields",
                    "coverage.months_received",
                    "coverage.months_expected"
                ) }}
        end as score
    from coverage
    inner join judged
        on coverage.partner = judged.partner and coverage.feed = judged.feed
    left join items
        on
            coverage.partner = items.partner
            and coverage.feed = items.feed
            and coverage.period_type = items.period_type
            and coverage.period_start = items.period_start
),

-- Feeds end in different months; the partner's twelve months are those of its feed that goes furthest.
partners as (
    select
        partner,
        'all' as feed,
        period_type,
        max(period_start) as period_start,
        sum(fields)::bigint as fields,
        avg(field_percent order by feed) as field_percent,
        sum(months_received)::bigint as months_received,
        sum(months_expected)::bigint as months_expected,
        avg(score order by feed) as score
    from feeds
    group by
        partner,
        period_type,
        case when period_type = 'financial_year' then period_start end
),

scores as (
    select * from feeds
    union all by name
    select * from partners
)

select
    partner,
    feed,
    period_type,
    period_start,
    (period_start + interval 1 year - interval 1 day)::date as period_end,
    case
        when period_type = 'financial_year' then {{ financial_year_label("period_start") }}
        else
            '12m to '
            || strftime((period_start + interval 11 month)::date, '%Y-%m')
    end as period_label,
    fields,
    field_percent,
    months_received,
    months_expected,
    100e0 * months_received / nullif(months_expected, 0) as coverage_percent,
    score
from scores
