{{ config(meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per feed, source within it and month received: how many rows it brought, and the band that
-- its own history gives. The band is of logarithms, since months vary by shares. The expected month is
-- the median of the months received in the twelve before it; with the same month of two earlier years
-- also the season's distance from that: the smaller of theirs where they agree in direction, so that one
-- odd year makes no rule. The spread is that of the earlier months from what was expected of them (1.4826
-- times their median absolute deviation), and never less than a count's own (Poisson). Whatever the
-- spread, a tenth and ten times a count of fifteen lie far outside.
with loaded as (
    select
        period.feed,
        coalesce(nullif(period.period_key, ''), feed.partner) as source,
        period.month,
        period.last_loaded_at::date as loaded_on
    from {{ source("raw", "period_in_force") }} as period
    inner join {{ source("raw", "feed") }} as feed on period.feed = feed.feed
),

covered as (
    select
        *,
        -- A correction of an earlier month says nothing of how much of this one has come.
        max(loaded_on) over (
            partition by feed, source
            order by month asc
            rows between current row and unbounded following
        ) as covered_on
    from loaded
),

received as (
    select
        feed,
        source,
        month
    from covered
    -- A month that had not ended when the newest file with it or a later one came is not whole yet.
    where last_day(month) < covered_on
),

sent as (
    select feed, source, month, sum(records)::bigint as records
    from {{ ref("feed_month_file") }}
    group by feed, source, month
),

monitored as (
    select distinct sent.feed
    from sent
    inner join {{ source("raw", "feed") }} as feed on sent.feed = feed.feed
    -- Of a year's caseload every row lies in the year's last month.
    where feed.update_rule != 'snapshot'
),

months as (
    select
        received.feed,
        received.source,
        received.month,
        coalesce(sent.records, 0) as records,
        ln(coalesce(sent.records, 0) + 0.5) as log_records
    from received
    inner join monitored on received.feed = monitored.feed
    left join sent
        on
            received.feed = sent.feed
            and received.source = sent.source
            and received.month = sent.month
),

levels as (
    select
        *,
        count(*) over last_year as months_of_history,
        median(log_records) over last_year as level
    from months
    window
        last_year as (
            partition by feed, source
            order by month
            range between interval 12 months preceding and interval 1 month preceding
        )
),

seasons as (
    select
        month_of.feed,
        month_of.source,
        month_of.month,
        case
            when min(earlier.log_records - earlier.level) > 0
                then min(earlier.log_records - earlier.level)
            when max(earlier.log_records - earlier.level) < 0
                then max(earlier.log_records - earlier.level)
            else 0
        end as season
    from levels as month_of
    inner join levels as earlier
        on
            month_of.feed = earlier.feed
            and month_of.source = earlier.source
            and month(month_of.month) = month(earlier.month)
            and month_of.month > earlier.month
            -- Against a part of a year a season cannot be told from a trend.
            and earlier.months_of_history >= {{ threshold("volume_season_months") }}
    group by month_of.feed, month_of.source, month_of.month
    having count(*) >= {{ threshold("volume_season_years") }}
),

expected as (
    select
        levels.*,
        seasons.season is not null as is_seasonal,
        levels.months_of_history >= {{ threshold("volume_least_months") }} as has_band,
        {{ threshold("volume_least_spread") }} as least_spread,
        levels.level + coalesce(seasons.season, 0) as log_expected
    from levels
    left join seasons
        on
            levels.feed = seasons.feed
            and levels.source = seasons.source
            and levels.month = seasons.month
),

spreads as (
    select
        *,
        sqrt(
            1 / exp(log_expected)
            + greatest(
                least_spread,
                1.4826 * coalesce(
                    median(abs(log_records - log_expected)) filter (where has_band)
                        over (
                            partition by feed, source
                            order by month
                            range between
                            interval 36 months preceding and interval 1 month preceding
                        ),
                    least_spread
                )
            ) ^ 2
        ) as spread
    from expected
),

-- How far from what is expected, as a difference of logarithms.
distances as (
    select
        *,
        {{ threshold("volume_warning_deviations") }} * spread as warning_distance,
        greatest(
            {{ threshold("volume_blocking_deviations") }} * spread,
            ln({{ threshold("volume_least_factor") }})
        ) as blocking_distance,
        -- To a tenth itself: the half that every count has more matters to small ones.
        case
            when exp(log_expected) - 0.5 >= {{ threshold("volume_far_records") }}
                then
                    log_expected
                    - ln((exp(log_expected) - 0.5) * {{ threshold("volume_far_share") }} + 0.5)
                    - 1e-9
        end as tenth
    from spreads
),

bands as (
    select
        *,
        exp(log_expected - least(warning_distance, blocking_distance, tenth)) - 0.5 as low,
        exp(log_expected + least(warning_distance, blocking_distance, tenth)) - 0.5 as high,
        exp(log_expected - least(blocking_distance, tenth)) - 0.5 as far_low,
        exp(log_expected + least(blocking_distance, tenth)) - 0.5 as far_high
    from distances
    where has_band
)

select
    feed.partner,
    feed.name as feed,
    expected.source,
    expected.month,
    strftime(expected.month, '%Y-%m') as period_label,
    expected.records,
    expected.months_of_history,
    coalesce(bands.is_seasonal, false) as is_seasonal,
    exp(bands.log_expected) - 0.5 as expected_records,
    case when bands.low > 0 then bands.low when bands.low <= 0 then 0 end as warning_low,
    bands.high as warning_high,
    case when bands.far_low > 0 then bands.far_low when bands.far_low <= 0 then 0 end
        as blocking_low,
    bands.far_high as blocking_high,
    case
        when bands.feed is null then 'not applicable'
        when bands.records < bands.far_low then 'far below'
        when bands.records > bands.far_high then 'far above'
        when bands.records < bands.low then 'below'
        when bands.records > bands.high then 'above'
        else 'within'
    end as status
from expected
inner join {{ source("raw", "feed") }} as feed on expected.feed = feed.feed
left join bands
    on
        expected.feed = bands.feed
        and expected.source = bands.source
        and expected.month = bands.month
