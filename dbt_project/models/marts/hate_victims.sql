{{ config(meta={"published": true, "public": "none"}) }}
-- One row per area, financial year, field and category of hate reports: its share of what is known, and
-- how low and how high it can be, since some reports say nothing. A majority may be claimed only if
-- the lowest possible share is over one half.
with reports as (
    select
        report.report_id,
        area.area_type,
        area.area_code,
        {{ financial_year_start("report.month") }} as period_start,
        report.victim_gender,
        report.victim_ethnicity,
        report.strands,
        report.strands_bucket,
        case
            when report.victim_age < 18 then 'under 18'
            when report.victim_age < 25 then '18-24'
            when report.victim_age < 35 then '25-34'
            when report.victim_age < 45 then '35-44'
            when report.victim_age < 55 then '45-54'
            when report.victim_age < 65 then '55-64'
            when report.victim_age >= 65 then '65+'
        end as age_band
    from {{ ref("fct_hate_report") }} as report
    inner join {{ ref("br_district_area") }} as area
        on report.district_code = area.district_code
),

stated as (
    select
        report_id,
        area_type,
        area_code,
        period_start,
        'gender' as field,
        victim_gender as category,
        true as is_whole
    from reports
    where victim_gender is not null
    union all
    select
        report_id,
        area_type,
        area_code,
        period_start,
        'age' as field,
        age_band as category,
        true as is_whole
    from reports
    where age_band is not null
    union all
    select
        report_id,
        area_type,
        area_code,
        period_start,
        'ethnicity' as field,
        victim_ethnicity as category,
        true as is_whole
    from reports
    where victim_ethnicity is not null
    union all
    -- One event may have several strands: it is known once, and is in each of them. Where one of them
    -- cannot be read it may be in any other besides.
    select
        report_id,
        area_type,
        area_code,
        period_start,
        'strand' as field,
        unnest(strands) as category,
        strands_bucket = 'valid' as is_whole
    from reports
),

totals as (
    select area_type, area_code, period_start, count(*) as records
    from reports
    group by area_type, area_code, period_start
),

known as (
    select
        area_type,
        area_code,
        period_start,
        field,
        count(distinct report_id) as known,
        count(distinct report_id) filter (where is_whole) as wholly_known
    from stated
    group by area_type, area_code, period_start, field
),

categories as (
    select
        area_type,
        area_code,
        period_start,
        field,
        category,
        count(*) as n,
        count(*) filter (where is_whole) as n_wholly_known
    from stated
    group by area_type, area_code, period_start, field, category
),

shares as (
    select
        categories.*,
        totals.records,
        known.known,
        100e0 * categories.n / known.known as percent_of_known,
        100e0 * categories.n / totals.records as lowest_possible_percent,
        100e0
        * (categories.n_wholly_known + totals.records - known.wholly_known)
        / totals.records as highest_possible_percent
    from categories
    inner join known
        on
            categories.area_type = known.area_type
            and categories.area_code = known.area_code
            and categories.period_start = known.period_start
            and categories.field = known.field
    inner join totals
        on
            categories.area_type = totals.area_type
            and categories.area_code = totals.area_code
            and categories.period_start = totals.period_start
)

select
    shares.area_type,
    shares.area_code,
    area.area_name,
    'financial_year' as period_type,
    shares.period_start,
    year.period_end,
    year.period_label,
    year.is_complete,
    shares.field,
    shares.category,
    shares.records,
    shares.known,
    shares.n,
    shares.percent_of_known,
    shares.lowest_possible_percent,
    shares.highest_possible_percent,
    case
        when shares.lowest_possible_percent > 50 then 'majority'
        when shares.highest_possible_percent <= 50 then 'no majority'
        else 'cannot be said'
    end as majority
from shares
inner join {{ ref("int_feed_year") }} as year
    on
        year.feed = 'hate/report'
        and shares.area_type = year.area_type
        and shares.area_code = year.area_code
        and shares.period_start = year.period_start
left join {{ ref("dim_area") }} as area
    on shares.area_type = area.area_type and shares.area_code = area.area_code
