{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, year and agency: who referred the MARAC cases. Cases without an agency
-- are a row of their own, so that the rows add up to the cases.
with cases as (
    select
        area.area_type,
        area.area_code,
        month_year.period_start,
        coalesce(marac_case.referring_agency, 'Not recorded') as referring_agency
    from {{ ref("fct_marac_case") }} as marac_case
    inner join {{ ref("br_month_year") }} as month_year on marac_case.month = month_year.month
    inner join {{ ref("br_area_part") }} as area
        on marac_case.district_code = area.place_code
),

counted as (
    select area_type, area_code, period_start, referring_agency, count(*) as cases
    from cases
    group by all
)

select
    counted.area_type,
    counted.area_code,
    area.area_name,
    year.period_type,
    counted.period_start,
    year.period_end,
    year.period_label,
    year.is_complete,
    counted.referring_agency,
    counted.cases,
    100e0 * counted.cases / sum(counted.cases) over (
        partition by counted.area_type, counted.area_code, counted.period_start
    ) as percent
from counted
inner join {{ ref("int_feed_year") }} as year
    on
        year.feed = 'marac/hearing'
        and counted.area_type = year.area_type
        and counted.area_code = year.area_code
        and counted.period_start = year.period_start
left join {{ ref("dim_area") }} as area
    on counted.area_type = area.area_type and counted.area_code = area.area_code
