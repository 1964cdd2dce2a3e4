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
),

-- Numbered, as the area-years are: by names a million cells are told apart in twice the time.
groups as materialized (
    select
        row_number() over () as group_id,
        indicators.*,
        area_types.area_type,
        area_types.estimated_of
    from indicators
    inner join area_types on indicators.numerator_measure = area_types.measure_id
),

area_years as (
    select
        measure_id,
        area_type,
        {{ financial_year_start("month") }} as year_start,
        list(struct_pack(month := month(month), events := numerator)) as months
    from {{ ref("measure_area_month") }}
    where is_received
    group by measure_id, area_type, area_code, year_start
    having count(*) = 12
),

numbered as (
    select
        groups.group_id,
        row_number() over () as area_year,
        area_years.months
    from area_years
    inner join groups
        on
            area_years.measure_id = groups.numerator_measure
            and area_years.area_type = groups.area_type
    where
        groups.finest_period = 'month'
        -- A year of which a part was counted otherwise has no season of its own.
        and not exists (
            select 1
            from {{ ref("series_break") }} as series_break
            where
                series_break.indicator_id = groups.indicator_id
                and series_break.break_date > area_years.year_start
                and series_break.break_date < area_years.year_start + interval 1 year
        )
),

of_months as (
    select
        group_id,
        area_year,
        unnest(months) as cell
    from numbered
),

cells as materialized (
    select
        group_id,
        area_year,
        cell.month,
        cell.events
    from of_months
),

estimates as (
    {{ pearson_dispersion("cells") }}
)

select
    groups.indicator_id,
    groups.indicator_version,
    groups.area_type,
    coalesce(estimates.dispersion, 1e0) as dispersion,
    coalesce(estimates.area_years, 0) as area_years,
    coalesce(estimates.events, 0) as events,
    case
        when estimates.area_years >= {{ threshold("dispersion_least_area_years") }}
            then estimates.degrees_of_freedom
    end as degrees_of_freedom,
    case
        when groups.finest_period != 'month' then 'counted by year: there are no months'
        when coalesce(estimates.area_years, 0) < {{ threshold("dispersion_least_area_years") }}
            then
                'too few to estimate: ' || coalesce(estimates.area_years, 0)
                || ' complete area-years of ' || {{ threshold("dispersion_least_events") }}::integer
                || ' events or more, where '
                || {{ threshold("dispersion_least_area_years") }}::integer || ' are needed'
    end as reason
from groups
left join groups as estimated
    on
        groups.indicator_id = estimated.indicator_id
        and groups.indicator_version = estimated.indicator_version
        and groups.estimated_of = estimated.area_type
left join estimates on estimated.group_id = estimates.group_id
