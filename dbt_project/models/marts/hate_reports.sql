{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, year and source of hate reports, against the baseline of the target on
-- them where one is set. More reporting is the aim; the target stands on all sources together.
with reports as (
    select
        area.area_type,
        area.area_code,
        month_year.period_start,
        report.source
    from {{ ref("fct_hate_report") }} as report
    inner join {{ ref("br_month_year") }} as month_year on report.month = month_year.month
    inner join {{ ref("br_area_part") }} as area
        on coalesce(report.geography_lsoa_code, report.district_code) = area.place_code
),

counted as (
    select area_type, area_code, period_start, source, count(*) as reports
    from reports
    group by area_type, area_code, period_start, source
    union all
    select area_type, area_code, period_start, 'all' as source, count(*) as reports
    from reports
    group by area_type, area_code, period_start
),

sources as (
    select unnest(['police', 'school', 'himp', 'all']) as source
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
        sources.source,
        coalesce(counted.reports, 0) as reports
    from {{ ref("int_feed_year") }} as year
    cross join sources
    left join counted
        on
            year.area_type = counted.area_type
            and year.area_code = counted.area_code
            and year.period_start = counted.period_start
            and sources.source = counted.source
    where year.feed = 'hate/report' and year.area_type != 'force'
),

targets as (
    select
        target.area_code,
        target.target_percent,
        target.period_end,
        target.baseline_label,
        coalesce(target.baseline_value, baseline.reports)::bigint as baseline_reports
    from {{ ref("stg_partnership__target") }} as target
    left join years as baseline
        on
            target.area_code = baseline.area_code
            and target.baseline_label = baseline.period_label
            and baseline.source = 'all'
            and baseline.is_complete
    where target.indicator_id = 'hate_reports'
    -- Of several targets for an area the one that ends last.
    qualify
        row_number() over (
            partition by target.area_code order by target.period_end desc, target.target_id asc
        ) = 1
),

judged as (
    select
        years.*,
        targets.baseline_reports,
        targets.target_percent,
        targets.period_end as target_end,
        100e0 * (years.reports - targets.baseline_reports) / nullif(targets.baseline_reports, 0)
            as change_percent
    from years
    left join targets
        on
            years.area_code = targets.area_code
            and years.source = 'all'
            -- A target is for financial years.
            and years.period_type = 'financial_year'
            and years.period_label > targets.baseline_label
            and years.period_start <= targets.period_end
)

select
    judged.area_type,
    judged.area_code,
    area.area_name,
    judged.period_type,
    judged.period_start,
    judged.period_end,
    judged.period_label,
    judged.is_complete,
    judged.source,
    judged.reports,
    judged.baseline_reports,
    judged.change_percent,
    judged.target_percent,
    case
        when judged.target_percent is null then null
        when
            not judged.is_complete
            or judged.period_end < judged.target_end
            or judged.change_percent is null
            then 'not yet known'
        -- A target of nought asks for no fewer; below nought, for a fall at least as deep.
        when
            case when judged.target_percent < 0 then -1 else 1 end
            * (judged.change_percent - judged.target_percent)
            >= 0
            then 'met'
        else 'not met'
    end as status
from judged
left join {{ ref("dim_area") }} as area
    on judged.area_type = area.area_type and judged.area_code = area.area_code
