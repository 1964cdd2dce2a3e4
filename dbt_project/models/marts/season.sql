{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
-- One row per indicator, area and calendar month: its events a day against the mean of the complete
-- years, 1 being the average. Years before a break of the series, and the one it lies in, are of
-- another series and are left out.
with values_of_areas as (
    select
        value.*,
        register.kind
    from {{ ref("int_indicator_value") }} as value
    inner join {{ ref("indicator_register") }} as register
        on
            value.indicator_id = register.indicator_id
            and value.indicator_version = register.indicator_version
    where
        not ({{ is_below_district("value.area_type") }})
        and value.area_type != 'not_located'
        and value.is_complete
        and register.kind != 'proportion'
),

complete_years as (
    select
        *,
        max(period_end) over (
            partition by indicator_id, indicator_version, area_type, area_code
        ) as newest_end
    from values_of_areas
    where period_type = 'financial_year'
),

years as (
    select complete_years.*
    from complete_years
    left join {{ ref("series_break") }} as breaks
        on
            complete_years.indicator_id = breaks.indicator_id
            and breaks.break_date > complete_years.period_start
            and breaks.break_date <= complete_years.newest_end
    where breaks.break_date is null
),

calendar_months as (
    select
        months.indicator_id,
        months.indicator_version,
        months.area_type,
        months.area_code,
        months.dispersion,
        month(months.period_start)::integer as calendar_month,
        sum(months.numerator)::bigint as events,
        sum(day(months.period_end))::bigint as days,
        count(*)::integer as years,
        arg_min(years.period_label, years.period_start) as first_year_label,
        arg_max(years.period_label, years.period_start) as last_year_label
    from years
    inner join values_of_areas as months
        on
            years.indicator_id = months.indicator_id
            and years.indicator_version = months.indicator_version
            and years.area_type = months.area_type
            and years.area_code = months.area_code
            and months.period_start between years.period_start and years.period_end
    where months.period_type = 'month'
    group by all
),

compared as (
    select
        *,
        sum(events) over whole as all_events,
        sum(days) over whole as all_days
    from calendar_months
    window whole as (partition by indicator_id, indicator_version, area_type, area_code)
)

select
    compared.indicator_id,
    compared.indicator_version,
    compared.area_type,
    compared.area_code,
    area.area_name,
    compared.calendar_month,
    compared.events,
    compared.events * 1e0 / compared.days as events_per_day,
    compared.all_events * 1e0 / compared.all_days as mean_per_day,
    -- The month's share of the events over its share of the days.
    compared.events * 1e0 / nullif(compared.all_events, 0) * compared.all_days / compared.days
        as index,
    {% for bound, confidence in [
        ("lower", "95"), ("upper", "95"), ("lower", "998"), ("upper", "998")
    ] -%}
    case
        when compared.all_events > 0
            -- No more than all the events are in one month.
            then
                least(
                    {{ widened_limit(
                        (wilson_lower if bound == "lower" else wilson_upper)(
                            "compared.events", "compared.all_events", confidence
                        ),
                        "(compared.events * 1e0 / compared.all_events)",
                        "compared.dispersion"
                    ) }},
                    1e0
                ) * compared.all_days / compared.days
    end as {{ bound }}_{{ confidence }},
    {% endfor -%}
    compared.dispersion,
    compared.years,
    compared.first_year_label,
    compared.last_year_label
from compared
left join {{ ref("dim_area") }} as area
    on compared.area_type = area.area_type and compared.area_code = area.area_code
