{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
{% set is_open -%}
    trends.direction != 'cannot be calculated'
    and (
        coalesce(lowest.direction != trends.direction, false)
        or coalesce(highest.direction != trends.direction, false)
    )
{%- endset -%}
-- One row per indicator, area and last year of the series: the direction of the five
-- years that end with it. Refused, with the reason, for fewer years, a gap or a break.
with years as (
    select * from {{ ref("int_indicator_year") }}
),

windows as (
    select
        last_year.indicator_id,
        last_year.indicator_version,
        last_year.area_type,
        last_year.area_code,
        last_year.period_start as last_start,
        last_year.period_end as last_end,
        last_year.period_label as last_label,
        last_year.is_complete as last_is_complete,
        last_year.months_received as last_months,
        (last_year.period_start - to_years(offsets.years_before::integer))::date as period_start,
        point.value,
        point.lower_95,
        point.upper_95,
        point.numerator,
        point.denominator,
        point.unknown,
        point.lowest_possible,
        point.highest_possible,
        point.highest_numerator,
        point.lowest_denominator,
        point.highest_denominator,
        point.dispersion,
        last_year.kind = 'proportion' as is_proportion,
        point.indicator_id is not null as is_present,
        coalesce(point.is_complete and point.value is not null, false) as is_usable
    from years as last_year
    cross join range(5) as offsets (years_before)
    left join years as point
        on
            last_year.indicator_id = point.indicator_id
            and last_year.indicator_version = point.indicator_version
            and last_year.area_type = point.area_type
            and last_year.area_code = point.area_code
            and point.period_start
            = (last_year.period_start - to_years(offsets.years_before::integer))::date
),

series as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        last_start,
        any_value(last_end) as last_end,
        any_value(last_label) as last_label,
        any_value(last_is_complete) as last_is_complete,
        any_value(last_months) as last_months,
        any_value(is_proportion) as is_proportion,
        bool_or(period_start = last_start and value is null) as last_has_no_value,
        -- The latest year that cannot be used ends the run of years before the last.
        max(case when not is_usable then period_start end) as last_gap,
        min(case when is_present then period_start end) as first_present,
        sum(unknown)::bigint as unknown
    from windows
    group by indicator_id, indicator_version, area_type, area_code, last_start
),

broken as (
    select
        series.indicator_id,
        series.last_start,
        min(breaks.break_date) as break_date,
        arg_min(breaks.reason, breaks.break_date) as break_reason
    from (select distinct indicator_id, last_start, last_end from series) as series
    inner join {{ ref("series_break") }} as breaks
        on
            series.indicator_id = breaks.indicator_id
            and breaks.break_date > series.last_start - interval 4 year
            and breaks.break_date <= series.last_end
    group by series.indicator_id, series.last_start
),

spans as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        (last_start - interval 4 year)::date as first_start,
        last_start
    from series
    where last_gap is null
),

stopped as (
    {{ forces_that_stopped("spans") }}
),

refused as (
    select
        series.*,
        date_diff(
            'year',
            coalesce(series.last_gap, (series.last_start - interval 5 year)::date),
            series.last_start
        ) as n_points,
        case
            when not series.last_is_complete
                then {{ incomplete_reason("series.last_label", "series.last_months") }}
            when series.last_has_no_value and series.is_proportion
                then 'the year has no records to take a share of'
            when series.last_has_no_value
                then 'no population is published for this area'
            when broken.break_date > series.first_present
                then 'the series breaks on ' || broken.break_date || ': ' || broken.break_reason
            when series.last_gap >= series.first_present
                then
                    'a gap: ' || {{ year_label("series.last_gap") }}
                    || ' is missing or incomplete'
            when series.last_gap is not null
                then
                    'fewer than five years: the series starts in '
                    || {{ year_label("series.first_present") }}
            when stopped.force_name is not null then {{ stopped_reason("stopped") }}
        end as refusal
    from series
    left join broken
        on
            series.indicator_id = broken.indicator_id
            and series.last_start = broken.last_start
    left join stopped
        on
            series.indicator_id = stopped.indicator_id
            and series.indicator_version = stopped.indicator_version
            and series.area_type = stopped.area_type
            and series.area_code = stopped.area_code
            and series.last_start = stopped.last_start
),

points as (
    select
        windows.indicator_id || '|' || windows.indicator_version || '|' || windows.area_type
        || '|' || windows.area_code || '|' || windows.last_start as series_id,
        year(windows.period_start) as year_number,
        windows.is_proportion,
        windows.value,
        windows.lower_95,
        windows.upper_95,
        windows.numerator,
        windows.denominator,
        windows.unknown,
        windows.lowest_possible,
        windows.highest_possible,
        windows.highest_numerator,
        windows.lowest_denominator,
        windows.highest_denominator,
        windows.dispersion,
        refused.unknown as series_unknown
    from windows
    inner join refused
        on
            windows.indicator_id = refused.indicator_id
            and windows.indicator_version = refused.indicator_version
            and windows.area_type = refused.area_type
            and windows.area_code = refused.area_code
            and windows.last_start = refused.last_start
    where refused.refusal is null
),

-- The five years if all that does not say were so as to make each value least, and most. Of rates the
-- least is what is counted.
ends as (
    select
        'lowest|' || series_id as series_id,
        year_number,
        is_proportion,
        lowest_possible as value,
        lower_95,
        upper_95,
        numerator,
        lowest_denominator as denominator
    from points
    where series_unknown > 0 and is_proportion
    union all
    select
        'highest|' || points.series_id as series_id,
        points.year_number,
        points.is_proportion,
        points.highest_possible as value,
        {% for limit, count_limit in [("lower_95", count_lower), ("upper_95", count_upper)] -%}
        case
            when points.highest_numerator = points.numerator then points.{{ limit }}
            else
                {{ widened_limit(
                    "points.highest_possible / points.highest_numerator * "
                    ~ count_limit("points.highest_numerator", "95", "exact"),
                    "points.highest_possible", "points.dispersion"
                ) }}
        end as {{ limit }},
        {% endfor -%}
        points.highest_numerator as numerator,
        points.highest_denominator as denominator
    from points
    left join {{ ref("int_poisson_exact_limit") }} as exact
        on points.highest_numerator = exact.events
    where points.series_unknown > 0
),

all_points as (
    select
        series_id,
        year_number,
        is_proportion,
        value,
        lower_95,
        upper_95,
        numerator,
        denominator
    from points
    union all
    select * from ends
),

trends as (
    {{ recent_trend("all_points") }}
)

select
    refused.indicator_id,
    refused.indicator_version,
    refused.area_type,
    refused.area_code,
    area.area_name,
    {{ year_type("refused.last_start") }} as period_type,
    refused.last_start as period_start,
    refused.last_end as period_end,
    refused.last_label as period_label,
    refused.n_points::integer as n_points,
    case
        when {{ is_open }} then 'not certain'
        else coalesce(trends.direction, 'cannot be calculated')
    end as direction,
    case
        when {{ is_open }}
            then
                format(
                    '{:,} records of the five years do not say: {} at the lowest possible values, {} at '
                    || 'the highest, {} of those that say',
                    refused.unknown,
                    coalesce(lowest.direction, trends.direction),
                    highest.direction,
                    trends.direction
                )
        else coalesce(refused.refusal, trends.reason)
    end as reason,
    trends.chi_square,
    trends.slope
from refused
left join trends
    on
        trends.series_id
        = refused.indicator_id || '|' || refused.indicator_version || '|' || refused.area_type
        || '|' || refused.area_code || '|' || refused.last_start
left join trends as lowest on lowest.series_id = 'lowest|' || trends.series_id
left join trends as highest on highest.series_id = 'highest|' || trends.series_id
left join {{ ref("dim_area") }} as area
    on refused.area_type = area.area_type and refused.area_code = area.area_code
