{{ config(meta={"published": true, "public": "open_feeds", "counts": "records"}) }}
-- One row per feed, source within it and month: did an extract cover it? Months are expected from a
-- source's first to the last month received from any partner, less the time that the feed's cadence
-- gives the next extract, and none before that time has passed since its end; of an irregular feed to
-- its own last. Rows in force are those of the file that represents the month; of a feed whose rows are
-- replaced one by one, the rows of the month that no later one replaced.
with received as (
    select
        feed,
        period_key as source,
        month,
        row_count,
        file_name,
        loaded_at
    from {{ source("raw", "period_in_force") }}
),

months as (
    select period_start as month
    from {{ ref("dim_period") }}
    where period_type = 'month'
),

around as (
    select
        *,
        lead(month) over (partition by feed, source order by month) as next_month,
        median(row_count) over (partition by feed, source) as usual_rows
    from received
),

sources_met as (
    select
        feed,
        source,
        -- A few rows more than a year before all others are a mistyped date, and promise no months.
        min(month) filter (
            where not coalesce(
                next_month > month + to_months({{ threshold("mistyped_month_gap") }}::integer)
                and row_count <= {{ threshold("mistyped_month_share") }} * usual_rows,
                false
            )
        ) as first_month,
        max(month) as last_month
    from around
    group by feed, source
),

street_crime_met as (
    select min(first_month) as first_month
    from sources_met
    where feed = 'police/street_crime'
    having count(*) > 0
),

-- A force of the county that never sent, although others' street crime came, lacks every month.
sources as (
    select * from sources_met
    union all
    select
        'police/street_crime' as feed,
        county_force.force_name as source,
        street_crime_met.first_month,
        (street_crime_met.first_month - interval 1 month)::date as last_month
    from {{ ref("int_county_force") }} as county_force
    cross join street_crime_met
    where
        county_force.force_name not in (
            select source from sources_met where feed = 'police/street_crime'
        )
),

newest as (
    select max(loaded_at)::date as loaded_on
    from {{ source("quality", "loaded_file") }}
),

given as (
    select
        feed,
        source,
        month,
        sum(records)::bigint as records
    from {{ ref("feed_month_file") }}
    group by feed, source, month
),

expected_to as (
    select
        feed.feed,
        least(
            max(months.month) - to_months(case feed.cadence
                when 'monthly' then 1
                when 'quarterly' then 3
                when 'yearly' then 12
                else 0
            end),
            -- A month is there so many days after its end as the next file is after the last; of a
            -- monthly feed as many more as publishers take.
            date_trunc('month', any_value(newest.loaded_on) - to_days((
                any_value(overdue.number)
                + case feed.cadence when 'monthly' then {{ threshold("publication_lag_days") }} else 0 end
            )::integer)) - interval 1 month
        )::date as last_month
    from {{ source("raw", "feed") }} as feed
    inner join {{ ref("threshold") }} as overdue on 'overdue_days_' || feed.cadence = overdue.name
    cross join months
    cross join newest
    group by feed.feed, feed.cadence
)

select
    feed.partner,
    feed.name as feed,
    -- A partner who sends one extract for all is its own source.
    coalesce(nullif(sources.source, ''), feed.partner) as source,
    'month' as period_type,
    months.month as period_start,
    last_day(months.month) as period_end,
    strftime(months.month, '%Y-%m') as period_label,
    months.month,
    case
        when received.month is not null then 'received'
        when months.month < sources.first_month then 'not expected'
        when
            months.month > sources.last_month
            and (
                coalesce(months.month > expected_to.last_month, true)
                -- A national archive that came once promises nothing of other forces.
                or (
                    sources.feed = 'police/street_crime'
                    and sources.source not in (select force_name from {{ ref("int_county_force") }})
                )
            )
            then 'not expected'
        else 'missing'
    end as status,
    case
        when feed.update_rule = 'upsert' then coalesce(given.records, 0)
        else coalesce(received.row_count, 0)
    end as rows_in_force,
    received.file_name,
    received.loaded_at as received_at
from sources
inner join {{ source("raw", "feed") }} as feed on sources.feed = feed.feed
cross join months
left join expected_to on sources.feed = expected_to.feed
left join received
    on
        sources.feed = received.feed
        and sources.source = received.source
        and months.month = received.month
left join given
    on
        sources.feed = given.feed
        and coalesce(nullif(sources.source, ''), feed.partner) = given.source
        and months.month = given.month
