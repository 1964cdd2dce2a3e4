{{ config(materialized="view") }}
-- The part of int_claim_value that contributions, targets, surveys, deliveries and monthly signals give.
with latest_version as (
    select indicator_id, max(indicator_version) as indicator_version
    from {{ ref("indicator_register") }}
    group by indicator_id
),

register as (
    select register.*
    from {{ ref("indicator_register") }} as register
    inner join latest_version
        on
            register.indicator_id = latest_version.indicator_id
            and register.indicator_version = latest_version.indicator_version
),

of_contributions as (
    select
        contribution.indicator_id,
        contribution.indicator_version,
        contribution.part_indicator_id as category,
        contribution.part_name as category_name,
        'contribution' as aspect,
        contribution.area_type,
        contribution.area_code,
        contribution.period_label,
        contribution.contribution_percent as value,
        contribution.part_change as numerator,
        contribution.change as denominator,
        contribution.verdict,
        contribution.reason,
        contribution.reason as made_of,
        row_number() over (
            partition by
                contribution.indicator_id,
                contribution.area_type,
                contribution.area_code,
                contribution.period_label
            order by
                sign(contribution.change) * contribution.part_change desc nulls last,
                contribution.part_indicator_id asc
        ) as ordering,
        'change_contribution' as source_table
    from {{ ref("change_contribution") }} as contribution
    inner join register
        on
            contribution.indicator_id = register.indicator_id
            and contribution.indicator_version = register.indicator_version
),

of_targets as (
    select
        target.indicator_id,
        register.indicator_version,
        target.target_id as category,
        'target' as aspect,
        target.area_type,
        target.area_code,
        target.period_label,
        target.target_label as comparator_code,
        target.target_label as comparator_name,
        target.target_percent as value,
        target.baseline_value as previous_value,
        target.target_value as comparator_value,
        round(target.actual_value)::bigint as numerator,
        target.status as verdict,
        target.reason,
        target.baseline_label as names,
        format('on {:,.0f} in {}: {}', target.baseline_value, target.baseline_label, target.status)
            as made_of,
        'target_progress' as source_table
    from {{ ref("target_progress") }} as target
    left join register on target.indicator_id = register.indicator_id
),

of_surveys as (
    select
        perception.indicator_id,
        'perception' as aspect,
        perception.area_type,
        perception.area_code,
        perception.period_label,
        perception.survey || ', ' || perception.wave as comparator_name,
        perception.percent as value,
        perception.rank as numerator,
        perception.rank_of as denominator,
        perception.base as other_denominator,
        perception.lower_95,
        perception.upper_95,
        '95 % limits of the survey''s estimate' as test,
        perception.verdict,
        perception.question as names,
        format(
            '{:.1f} %, rank {} of {}, 1 the highest',
            perception.percent,
            perception.rank,
            perception.rank_of
        ) as made_of,
        'perception' as source_table
    from {{ ref("perception") }} as perception
    where perception.indicator_id is not null
    qualify
        row_number() over (
            partition by
                perception.indicator_id,
                perception.area_type,
                perception.area_code,
                perception.period_label
            order by perception.fieldwork_end desc
        ) = 1
),

-- Of each feed: how many of the year's months were received, and how whole their fields are.
of_feeds as (
    select
        'feed' as indicator_id,
        score.partner || '/' || score.feed as category,
        score.partner || '/' || score.feed as category_name,
        'completeness' as aspect,
        county.area_type,
        county.area_code,
        score.period_label,
        'percent' as unit,
        score.field_percent as value,
        score.months_received as numerator,
        score.months_expected as denominator,
        case
            when score.months_received = 0 then 'nothing received'
            when score.field_percent is null and score.months_received = score.months_expected
                then 'received'
            when score.field_percent is null then 'received in part'
            when score.months_received = score.months_expected then 'complete'
            else 'incomplete'
        end as verdict,
        format('{} of {} months', score.months_received, score.months_expected) as made_of,
        score.months_received,
        'maturity_score' as source_table
    from {{ ref("maturity_score") }} as score
    cross join {{ ref("dim_area") }} as county
    where score.feed != 'all' and county.area_type = 'county'
),

-- What the newest months signal, in the year that they lie in.
newest as (
    select
        signal.*,
        register.name,
        {{ financial_year_label(financial_year_start("signal.period_start")) }} as year_label
    from {{ ref("monthly_signal") }} as signal
    inner join register
        on
            signal.indicator_id = register.indicator_id
            and signal.indicator_version = register.indicator_version
    where signal.is_newest
),

of_signals as (
    select
        indicator_id,
        indicator_version,
        period_label as category,
        period_label as category_name,
        'signal' as aspect,
        area_type,
        area_code,
        year_label as period_label,
        signal_expected as comparator_value,
        signal_events as numerator,
        signal_months as denominator,
        tests_in_family as previous_denominator,
        p_value,
        method || ', false discoveries held at 5 % over all series' as test,
        signal as verdict,
        reason,
        format('{:,} against {:.1f} expected', signal_events, signal_expected) as made_of,
        'monthly_signal' as source_table
    from newest
    union all by name
    select
        'monthly_signal' as indicator_id,
        'signals' as aspect,
        area_type,
        area_code,
        year_label as period_label,
        count(*) filter (where signal in ('high', 'low')) as numerator,
        count(*) filter (where signal != 'not judged') as denominator,
        case when count(*) filter (where signal in ('high', 'low')) = 0 then 'none' else 'stated' end
            as verdict,
        string_agg(
            lower(left(name, 1)) || substr(name, 2) || ' (' || signal || ')', ', ' order by indicator_id
        ) filter (where signal in ('high', 'low')) as names,
        'monthly_signal' as source_table
    from newest
    group by area_type, area_code, year_label
),

of_places as (
    select
        'population' as indicator_id,
        'people_per_lsoa' as aspect,
        part.area_type,
        part.area_code,
        {{ financial_year_label("population.financial_year_start") }} as period_label,
        sum(population.population) * 1e0 / count(*) as value,
        sum(population.population)::bigint as numerator,
        count(*) as denominator,
        'stated' as verdict,
        format('{:,} residents in {} LSOAs', sum(population.population)::bigint, count(*)) as made_of,
        'population' as source_table
    from {{ ref("dim_population") }} as population
    inner join {{ ref("dim_area") }} as area
        on population.area_code = area.area_code and area.area_type = 'lsoa'
    inner join {{ ref("br_area_part") }} as part
        on
            population.area_code = part.place_code
            and part.area_type in ('district', 'partnership')
    where population.area_type = 'lsoa' and area.is_in_geography
    group by part.area_type, part.area_code, population.financial_year_start
)

select * from of_contributions
union all by name
select * from of_targets
union all by name
select * from of_surveys
union all by name
select * from of_feeds
union all by name
select * from of_signals
union all by name
select * from of_places
