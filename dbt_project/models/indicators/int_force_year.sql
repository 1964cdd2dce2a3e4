-- One row per force that ever sent street crime and financial year that any partner's extract is of:
-- how many of the year's months it sent.
with years as (
    select distinct financial_year_start as period_start
    from {{ ref("dim_period") }}
    where period_type = 'financial_year'
),

extracts as (
    select
        force_name,
        {{ financial_year_start("month") }} as period_start,
        count(*) as months_received
    from {{ ref("int_street_crime_extract") }}
    group by all
),

forces as (
    select distinct force_name from extracts
)

select
    forces.force_name,
    years.period_start,
    coalesce(extracts.months_received, 0)::integer as months_received
from forces
cross join years
left join extracts
    on forces.force_name = extracts.force_name and years.period_start = extracts.period_start
