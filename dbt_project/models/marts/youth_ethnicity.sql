{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, year and ethnic group: its share of youth justice disposals less its
-- share of residents aged 10 to 17 (NI 44). Disposals whose group is not known count in the total and
-- have no population.
with groups as (
    select unnest([
        'White', 'Mixed', 'Asian or Asian British', 'Black or Black British',
        'Chinese or Other Ethnic', 'Not known'
    ]) as ethnic_group
),

disposals as (
    select
        area.area_type,
        area.area_code,
        month_year.period_start,
        coalesce(disposal.ethnicity, 'Not known') as ethnic_group,
        count(*) as disposals
    from {{ ref("fct_youth_disposal") }} as disposal
    inner join {{ ref("br_month_year") }} as month_year on disposal.month = month_year.month
    inner join {{ ref("br_area_part") }} as area
        on disposal.district_code = area.place_code
    group by all
),

years as (
    select
        year.area_type,
        year.area_code,
        year.period_type,
        year.period_start,
        year.period_end,
        year.period_label,
        year.is_complete,
        groups.ethnic_group,
        coalesce(disposals.disposals, 0) as disposals,
        population.population_10_17,
        population.population_year
    from {{ ref("int_feed_year") }} as year
    cross join groups
    left join disposals
        on
            year.area_type = disposals.area_type
            and year.area_code = disposals.area_code
            and year.period_start = disposals.period_start
            and groups.ethnic_group = disposals.ethnic_group
    left join {{ ref("dim_youth_population") }} as population
        on
            year.area_type = population.area_type
            and year.area_code = population.area_code
            and {{ financial_year_start("year.period_end") }} = population.financial_year_start
            and groups.ethnic_group = population.ethnic_group
    where year.feed = 'youth/disposal' and year.area_type != 'force'
),

totals as (
    select
        *,
        sum(disposals) over whole as all_disposals,
        sum(population_10_17) over whole as all_population
    from years
    window whole as (partition by area_type, area_code, period_start)
)

select
    totals.area_type,
    totals.area_code,
    area.area_name,
    totals.period_type,
    totals.period_start,
    totals.period_end,
    totals.period_label,
    totals.is_complete,
    totals.ethnic_group,
    totals.disposals,
    100e0 * totals.disposals / nullif(totals.all_disposals, 0) as disposal_percent,
    totals.population_10_17,
    totals.population_year,
    100e0 * totals.population_10_17 / nullif(totals.all_population, 0) as population_percent,
    {{ ethnic_difference(
        "totals.disposals",
        "totals.all_disposals",
        "totals.population_10_17",
        "totals.all_population"
    ) }} as difference
from totals
left join {{ ref("dim_area") }} as area
    on totals.area_type = area.area_type and totals.area_code = area.area_code
