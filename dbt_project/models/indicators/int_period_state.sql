-- One row per period in which anything was counted, with the fingerprint of all that its values are
-- made of: what the measures of its months are made of, and the populations of its year.
with populations as (
    select
        financial_year_start,
        sum(hash(area_type, area_code, population_year, population)::hugeint) as content
    from {{ ref("dim_population") }}
    group by financial_year_start
),

youth_populations as (
    select
        financial_year_start,
        sum(hash(area_type, area_code, population_year, population_10_17)::hugeint) as content
    from {{ ref("dim_youth_population") }}
    group by financial_year_start
)

select
    period.period_type,
    period.period_start,
    period.period_end,
    period.period_label,
    period.financial_year_start,
    period.months_in_period,
    hash(
        sum(hash(months.month, months.fingerprint)::hugeint),
        any_value(populations.content),
        any_value(youth_populations.content)
    ) as fingerprint
from {{ ref("dim_period") }} as period
inner join {{ ref("int_month_state") }} as months
    on months.month between period.period_start and period.period_end
left join populations on period.financial_year_start = populations.financial_year_start
left join youth_populations
    on period.financial_year_start = youth_populations.financial_year_start
group by all
