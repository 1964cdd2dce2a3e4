{{ config(materialized="view") }}
-- One row per feed, monitored field and financial year: how complete the field was, and how many of
-- its months were below their threshold.
select
    partner || '/' || feed as feed,
    field,
    {{ financial_year_start("month") }} as year,
    sum(valid)::bigint as valid,
    sum(records - not_applicable)::bigint as applicable,
    100e0 * sum(valid) / nullif(sum(records - not_applicable), 0) as percent,
    count(*) as months,
    count(*) filter (where status = 'fail') as failing,
    arg_max(threshold_percent, month) as threshold
from {{ ref("recording_completeness") }}
group by all
