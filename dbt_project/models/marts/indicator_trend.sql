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

-- A year that is absent is told by the next one there is: that is not a year after the one before it.
in_series as (
    select
        *,
        coalesce(is_complete and value is not null, false) as is_usable,
        (period_start - interval 1 year)::date as year_before,
        lag(period_start) over (
            partition by
                indicator_id, indicator_version, area_type, area_code, month(period_start)
            order by period_start
        ) as start_before
    from years
),

-- What the five years that end with each one lack.
ended as (
    select
        *,
        min(period_start) over five_years as first_present,
        max(case when not is_usable then period_start end) over five_years as last_unusable,
        max(case when start_before is distinct from year_before then year_before end)
            over five_years as last_absent,
        (sum(unknown) over five_years)::bigint as series_unknown
    from in_series
    window five_years as (
        partition by indicator_id, indicator_version, area_type, area_code, month(period_start)
        order by period_start
        range between interval 4 years preceding and current row
    )
),

-- Numbered once: what is made of the points of a series is found by its number.
series as materialized (
    select
        3 * row_number() over () as series_id,
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_start as last_start,
        period_end as last_end,
        period_label as last_label,
        is_complete as last_is_complete,
        months_received as last_months,
        kind = 'proportion' as is_proportion,
        value is null as last_has_no_value,
        -- The latest year that cannot be used ends the run of years before the last.
        greatest(
            last_unusable,
            case when last_absent >= period_start - interval 4 year then last_absent end
        ) as last_gap,
        first_present,
        series_unknown as unknown
    from ended
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
        refused.series_id,
        year(point.period_start) as year_number,
        refused.is_proportion,
        point.value,
        point.lower_95,
        point.upper_95,
        point.numerator,
        point.denominator,
        point.lowest_possible,
        point.highest_possible,
        point.highest_numerator,
        point.lowest_denominator,
        point.highest_denominator,
        point.dispersion,
        refused.unknown as series_unknown
    from refused
    cross join range(5) as offsets (years_before)
    inner join years as point
        on
            refused.indicator_id = point.indicator_id
            and refused.indicator_version = point.indicator_version
            and refused.area_type = point.area_type
            and refused.area_code = point.area_code
            and point.period_start
            = (refused.last_start - to_years(offsets.years_before::integer))::date
    where refused.refusal is null
),

-- The five years, one and two numbers on, if all that does not say were so as to make each value least,
-- and most. Of rates the least is what is counted.
ends as (
    select
        series_id + 1 as series_id,
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
        points.series_id + 2 as series_id,
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
left join trends on refused.series_id = trends.series_id
left join trends as lowest on refused.series_id + 1 = lowest.series_id
left join trends as highest on refused.series_id + 2 = highest.series_id
left join {{ ref("dim_area") }} as area
    on refused.area_type = area.area_type and refused.area_code = area.area_code
