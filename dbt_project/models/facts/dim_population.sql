-- One row per area and financial year: the estimate a rate of that year uses. The mid-year of the
-- financial year itself, else the nearest earlier one, else the nearest later one.
with years as (
    select distinct
        financial_year_start,
        year(financial_year_start) as wanted_year
    from {{ ref("dim_period") }}
),

estimates as (
    select * from {{ ref("int_population_estimate") }}
)

select
    estimates.area_type,
    estimates.area_code,
    years.financial_year_start,
    estimates.mid_year as population_year,
    estimates.population,
    estimates.area_square_km
from years
cross join estimates
qualify
    row_number() over (
        partition by
            estimates.area_type, estimates.area_code, years.financial_year_start
        order by
            estimates.mid_year > years.wanted_year,
            abs(estimates.mid_year - years.wanted_year)
    ) = 1
