-- What the auditors' pages read, each query after a line `-- name:`. Each is of counts, keys and names
-- of files alone. {most} is the most rows that a page lists, and one more.

-- name: partners
-- The feeds that have records, with their scores and their partners'.
select
    feed.partner,
    feed.feed,
    feed.name,
    feed.title,
    case when own.partner is not null then own end as score,
    case when whole.partner is not null then whole end as score_of_partner
from raw.feed as feed
left join marts.maturity_score as own
    on
        feed.partner = own.partner
        and feed.name = own.feed
        and own.period_type = 'rolling_12m'
left join marts.maturity_score as whole
    on
        feed.partner = whole.partner
        and whole.feed = 'all'
        and whole.period_type = 'rolling_12m'
where feed.feed in (select partner || '/' || feed from marts.recording_completeness)
order by feed.feed

-- name: months
-- The months of a feed with records, and those that no source sent: a gap, not a quiet month.
select month, bool_or(has_records) as has_records
from (
    select month, true as has_records
    from marts.recording_completeness
    where partner || '/' || feed = $1
    union all
    select month, false as has_records
    from marts.feed_coverage
    where partner || '/' || feed = $1
    group by month
    having bool_or(status = 'missing') and not bool_or(status = 'received')
)
group by month
order by month

-- name: cells
select * from marts.recording_completeness
where partner || '/' || feed = $1 and month >= $2
order by threshold_percent is null, field, month

-- name: coverage
select
    source,
    count(*) filter (where status <> 'not expected') as expected,
    count(*) filter (where status = 'missing') as missing,
    coalesce(
        string_agg(period_label, ', ' order by month) filter (where status = 'missing'), ''
    ) as months
from marts.feed_coverage
where partner || '/' || feed = $1
group by source
order by missing desc, source
limit {most}

-- name: volume
select source, month, records, warning_low, warning_high, status
from marts.feed_volume
where partner || '/' || feed = $1 and month >= $2
order by source, month

-- name: rejects
select
    reason,
    coalesce(column_name, '') as column_name,
    count(*) as rejected,
    count(distinct file_id) as files,
    max(file_name) as last_file
from quality.rejected_row
where feed = $1 and file_id in (select file_id from quality.loaded_file)
group by all
order by rejected desc, reason
limit {most}

-- name: loads
select
    feed,
    count(*) filter (where status = 'loaded') as loaded,
    count(*) filter (where status = 'duplicate') as duplicates,
    count(*) filter (where status = 'refused') as refused,
    count(*) filter (where status = 'held') as held,
    count(*) filter (where status = 'withdrawn') as withdrawn,
    coalesce(sum(data_rows) filter (where status = 'loaded'), 0)::bigint as data_rows,
    coalesce(sum(accepted) filter (where status = 'loaded'), 0)::bigint as accepted,
    coalesce(sum(rejected) filter (where status = 'loaded'), 0)::bigint as rejected,
    coalesce(sum(skipped) filter (where status = 'loaded'), 0)::bigint as skipped,
    max(loaded_at) as last_at
from quality.load_audit
group by feed
order by feed

-- name: never_received
select feed from raw.feed
where feed not in (select feed from quality.loaded_file)
order by feed

-- name: refused
select feed, file_name, reason, loaded_at
from quality.load_audit
where status = 'refused'
order by file_id desc
limit {most}

-- name: not_passed
-- The checks of a run that failed or could not be evaluated, with their sentences.
select
    result.*,
    catalogue.for_the_engineer,
    catalogue.for_the_auditor
from quality.check_result as result
left join {catalogue} as catalogue on result.check_id = catalogue.check_id
where result.run_id = $1 and result.status in ('fail', 'error')
order by
    result.severity, result.status = 'error', result.feed nulls first, result.check_id

-- name: waivers
select waiver.*, result.status, result.observed
from quality.check_waiver as waiver
left join quality.check_result as result
    on result.run_id = $1 and result.check_id = 'waiver.' || waiver.check_id
order by waiver.check_id

-- name: catalogue
-- Every intended check with what the run found.
select catalogue.*, result.status, result.observed, result.threshold, result.message
from marts.check_catalogue as catalogue
left join quality.check_result as result
    on result.run_id = $1 and result.check_id = catalogue.check_id
order by catalogue.suite, catalogue.check_id

-- name: score_history
-- The partners' scores of the last runs.
select partner, recorded_at, score
from quality.maturity_history
where
    feed = 'all'
    and score is not null
    and run_id in (
        select run_id from quality.maturity_history
        group by run_id
        order by max(recorded_at) desc
        limit $1
    )
order by recorded_at, partner

-- name: results_history
-- How many checks of each of the last runs had which outcome.
with last as (
    select run_id, max(checked_at) as ended
    from quality.check_result
    group by run_id
    order by ended desc
    limit $1
)
select
    strftime(last.ended, '%Y-%m-%d %H:%M') as run,
    replace(result.status, '_', ' ') as status,
    count(*) as checks
from quality.check_result as result
inner join last on result.run_id = last.run_id
group by all
order by run, status

-- name: changed_rows
-- Sources and months with other rows in force than in the publication before, the greatest losses
-- first; nothing is known from one that did not have the column yet.
select
    partner || '/' || feed as feed,
    source,
    month,
    coalesce(before.rows_in_force, 0) as was,
    coalesce(now.rows_in_force, 0) as became
from marts.feed_coverage as now
full join read_parquet($1) as before using (partner, feed, source, month)
where was <> became
order by became - was, month desc, feed, source

-- name: changed_scores
select now.partner, before.score as was, now.score as became
from marts.maturity_score as now
inner join read_parquet($1) as before using (partner, feed, period_type)
where
    now.feed = 'all'
    and now.period_type = 'rolling_12m'
    and abs(now.score - before.score) >= 0.05
order by now.partner

-- name: changed_files
select feed, file_name, accepted, rejected, status
from quality.load_audit
where loaded_at > coalesce((select max(loaded_at) from read_parquet($1)), '-infinity'::timestamp)
order by file_id
limit {most}

-- name: changed_checks
select now.check_id, before.status as was, now.status as became, now.message
from quality.check_result as now
inner join read_parquet($1) as before using (check_id)
where now.run_id = $3 and before.run_id = $2 and now.status <> before.status
order by now.check_id
limit {most}

-- name: changed_months
-- By field how many months' counts are others than in the publication before.
select
    partner || '/' || feed as feed,
    field,
    count(*) filter (where before.records is null) as new_months,
    count(*) filter (where now.records is null) as gone_months,
    count(*) filter (where now.records is not null and before.records is not null)
        as changed_months
from marts.recording_completeness as now
full join read_parquet($1) as before using (partner, feed, field, month)
where
    (now.records, now.valid, now.missing, now.not_stated, now.invalid, now.not_applicable)
    is distinct from (
        before.records, before.valid, before.missing, before.not_stated, before.invalid,
        before.not_applicable
    )
group by all
order by all
limit {most}

-- name: figures
-- The latest complete year's figures of the partnership and its county, each with how complete in
-- that year the fields were that it reads. A field's page links to the first of an indicator's.
with chosen as (
    select
        value.indicator_id, indicator.name, indicator.topic, value.area_type, value.area_code,
        value.area_name, value.period_label, value.period_start, value.numerator,
        value.denominator, value.value, value.lower_95, value.upper_95, value.unit,
        indicator.numerator_definition, string_split(indicator.feeds, ';') as feeds,
        register.numerator_measure as measure
    from marts.indicator_value as value
    inner join seeds.indicator_register as register
        on
            value.indicator_id = register.indicator_id
            and value.indicator_version = register.indicator_version
    inner join marts.indicator as indicator
        on
            value.indicator_id = indicator.indicator_id
            and value.indicator_version = indicator.indicator_version
    where
        value.period_type = 'financial_year'
        and value.is_complete
        and (
            value.area_type = 'county'
            or (
                value.area_type = 'district'
                and value.area_code in (
                    select district_code from facts.int_setting_district where role = 'focus'
                )
            )
        )
    qualify value.period_start = max(value.period_start) over (
        partition by value.indicator_id, value.indicator_version, value.area_code
    )
),

fields as (
    select
        use.reader as indicator_id,
        counted.year,
        list(counted order by counted.feed, counted.field) as fields
    from facts.int_field_use as use
    inner join facts.int_field_year as counted
        on use.feed = counted.feed and use.field = counted.field
    where use.reader_type = 'indicator'
    group by all
)

select
    chosen.*,
    coalesce(fields.fields, []) as fields,
    row_number() over (
        partition by chosen.indicator_id
        order by chosen.name, chosen.area_type desc, chosen.area_code
    ) = 1 as is_first
from chosen
left join fields
    on chosen.indicator_id = fields.indicator_id and chosen.period_start = fields.year
order by chosen.name, chosen.area_type desc, chosen.area_code

-- name: figure_files
select
    feed || '|' || area_code || '|' || period_label as key,
    file_name,
    sha256,
    loaded_at,
    records
from marts.figure_source
where area_type in ('district', 'county')
order by all

-- name: tables_of_fields
-- The published tables that read fields themselves, with the newest year of each field.
with newest as (
    select * from facts.int_field_year
    qualify year = max(year) over (partition by feed, field)
)
select use.reader as name, list(newest order by newest.feed, newest.field) as fields
from facts.int_field_use as use
inner join newest on use.feed = newest.feed and use.field = newest.field
where use.reader_type = 'table'
group by use.reader
order by use.reader

-- name: to_mend
-- Fields of records of the twelve months to the feed's last one, judged by a standard, that cannot
-- be used, and rows rejected of files of the twelve months to its newest, where no other file stands
-- for them. Before those stand the rows of record_to_mend of each of the feeds of the partner.
select
    entry.*,
    file.file_name,
    date_trunc('month', file.landed_at)::date as landed
from (
    {of_feeds}
    select
        rejected.feed, rejected.file_id, line_number, null as record_key, null as month,
        null as district_code, coalesce(column_name, '') as field,
        'rejected: ' || rejected.reason as problem
    from quality.rejected_row as rejected
    inner join quality.loaded_file as file on rejected.file_id = file.file_id
    inner join raw.feed as feed on rejected.feed = feed.feed
    where
        feed.partner = $1
        and file.landed_at > (
            select max(landed_at) - interval 12 month
            from quality.loaded_file as newest
            where newest.feed = rejected.feed
        )
        -- Where a newer file replaces a month, its rows stand for those of the older.
        and (
            feed.update_rule <> 'replace_by_period'
            or file.file_name in (select file_name from marts.feed_coverage)
        )
) as entry
inner join quality.loaded_file as file on entry.file_id = file.file_id

-- name: disclosure
select table_name, counts, suppressed_counts, narrowest, recovered
from quality.disclosure
order by table_name

-- name: record_to_mend
select
    '{feed}' as feed, file_id, line_number, record_key, month, district_code,
    left(bucket_of, -length('_bucket')) as field, bucket as problem
from (
    select file_id, line_number, record_key, month, district_code, columns('.*_bucket$')
    from {table}
    where month > (select max(month) - interval 12 month from {table})
)
unpivot (bucket for bucket_of in (columns('.*_bucket$')))
where
    bucket in ('missing', 'not stated', 'invalid')
    and field in (
        select field from marts.recording_completeness
        where partner || '/' || feed = '{feed}' and threshold_percent is not null
    )
union all

-- name: listed_to_mend
select
    feed, file_name, line_number, record_key, strftime(month, '%Y-%m') as month, district_code,
    field, problem
from to_mend
order by coalesce(to_mend.month, landed) desc, feed, file_name, line_number, field
limit $1

-- name: counted_to_mend
select
    to_mend.feed,
    field,
    split_part(problem, ':', 1) as problem,
    coalesce(area.area_name, to_mend.district_code, 'not located') as area,
    count(*) as records
from to_mend
left join facts.dim_area as area
    on area.area_type = 'district' and area.area_code = to_mend.district_code
group by all
order by to_mend.feed, records desc, field, area, problem
