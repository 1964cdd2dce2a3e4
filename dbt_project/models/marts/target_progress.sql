{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
-- One row per target and financial year from its baseline to its end (targets are set for financial
-- years, and not judged on others): a percentage change of the indicator's count on the baseline, or of
-- its value where only a percentage can be compared. Whether
-- more or less is wanted follows the sign of the target, and of one of no change the polarity. Across a
-- break of the series no target is judged.
with targets as (
    select
        target.*,
        {{ financial_year_label(financial_year_start("target.period_end")) }} as target_label
    from {{ ref("stg_partnership__target") }} as target
),

-- A target names a code alone; of several areas of the code it is of the first of these types.
places as (
    select area_type, area_code, area_name
    from {{ ref("dim_area") }}
    where area_type not in ('lsoa', 'not_located')
    qualify
        row_number() over (
            partition by area_code
            order by
                list_position(['district', 'partnership', 'county', 'force'], area_type) asc nulls last,
                area_type asc
        ) = 1
),

latest_version as (
    select
        indicator_id,
        max(indicator_version) as indicator_version,
        arg_max(kind, indicator_version) as kind,
        arg_max(polarity, indicator_version) as polarity
    from {{ ref("indicator_register") }}
    group by indicator_id
),

values_by_year as (
    select
        int_indicator_value.indicator_id,
        int_indicator_value.area_type,
        int_indicator_value.area_code,
        int_indicator_value.period_start,
        int_indicator_value.period_label,
        int_indicator_value.is_complete,
        int_indicator_value.months_received,
        case
            when latest_version.kind = 'proportion' then int_indicator_value.value
            else int_indicator_value.numerator
        end as actual
    from {{ ref("int_indicator_value") }} as int_indicator_value
    inner join latest_version
        on
            int_indicator_value.indicator_id = latest_version.indicator_id
            and int_indicator_value.indicator_version = latest_version.indicator_version
    inner join places
        on
            int_indicator_value.area_type = places.area_type
            and int_indicator_value.area_code = places.area_code
    where int_indicator_value.period_type = 'financial_year'
),

target_years as (
    select
        targets.*,
        unnest(
            generate_series(
                make_date(left(targets.baseline_label, 4)::integer, 4, 1),
                {{ financial_year_start("targets.period_end") }},
                interval 1 year
            )
        )::date as period_start
    from targets
),

-- Years that a break of the series parts from the baseline: what is counted is not what was.
broken as (
    select
        target_years.target_id,
        target_years.period_start,
        max(breaks.reason) as break_reason
    from target_years
    inner join {{ ref("series_break") }} as breaks
        on
            target_years.indicator_id = breaks.indicator_id
            and make_date(left(target_years.baseline_label, 4)::integer, 4, 1) < breaks.break_date
            and target_years.period_start >= breaks.break_date
    group by target_years.target_id, target_years.period_start
),

spans as (
    select distinct
        target_years.indicator_id,
        latest_version.indicator_version,
        values_by_year.area_type,
        target_years.area_code,
        make_date(left(target_years.baseline_label, 4)::integer, 4, 1) as first_start,
        target_years.period_start as last_start
    from target_years
    inner join latest_version on target_years.indicator_id = latest_version.indicator_id
    inner join values_by_year
        on
            target_years.indicator_id = values_by_year.indicator_id
            and target_years.area_code = values_by_year.area_code
            and target_years.period_start = values_by_year.period_start
),

stopped as (
    {{ forces_that_stopped("spans") }}
),

baselines as (
    select
        targets.target_id,
        coalesce(targets.baseline_value, values_by_year.actual) as baseline_value
    from targets
    left join values_by_year
        on
            targets.indicator_id = values_by_year.indicator_id
            and targets.area_code = values_by_year.area_code
            and targets.baseline_label = values_by_year.period_label
            and values_by_year.is_complete
),

compared as (
    select
        target_years.target_id,
        target_years.indicator_id,
        target_years.area_code,
        target_years.baseline_label,
        target_years.target_label,
        target_years.target_percent,
        target_years.period_start,
        (target_years.period_start + interval 1 year - interval 1 day)::date as period_end,
        {{ financial_year_label("target_years.period_start") }} as period_label,
        baselines.baseline_value,
        baselines.baseline_value * (100 + target_years.target_percent) / 100e0 as target_value,
        values_by_year.area_type,
        values_by_year.actual as actual_value,
        coalesce(values_by_year.is_complete, false) as is_complete,
        coalesce(values_by_year.months_received, 0) as months_received,
        latest_version.indicator_id is not null as is_known,
        broken.break_reason,
        case when stopped.force_name is not null then {{ stopped_reason("stopped") }} end
            as stopped_reason,
        -- A target of no change is kept by what is no worse.
        case
            when target_years.target_percent = 0
                then coalesce(latest_version.polarity = 'higher_is_better', false)
            else target_years.target_percent > 0
        end as wants_more
    from target_years
    inner join baselines on target_years.target_id = baselines.target_id
    left join values_by_year
        on
            target_years.indicator_id = values_by_year.indicator_id
            and target_years.area_code = values_by_year.area_code
            and target_years.period_start = values_by_year.period_start
    left join latest_version on target_years.indicator_id = latest_version.indicator_id
    left join broken
        on
            target_years.target_id = broken.target_id
            and target_years.period_start = broken.period_start
    left join stopped
        on
            target_years.indicator_id = stopped.indicator_id
            and target_years.area_code = stopped.area_code
            and target_years.period_start = stopped.last_start
            and make_date(left(target_years.baseline_label, 4)::integer, 4, 1)
            = stopped.first_start
)

select
    compared.target_id,
    compared.indicator_id,
    coalesce(compared.area_type, places.area_type) as area_type,
    compared.area_code,
    places.area_name,
    'financial_year' as period_type,
    compared.period_start,
    compared.period_end,
    compared.period_label,
    compared.target_label,
    compared.baseline_label,
    compared.baseline_value::double as baseline_value,
    compared.target_percent,
    compared.target_value::double as target_value,
    compared.actual_value::double as actual_value,
    case
        when
            compared.period_label != compared.target_label
            or not compared.is_complete
            or compared.target_value is null
            or compared.break_reason is not null
            or compared.stopped_reason is not null
            then 'not yet known'
        when compared.wants_more and compared.actual_value >= compared.target_value then 'met'
        when not compared.wants_more and compared.actual_value <= compared.target_value then 'met'
        else 'not met'
    end as status,
    case
        when not compared.is_known then 'the register has no such indicator'
        when compared.baseline_value is null
            then 'the baseline of ' || compared.baseline_label || ' is not known'
        when compared.break_reason is not null
            then 'the series is broken since the baseline: ' || compared.break_reason
        when not compared.is_complete
            then {{ incomplete_reason("compared.period_label", "compared.months_received") }}
        when compared.stopped_reason is not null then compared.stopped_reason
        when compared.period_label != compared.target_label
            then 'the target is for ' || compared.target_label
    end as reason
from compared
left join places on compared.area_code = places.area_code
