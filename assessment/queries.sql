-- name: area
select
    area_type,
    area_code,
    coalesce(local_name, area_name) as area_name
from facts.dim_area
where area_type = ? and area_code = ?

-- name: county
select area_type, area_code, area_name from facts.dim_area where area_type = 'county'

-- name: focus
-- The areas that the settings' partnership has an assessment of, the whole of several first; of a single
-- district the whole is the district.
select
    area_type,
    area_code,
    coalesce(local_name, area_name) as area_name
from facts.dim_area
where
    area_type = 'partnership' and (select count(*) > 1 from facts.dim_area where is_focus_area and area_type = 'district')
    or area_type = 'district' and is_focus_area
order by area_type desc, area_name, area_code

-- name: periods
-- Financial years, the newest first, each with how many topics are known whole.
with topics as (select distinct indicator_id from seeds.topic_summary)

select
    value.period_label,
    value.period_start,
    value.period_end,
    count(distinct value.indicator_id) as topics
from marts.indicator_value as value
inner join topics on value.indicator_id = topics.indicator_id
where
    value.period_type = 'financial_year'
    and value.area_type = ?
    and value.area_code = ?
    and value.is_complete
group by all
order by value.period_start desc

-- name: claims
select *
from marts.assessment_claim
where
    period_type = 'financial_year'
    and period_label = $period
    and (
        area_role = 'own' and area_type = $area_type and area_code = $area_code
        or area_role != 'own'
    )
order by position, claim_id

-- name: topics
select topic, indicator_id from seeds.topic_summary

-- name: indicators
select
    indicator_id,
    name,
    kind,
    unit,
    numerator_definition,
    denominator_definition,
    string_split(feeds, ';') as feeds
from marts.indicator
qualify row_number() over (partition by indicator_id order by indicator_version desc) = 1

-- name: feeds_of_tables
select reader, list(distinct feed order by feed) as feeds
from facts.int_field_use
where reader_type = 'table'
group by reader

-- name: series
-- The years of the area and its county, up to the assessed one.
select
    value.indicator_id, value.area_type, value.area_code, value.area_name, value.period_label,
    value.period_start, value.numerator, value.denominator, value.value, value.unit, value.lower_95,
    value.upper_95, value.months_received
from marts.indicator_value as value
inner join seeds.topic_summary as topics on value.indicator_id = topics.indicator_id
where
    value.period_type = 'financial_year'
    and value.is_current
    and value.is_complete
    and value.period_start <= $start
    and (
        value.area_type = $area_type and value.area_code = $area_code
        or value.area_type = 'county' and value.area_code = $county
    )
order by value.indicator_id, value.period_start, value.area_type desc

-- name: districts
-- The districts of the county in the assessed year, and the county.
select
    value.indicator_id, value.area_type, value.area_code, value.area_name, value.numerator,
    value.value, value.unit, value.lower_95, value.upper_95
from marts.indicator_value as value
inner join seeds.topic_summary as topics on value.indicator_id = topics.indicator_id
inner join facts.dim_area as area
    on
        value.area_type = area.area_type
        and value.area_code = area.area_code
where
    value.period_type = 'financial_year'
    and value.is_current
    and value.is_complete
    and value.period_start = $start
    and (value.area_type = 'district' and area.is_in_county or value.area_type = 'county')
order by value.indicator_id, value.value desc, value.area_code

-- name: hotspots
select
    spot.indicator_id, spot.area_code, spot.district_code, spot.district_name,
    coalesce(spot.local_name, spot.area_name) as place, spot.numerator, spot.rate,
    spot.county_rate, spot.class, spot.rank_in_district
from marts.hotspot as spot
inner join seeds.topic_summary as topics on spot.indicator_id = topics.indicator_id
where spot.period_label = ?
order by spot.indicator_id, spot.rate desc nulls last, spot.numerator desc, spot.area_code

-- name: boundaries
select
    boundary.lsoa_code,
    area.district_code,
    boundary.geometry
from staging.stg_reference__boundary as boundary
inner join facts.dim_area as area
    on area.area_type = 'lsoa' and boundary.lsoa_code = area.area_code
inner join raw.setting as setting
    on setting.key = 'geography' and boundary.vintage = setting.value
where area.is_in_county and area.is_in_geography
order by boundary.lsoa_code

-- name: focus_districts
select district_code from facts.int_setting_district where role = 'focus' order by district_code

-- name: targets
select *
from marts.target_progress
where
    period_label = $period
    and (
        area_code in ($area_code, $county)
        or area_type = 'force'
        or area_code in (select unnest($districts))
    )
order by area_type, area_name, target_id

-- name: ethnicity
select *
from marts.youth_ethnicity
where period_label = $period and area_code = $county and is_complete
order by population_10_17 desc nulls last, ethnic_group

-- name: signals
select *
from marts.monthly_signal
where
    is_newest
    and signal in ('high', 'low')
    and (area_code = $area_code or area_code = $county)
order by q_value, indicator_id, area_type desc

-- name: signal_months
select
    indicator_id, area_code, period_label, period_start, is_baseline, value::bigint as value,
    expected, lower, upper
from marts.monthly_signal
where indicator_id || '|' || area_code in (select unnest($keys))
-- The newest months that a chart has room for.
qualify row_number() over (partition by indicator_id, area_code order by period_start desc) <= $most
order by indicator_id, area_code, period_start

-- name: feeds
-- How whole the records of the year are, by feed: months and fields as the claims of the feeds say it.
with received as (
    select
        partner || '/' || feed as feed,
        sum(rows_in_force)::bigint as records
    from marts.feed_coverage
    where status != 'not expected' and month between $start and $end
    group by all
),

fields as (
    select
        partner || '/' || feed as feed,
        count(distinct field) filter (where status = 'fail') as fields_below
    from marts.recording_completeness
    where month between $start and $end
    group by all
),

-- A survey comes by the wave, and covers no months.
estimates as (
    select 'survey/perception' as feed, count(*) as records
    from marts.perception
    where fieldwork_end between $start and $end
    having count(*) > 0
)

select
    expected.feed,
    expected.title,
    expected.publisher,
    case when estimates.records is null then coalesce(score.months_received, 0) end as months_received,
    score.months_expected,
    coalesce(received.records, estimates.records) as records,
    score.field_percent as completeness_percent,
    fields.fields_below
from (
    select feed, title, publisher
    from raw.feed
    where
        partner != 'reference'
        and feed in (select unnest(string_split(feeds, ';')) from marts.indicator)
) as expected
left join marts.maturity_score as score
    on
        expected.feed = score.partner || '/' || score.feed
        and score.period_type = 'financial_year'
        and score.period_label = $period
left join received on expected.feed = received.feed
left join fields on expected.feed = fields.feed
left join estimates on expected.feed = estimates.feed
order by expected.feed

-- name: files
select distinct
    feed, area_type, area_name, file_name, sha256, loaded_at, records
from marts.figure_source
where period_label = $period and area_code in ($area_code, $county)
order by feed, area_type desc, file_name, sha256

-- name: publication
select * from quality.publication

-- name: partnership
select value from raw.setting where key = 'partnership'

-- name: areas
-- All that an assessment can be written of.
select distinct area_type, area_code, area_name
from marts.assessment_claim
where area_role = 'own'
order by area_type, area_code

-- name: settings
-- What the settings say of the partnership, each list in its order.
select regexp_replace(key, '_\d+$', '') as name, value
from raw.setting
where regexp_matches(key, '^(partnership|partner_\d+|priority_\d+)$')
order by key
