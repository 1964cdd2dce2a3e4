{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
{% set judged_spans = [1, 3, 7] -%}
-- One row per indicator that counts events, area and recent month: what its control chart shows, and in
-- the newest month whether the series signals. Newest months are judged against the months before
-- them, for the calendar month where two years tell one; chance is held over all series of the night.
with registered as (
    select
        indicator_id,
        indicator_version,
        {{ is_open_data("feeds") }} as is_open_data
    from {{ ref("indicator_register") }}
    where kind in ('count', 'rate')
),

valued as (
    select
        value.indicator_id,
        value.indicator_version,
        value.area_type,
        value.area_code,
        value.area_name,
        value.is_current,
        value.period_start,
        value.period_end,
        value.period_label,
        value.numerator as events,
        registered.is_open_data,
        day(value.period_end) as days
    from {{ ref("indicator_value") }} as value
    inner join registered
        on
            value.indicator_id = registered.indicator_id
            and value.indicator_version = registered.indicator_version
    where
        value.period_type = 'month'
        and value.area_type in ('district', 'partnership', 'county')
        and value.is_complete
),

-- The version that is current in the newest month, back through all its months.
newest as (
    select
        valued.indicator_id,
        valued.area_type,
        valued.area_code,
        arg_max(valued.indicator_version, valued.period_start) as indicator_version,
        max(valued.period_start) as newest_month,
        max(max(valued.period_start)) over () as newest_of_all
    from valued
    where valued.is_current
    group by valued.indicator_id, valued.area_type, valued.area_code
),

last_breaks as (
    select
        newest.indicator_id,
        newest.newest_month,
        max(series_break.break_date) as break_date
    from (select distinct indicator_id, newest_month from newest) as newest
    inner join {{ ref("series_break") }} as series_break
        on
            newest.indicator_id = series_break.indicator_id
            and newest.newest_month >= series_break.break_date
    group by newest.indicator_id, newest.newest_month
),

-- Numbered from the newest month, 0, back; those before the last that is judged are the baseline.
months as (
    select
        valued.* exclude (is_current),
        valued.indicator_id || '|' || valued.indicator_version || '|' || valued.area_type as pool_id,
        valued.indicator_id || '|' || valued.indicator_version || '|' || valued.area_type || '|'
        || valued.area_code as series_id,
        month(valued.period_start) as calendar_month,
        newest.newest_month,
        newest.newest_of_all,
        last_breaks.break_date,
        datediff('month', newest.newest_month, valued.period_start) as position,
        valued.period_start
        <= newest.newest_month - interval {{ judged_spans | max }} month as is_baseline
    from newest
    inner join valued
        on
            newest.indicator_id = valued.indicator_id
            and newest.indicator_version = valued.indicator_version
            and newest.area_type = valued.area_type
            and newest.area_code = valued.area_code
    left join last_breaks
        on
            newest.indicator_id = last_breaks.indicator_id
            and newest.newest_month = last_breaks.newest_month
    where
        valued.period_start >= coalesce(last_breaks.break_date, valued.period_start)
        and datediff('month', newest.newest_month, valued.period_start)
        > -{{ threshold("signal_baseline_months") }} - {{ judged_spans | max }}
),

series as (
    select
        series_id,
        pool_id,
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        is_open_data,
        newest_month,
        newest_of_all,
        break_date,
        count(*) filter (where is_baseline) as baseline_months,
        min(period_start) filter (where is_baseline) as baseline_start,
        max(period_end) filter (where is_baseline) as baseline_end,
        coalesce(sum(events) filter (where is_baseline), 0)::bigint as baseline_events
    from months
    group by all
),

-- The season is everybody's, as in the dispersion: one area's few years would make noise of it. Days
-- differ, too, and are taken out of both.
calendar_months as (
    select
        months.pool_id,
        months.calendar_month,
        sum(months.events) as events,
        sum(months.events) * 1e0 / sum(months.days) as events_per_day
    from months
    inner join series on months.series_id = series.series_id
    where
        months.is_baseline
        and series.baseline_months >= {{ threshold("signal_season_months") }}
    group by months.pool_id, months.calendar_month
),

seasons as (
    select
        pool_id,
        list_avg(list(events_per_day order by calendar_month)) as events_per_day,
        sum(events) as events
    from calendar_months
    group by pool_id
    having count(*) = 12 and min(events) >= {{ threshold("signal_season_least_events") }}
),

-- What a month counts for: its days in average months, times its season.
weighted as (
    select
        months.*,
        coalesce(calendar_months.events_per_day / seasons.events_per_day, 1e0) as seasonal_factor,
        months.days * 12 / 365.25e0
        * coalesce(calendar_months.events_per_day / seasons.events_per_day, 1e0) as weight
    from months
    inner join series on months.series_id = series.series_id
    left join seasons
        on
            series.pool_id = seasons.pool_id
            and series.baseline_months >= {{ threshold("signal_season_months") }}
    left join calendar_months
        on
            seasons.pool_id = calendar_months.pool_id
            and months.calendar_month = calendar_months.calendar_month
),

adjusted as (
    select
        series_id,
        position,
        events / weight as value
    from weighted
    where is_baseline
),

-- No range is left out: with the lockdown's left out of the Leicestershire archive, and its months in any
-- order, half as many series again would signal falsely.
spreads as (
    {{ xmr("adjusted", is_screened=false) }}
),

baseline_weights as (
    select
        series_id,
        sum(weight::decimal(38, 12))::double as weight
    from weighted
    where is_baseline
    group by series_id
),

charts as (
    select
        series.*,
        seasons.pool_id is not null as has_season,
        baseline_weights.weight as baseline_weight,
        coalesce(dispersion.dispersion, 1e0) as dispersion,
        -- Of what the season was made of, the part that the series itself was: so far the season is fitted
        -- to its own months.
        coalesce(series.baseline_events * 1e0 / seasons.events, 0e0) as own_share,
        spreads.mean,
        spreads.moving_range,
        spreads.ranges,
        series.baseline_events
        >= {{ threshold("signal_xmr_least_events") }} * series.baseline_months
        and spreads.ranges >= 2 as is_xmr,
        case
            when
                datediff('month', series.newest_month, series.newest_of_all)
                > {{ threshold("signal_ended_months") }}
                then 'no newer month than ' || strftime(series.newest_month, '%Y-%m')
            when series.baseline_months < {{ threshold("signal_least_months") }}
                then
                    'fewer than ' || {{ threshold("signal_least_months") }}::integer
                    || ' months before the newest {{ judged_spans | max }}'
                    || coalesce(' since the series broke on ' || series.break_date, '')
        end as refusal
    from series
    left join seasons
        on
            series.pool_id = seasons.pool_id
            and series.baseline_months >= {{ threshold("signal_season_months") }}
    left join spreads on series.series_id = spreads.series_id
    left join baseline_weights on series.series_id = baseline_weights.series_id
    left join {{ ref("indicator_dispersion") }} as dispersion
        on
            series.indicator_id = dispersion.indicator_id
            and series.indicator_version = dispersion.indicator_version
            and series.area_type = dispersion.area_type
),

levelled as (
    select
        *,
        case
            when refusal is null then case when is_xmr then mean else baseline_events / baseline_weight end
        end as level,
        -- A season fitted to the series' own months takes part of their variance with it. Of independent
        -- events it is the least there is.
        case
            when is_xmr
                then
                    greatest(
                        {{ xmr_deviation("moving_range") }} / sqrt(1 - own_share * 12 / baseline_months),
                        sqrt(mean)
                    )
        end as deviation,
        -- Of overlapping ranges of n months: 0.62 n (Wheeler 1995).
        0.62e0 * ranges * (1 - own_share * 12 / baseline_months) as degrees_of_freedom
    from charts
),

charted as (
    select
        weighted.*,
        levelled.refusal,
        levelled.level * weighted.weight as expected,
        case when not levelled.is_xmr then 2 * levelled.dispersion - 1 else 0e0 end as skewness,
        case
            when levelled.is_xmr then levelled.deviation * weighted.weight
            else sqrt(levelled.dispersion * levelled.level * weighted.weight)
        end
        * sqrt({{ mean_variance("1", "baseline_months", "own_share") }}) as deviation
    from weighted
    inner join levelled on weighted.series_id = levelled.series_id
),

limited as (
    select
        *,
        {{ control_limit("expected", "deviation", -1, 3, "skewness") }} as lower,
        {{ control_limit("expected", "deviation", -1, 2, "skewness") }} as lower_warning,
        {{ control_limit("expected", "deviation", 1, 2, "skewness") }} as upper_warning,
        {{ control_limit("expected", "deviation", 1, 3, "skewness") }} as upper
    from charted
),

placed as (
    select
        *,
        case
            when events > upper then 3
            when events > upper_warning then 2
            when events > expected then 0.5
            when events < lower then -3
            when events < lower_warning then -2
            when events < expected then -0.5
            else 0
        end as far
    from limited
),

ruled as (
    {{ run_rule("placed") }}
),

judged_spans as (
    select unnest({{ judged_spans }}) as months
),

spans as (
    select
        levelled.*,
        span.months as span_months,
        count(*) as months_received,
        sum(weighted.events)::bigint as span_events,
        sum(weighted.weight::decimal(38, 12))::double as span_weight,
        sum((weighted.events / weighted.weight)::decimal(38, 12))::double / count(*) as span_mean
    from levelled
    cross join judged_spans as span
    inner join weighted
        on
            levelled.series_id = weighted.series_id
            and weighted.position > -span.months
    where levelled.refusal is null
    group by all
),

counted as (
    select
        *,
        level * span_weight as span_expected,
        -- Of a count the level's own doubt is in the test; the season's is added.
        dispersion * {{ mean_variance("months_received", "baseline_months", "own_share") }}
        / (1e0 / months_received + 1e0 / baseline_months) as span_dispersion
    from spans
),

tested as (
    select
        *,
        case
            when is_xmr
                then
                    student_two_sided(
                        (span_mean - level)
                        / (
                            deviation
                            * sqrt({{ mean_variance("months_received", "baseline_months", "own_share") }})
                        ),
                        degrees_of_freedom
                    )
            else
                {{ sparse_count_p(
                    "baseline_events", "baseline_weight", "span_events", "span_weight",
                    "span_dispersion"
                ) }}
        end as span_p_value
    from counted
),

-- The least of three p-values, times three (Bonferroni).
judged as (
    select
        series_id,
        is_open_data,
        arg_min(span_months, (span_p_value, span_months)) as signal_months,
        arg_min(span_events, (span_p_value, span_months)) as signal_events,
        arg_min(span_expected, (span_p_value, span_months)) as signal_expected,
        least(1e0, {{ judged_spans | length }} * min(span_p_value)) as p_value
    from tested
    where span_p_value is not null
    group by series_id, is_open_data
),

controlled as (
    {{ benjamini_hochberg("judged", "p_value", "is_open_data") }}
)

select
    ruled.indicator_id,
    ruled.indicator_version,
    ruled.area_type,
    ruled.area_code,
    ruled.area_name,
    'month' as period_type,
    ruled.period_start,
    ruled.period_end,
    ruled.period_label,
    ruled.position = 0 as is_newest,
    ruled.is_baseline,
    ruled.events::double as value,
    ruled.expected,
    ruled.lower,
    ruled.lower_warning,
    ruled.upper_warning,
    ruled.upper,
    ruled.seasonal_factor,
    case
        when ruled.refusal is null
            then
                case when levelled.is_xmr then 'XmR' else 'Poisson' end
                || case when levelled.has_season then '' else ' without seasons' end
    end as method,
    case when not levelled.is_xmr then levelled.dispersion end as dispersion,
    levelled.baseline_months,
    levelled.baseline_start,
    levelled.baseline_end,
    ruled.rule,
    case ruled.side when 1 then 'above' when -1 then 'below' end as rule_side,
    controlled.signal_months,
    controlled.signal_events,
    controlled.signal_expected,
    controlled.p_value,
    controlled.q_value,
    controlled.tests_in_family,
    case
        when ruled.position < 0 then null
        when ruled.refusal is not null then 'not judged'
        when controlled.q_value < {{ threshold("signal_significance") }}
            then case when controlled.signal_events > controlled.signal_expected then 'high' else 'low' end
        else 'none'
    end as signal,
    case when ruled.position = 0 then ruled.refusal end as reason
from ruled
inner join levelled on ruled.series_id = levelled.series_id
left join controlled on ruled.series_id = controlled.series_id and ruled.position = 0
