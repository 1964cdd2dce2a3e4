-- One row per indicator, district and twelve months of the published table of recorded crime by partnership
-- (Table C2), where its offence group is what the indicator counts. How much its counts vary more than by
-- chance is told by the indicator's own months; else by those of the street crime that is the most like it.
with published as (
    select
        indicator.indicator_id,
        indicator.street_indicator_id,
        home.district_code as area_code,
        benchmark.period_start,
        benchmark.period_end,
        {{ financial_year_start("benchmark.period_end") }} as financial_year_start,
        -- A district of several partnerships is their sum, or nothing where the table lacks one of them. One
        -- that is a part of a partnership has no code in the table, and no figure.
        case when count(*) = count(benchmark.offences) then sum(benchmark.offences)::bigint end
            as numerator
    from {{ ref("stg_reference__recorded_crime_benchmark") }} as benchmark
    inner join {{ ref("br_district_code") }} as home
        on benchmark.district_code = home.sent_code and home.is_whole
    inner join {{ ref("benchmark_indicator") }} as indicator
        on
            benchmark.offence = indicator.offence
            and benchmark.period_start >= indicator.valid_from
    where benchmark.source_table = 'partnership_year'
    group by all
),

registered as (
    select *
    from {{ ref("indicator_register") }}
    qualify indicator_version = max(indicator_version) over (partition by indicator_id)
),

-- As for every rate: of the financial year in which the last month lies, else the nearest earlier, else the
-- nearest later.
estimates as (
    select
        published.area_code,
        published.financial_year_start,
        estimate.mid_year,
        estimate.population
    from (select distinct area_code, financial_year_start from published) as published
    inner join {{ ref("int_population_estimate") }} as estimate
        on published.area_code = estimate.area_code and estimate.area_type = 'district'
    qualify
        row_number() over (
            partition by published.area_code, published.financial_year_start
            order by
                estimate.mid_year > year(published.financial_year_start),
                abs(estimate.mid_year - year(published.financial_year_start))
        ) = 1
),

rates as (
    select
        published.*,
        registered.indicator_version,
        registered.kind,
        registered.unit,
        registered.multiplier,
        estimates.population as denominator,
        estimates.mid_year as population_year,
        registered.multiplier * 1e0 / nullif(estimates.population, 0) as scale,
        coalesce(dispersion.dispersion, street_dispersion.dispersion) as dispersion
    from published
    inner join registered on published.indicator_id = registered.indicator_id
    left join estimates
        on
            published.area_code = estimates.area_code
            and published.financial_year_start = estimates.financial_year_start
    left join {{ ref("indicator_dispersion") }} as dispersion
        on
            registered.indicator_id = dispersion.indicator_id
            and registered.indicator_version = dispersion.indicator_version
            and dispersion.area_type = 'district'
    left join {{ ref("indicator_dispersion") }} as street_dispersion
        on
            published.street_indicator_id = street_dispersion.indicator_id
            and street_dispersion.area_type = 'district'
),

limited as (
    select
        rates.*,
        rates.numerator * rates.scale as value,
        rates.scale * {{ count_lower("rates.numerator", "95", "exact") }} as lower_limit,
        rates.scale * {{ count_upper("rates.numerator", "95", "exact") }} as upper_limit
    from rates
    left join {{ ref("int_poisson_exact_limit") }} as exact on rates.numerator = exact.events
)

select
    indicator_id,
    indicator_version,
    'district' as area_type,
    area_code,
    case when month(period_end) = 3 then 'financial_year' else 'year_to' end as period_type,
    period_start,
    period_end,
    case
        when month(period_end) = 3 then strftime(period_start, '%Y/') || strftime(period_end, '%y')
        else 'year to ' || strftime(period_end, '%Y-%m')
    end as period_label,
    numerator,
    denominator::bigint as denominator,
    population_year::integer as population_year,
    value,
    unit,
    {{ widened_limit("lower_limit", "value", "dispersion") }} as lower_95,
    {{ widened_limit("upper_limit", "value", "dispersion") }} as upper_95,
    dispersion
from limited
