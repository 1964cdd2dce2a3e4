-- One row per force that ever sent street crime and year that any partner's extract is of:
-- how many of the year's months it sent.
with years as (
    select period_start
    from {{ ref("dim_period") }}
    where {{ is_year("period_type") }}
),

extracts as (
    select
        extract.force_name,
        year.period_start,
        count(*) as months_received
    from {{ ref("int_street_crime_extract") }} as extract
    inner join {{ ref("br_month_year") }} as year on extract.month = year.month
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
