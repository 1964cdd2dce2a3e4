{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
-- One row per indicator that is a count or a rate and area type: how much more its months vary than
-- counts that come one by one would, net of area and season. Crimes come in series, so most do.
with indicators as (
    select
        register.indicator_id,
        register.indicator_version,
        register.numerator_measure,
        measure.finest_period
    from {{ ref("indicator_register") }} as register
    inner join {{ ref("measure") }} as measure
        on register.numerator_measure = measure.measure_id
    where register.kind in ('count', 'rate')
),

area_years as (
    select
        measure_id,
        area_type,
        area_code,
        {{ financial_year_start("month") }} as year_start
    from {{ ref("measure_area_month") }}
    where is_received
    group by all
    having count(*) = 12
),

monthly as (
    select
        measure.measure_id,
        measure.area_type,
        area_years.year_start,
        measure.area_code || '|' || area_years.year_start as area_year,
        month(measure.month) as month,
        measure.numerator as events
    from {{ ref("measure_area_month") }} as measure
    inner join area_years
        on
            measure.measure_id = area_years.measure_id
            and measure.area_type = area_years.area_type
            and measure.area_code = area_years.area_code
            and {{ financial_year_start("measure.month") }} = area_years.year_start
),

cells as (
    select
        indicators.indicator_id || '|' || indicators.indicator_version || '|' || monthly.area_type
            as group_id,
        monthly.area_year,
        monthly.month,
        monthly.events
    from monthly
    inner join indicators on monthly.measure_id = indicators.numerator_measure
    where
        indicators.finest_period = 'month'
        -- A year of which a part was counted otherwise has no season of its own.
        and not exists (
            select 1
            from {{ ref("series_break") }} as series_break
            where
                series_break.indicator_id = indicators.indicator_id
                and series_break.break_date > monthly.year_start
                and series_break.break_date < monthly.year_start + interval 1 year
        )
),

estimates as (
    {{ pearson_dispersion("cells") }}
),

area_types as (
    select distinct
        measure_id,
        area_type,
        -- A partnership of one district is that district: its doubt cannot be another.
        case
            when
                area_type = 'partnership'
                and (
                    select count(*)
                    from {{ ref("br_area_part") }} as part
                    where part.area_type = 'partnership' and part.is_part
                ) = 1
                then 'district'
            else area_type
        end as estimated_of
    from {{ ref("measure_area_month") }}
)

select
    indicators.indicator_id,
    indicators.indicator_version,
    area_types.area_type,
    coalesce(estimates.dispersion, 1e0) as dispersion,
    coalesce(estimates.area_years, 0) as area_years,
    coalesce(estimates.events, 0) as events,
    case
        when estimates.area_years >= {{ threshold("dispersion_least_area_years") }}
            then estimates.degrees_of_freedom
    end as degrees_of_freedom,
    case
        when indicators.finest_period != 'month' then 'counted by year: there are no months'
        when coalesce(estimates.area_years, 0) < {{ threshold("dispersion_least_area_years") }}
            then
                'too few to estimate: ' || coalesce(estimates.area_years, 0)
                || ' complete area-years of ' || {{ threshold("dispersion_least_events") }}::integer
                || ' events or more, where '
                || {{ threshold("dispersion_least_area_years") }}::integer || ' are needed'
    end as reason
from indicators
inner join area_types on indicators.numerator_measure = area_types.measure_id
left join estimates
    on
        estimates.group_id
        = indicators.indicator_id || '|' || indicators.indicator_version || '|'
        || area_types.estimated_of
