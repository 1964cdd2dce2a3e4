{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, year, field and category of hate reports: its share of what is known, and
-- how low and how high it can be, since some reports say nothing. A majority may be claimed only if
-- the lowest possible share is over one half. A category that no report names has a row too: those
-- that say nothing may all be in it.
with age_bands as (
    select
        bands.least_age,
        lead(bands.least_age) over (order by bands.least_age) as next_least_age,
        bands.category
    from (
        values (0, 'under 18'), (18, '18-24'), (25, '25-34'), (35, '35-44'), (45, '45-54'),
        (55, '55-64'), (65, '65+')
    ) as bands (least_age, category)
),

-- What a report could say: the values of the contract, and the bands of age.
domain as (
    select
        case column_name
            when 'victim_gender' then 'gender'
            when 'victim_ethnicity' then 'ethnicity'
            when 'strands' then 'strand'
        end as field,
        value as category
    from {{ source("raw", "feed_value") }}
    where feed = 'hate/report' and column_name in ('victim_gender', 'victim_ethnicity', 'strands')
    union all
    select
        'age' as field,
        category
    from age_bands
),

reports as (
    select
        report.report_id,
        area.area_type,
        area.area_code,
        month_year.period_start,
        report.victim_gender,
        report.victim_ethnicity,
        report.strands,
        report.strands_bucket,
        age_bands.category as age_band
    from {{ ref("fct_hate_report") }} as report
    inner join {{ ref("br_month_year") }} as month_year on report.month = month_year.month
    inner join {{ ref("br_area_part") }} as area
        on coalesce(report.geography_lsoa_code, report.district_code) = area.place_code
    left join age_bands
        on
            report.victim_age >= age_bands.least_age
            and (report.victim_age < age_bands.next_least_age or age_bands.next_least_age is null)
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
        totals.area_type,
        totals.area_code,
        totals.period_start,
        domain.field,
        domain.category,
        totals.records,
        coalesce(known.known, 0) as known,
        coalesce(categories.n, 0) as n,
        -- Of nothing known there is no share.
        100e0 * coalesce(categories.n, 0) / known.known as percent_of_known,
        100e0 * coalesce(categories.n, 0) / totals.records as lowest_possible_percent,
        100e0
        * (
            coalesce(categories.n_wholly_known, 0)
            + totals.records
            - coalesce(known.wholly_known, 0)
        )
        / totals.records as highest_possible_percent
    from totals
    cross join domain
    left join known
        on
            totals.area_type = known.area_type
            and totals.area_code = known.area_code
            and totals.period_start = known.period_start
            and domain.field = known.field
    left join categories
        on
            totals.area_type = categories.area_type
            and totals.area_code = categories.area_code
            and totals.period_start = categories.period_start
            and domain.field = categories.field
            and domain.category = categories.category
)

select
    shares.area_type,
    shares.area_code,
    area.area_name,
    year.period_type,
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
