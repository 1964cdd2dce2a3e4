{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, year, source and field of hate reports: how many say something that can
-- be used. Buckets are the contract's; `all` is every source together.
with reports as (
    select
        area.area_type,
        area.area_code,
        month_year.period_start,
        report.source,
        report.victim_gender_bucket as gender,
        report.victim_age_bucket as age,
        report.victim_ethnicity_bucket as ethnicity,
        report.strands_bucket as strand
    from {{ ref("fct_hate_report") }} as report
    inner join {{ ref("br_month_year") }} as month_year on report.month = month_year.month
    inner join {{ ref("br_area_part") }} as area
        on coalesce(report.geography_lsoa_code, report.district_code) = area.place_code
),

of_each_and_all as (
    select * from reports
    union all
    select * replace ('all' as source)
    from reports
),

fields as (
    select *
    from of_each_and_all
    unpivot (bucket for field in (gender, age, ethnicity, strand))
),

counted as (
    select
        area_type,
        area_code,
        period_start,
        source,
        field,
        count(*) as records,
        count(*) filter (where bucket = 'valid') as recorded,
        count(*) filter (where bucket = 'missing') as missing,
        count(*) filter (where bucket = 'not stated') as not_stated,
        count(*) filter (where bucket = 'invalid') as invalid
    from fields
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
    counted.source,
    counted.field,
    counted.records,
    counted.recorded,
    counted.missing,
    counted.not_stated,
    counted.invalid,
    100e0 * (counted.records - counted.recorded) / counted.records as percent_missing,
    100 * {{ wilson_lower("(counted.records - counted.recorded)", "counted.records", "95") }}
        as lower_95,
    100 * {{ wilson_upper("(counted.records - counted.recorded)", "counted.records", "95") }}
        as upper_95
from counted
inner join {{ ref("int_feed_year") }} as year
    on
        year.feed = 'hate/report'
        and counted.area_type = year.area_type
        and counted.area_code = year.area_code
        and counted.period_start = year.period_start
left join {{ ref("dim_area") }} as area
    on counted.area_type = area.area_type and counted.area_code = area.area_code
