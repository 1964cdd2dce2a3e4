{{ config(materialized="view") }}
-- One row per thing that can be said of a subject, an area and a year, whoever says it: what it is worth,
-- what it rests on, and the verdict of the mart it is read from. The assessment's own claims and the
-- figures of other people's documents are both evaluated here. A subject is an indicator or
-- `<table>.<field>`, with a category where there are several.
with shape as (
    select
        null::varchar as indicator_id,
        null::integer as indicator_version,
        null::varchar as category,
        null::varchar as category_name,
        null::varchar as aspect,
        null::varchar as area_type,
        null::varchar as area_code,
        null::varchar as period_label,
        null::varchar as comparator_type,
        null::varchar as comparator_code,
        null::varchar as comparator_name,
        null::varchar as unit,
        null::double as value,
        null::double as previous_value,
        null::double as comparator_value,
        null::bigint as numerator,
        null::bigint as previous_numerator,
        null::bigint as denominator,
        null::bigint as previous_denominator,
        null::bigint as unknown,
        null::bigint as other_denominator,
        null::double as lower_95,
        null::double as upper_95,
        null::double as lowest_possible,
        null::double as highest_possible,
        null::double as p_value,
        null::varchar as test,
        null::varchar as verdict,
        null::varchar as judgement,
        null::varchar as reason,
        null::varchar as names,
        null::varchar as made_of,
        null::bigint as ordering,
        null::integer as months_received,
        null::varchar as source_table
    where false
),

latest_version as (
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

years as (
    select
        int_indicator_value.*,
        register.kind
    from {{ ref("int_indicator_value") }} as int_indicator_value
    inner join register
        on
            int_indicator_value.indicator_id = register.indicator_id
            and int_indicator_value.indicator_version = register.indicator_version
    where
        int_indicator_value.period_type in ('financial_year', 'year_to')
        and int_indicator_value.area_type != 'not_located'
        and int_indicator_value.is_complete
        and {{ said_area("int_indicator_value") }}
),

of_values as (
    select
        indicator_id,
        indicator_version,
        case when kind = 'proportion' then 'share' else 'value' end as aspect,
        area_type,
        area_code,
        period_label,
        unit,
        value,
        numerator,
        denominator,
        lower_95,
        upper_95,
        'stated' as verdict,
        case
            when kind = 'proportion'
                then format('{:,} of {:,} is {:.1f} %', numerator, denominator, value)
            else
                format(
                    '{:,} among {:,} residents at mid-{} is {:.1f} {}',
                    numerator,
                    denominator,
                    population_year,
                    value,
                    unit
                )
        end as made_of,
        months_received,
        'indicator_value' as source_table
    from years
),

-- Of counts and rates the change is of the events, as assessments say it; of a share it is in points.
of_changes as (
    select
        change.indicator_id,
        change.indicator_version,
        'change' as aspect,
        change.area_type,
        change.area_code,
        change.period_label,
        case when register.kind = 'proportion' then 'points' else 'percent' end as unit,
        case
            when register.kind = 'proportion' then change.change_points
            else change.change_percent_of_events
        end as value,
        case
            when register.kind = 'proportion' then change.previous_value
            else change.previous_numerator
        end as previous_value,
        case when register.kind = 'proportion' then change.value end as comparator_value,
        change.numerator,
        change.previous_numerator,
        change.denominator,
        case when register.kind = 'proportion' then change.previous_denominator end
            as previous_denominator,
        change.p_value,
        case
            when register.kind = 'proportion' then 'two-sided test of two proportions'
            else 'exact conditional binomial test, widened by the dispersion'
        end as test,
        change.verdict,
        change.reason,
        format(
            '{:,} after {:,} is {:+.1f} %, {}',
            change.numerator,
            change.previous_numerator,
            change.change_percent_of_events,
            {{ change_wording("change.verdict") }}
        ) as made_of,
        'indicator_change' as source_table
    from {{ ref("indicator_change") }} as change
    inner join register
        on
            change.indicator_id = register.indicator_id
            and change.indicator_version = register.indicator_version
    where {{ said_area("change") }}
),

of_trends as (
    select
        trend.indicator_id,
        trend.indicator_version,
        'trend' as aspect,
        trend.area_type,
        trend.area_code,
        trend.period_label,
        trend.chi_square as value,
        trend.n_points as numerator,
        'recent trend of Fingertips, chi-square at 99.8 %' as test,
        trend.direction as verdict,
        trend.reason,
        'five years: ' || trend.direction || ' (' || trend.reason || ')' as made_of,
        'indicator_trend' as source_table
    from {{ ref("indicator_trend") }} as trend
    inner join register
        on
            trend.indicator_id = register.indicator_id
            and trend.indicator_version = register.indicator_version
    where {{ said_area("trend") }}
),

-- The last three years one after the other: fewer than a test can judge, but what people see.
runs as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_label,
        numerator,
        lag(numerator, 1) over years_in_order as one_before,
        lag(numerator, 2) over years_in_order as two_before,
        min(numerator) over years_so_far as least,
        max(numerator) over years_so_far as most,
        first_value(period_label) over years_so_far as first_label,
        count(*) over years_so_far as years_known
    from years
    window
        years_in_order as (
            partition by indicator_id, area_type, area_code, period_type order by period_start
        ),
        years_so_far as (
            partition by indicator_id, area_type, area_code, period_type
            order by period_start
            rows between unbounded preceding and current row
        )
),

of_runs as (
    select
        indicator_id,
        indicator_version,
        'run' as aspect,
        area_type,
        area_code,
        period_label,
        numerator,
        one_before as previous_numerator,
        case
            when numerator < one_before and one_before < two_before then 'decreasing'
            when numerator > one_before and one_before > two_before then 'increasing'
            else 'neither'
        end as verdict,
        format('{:,}, {:,} and {:,}', two_before, one_before, numerator) as names,
        format('{:,}, {:,} and {:,} in three years', two_before, one_before, numerator) as made_of,
        'indicator_value' as source_table
    from runs
    where two_before is not null
    union all by name
    select
        indicator_id,
        indicator_version,
        'record' as aspect,
        area_type,
        area_code,
        period_label,
        numerator,
        years_known as denominator,
        case
            when least = most then 'neither'
            when numerator = least then 'lowest'
            when numerator = most then 'highest'
            else 'neither'
        end as verdict,
        first_label as names,
        format(
            '{:,}; between {:,} and {:,} in the {} years held, {} to {}',
            numerator,
            least,
            most,
            years_known,
            first_label,
            period_label
        ) as made_of,
        'indicator_value' as source_table
    from runs
    where years_known >= 3
),

comparisons as (
    select
        comparison.*,
        years.numerator,
        years.denominator,
        string_agg(comparison.area_name, ', ' order by comparison.area_name) over (
            partition by
                comparison.indicator_id,
                comparison.area_type,
                comparison.period_type,
                comparison.period_label,
                comparison.comparator_type,
                comparison.comparator_code,
                comparison.rank
        ) as same_rank,
        count(*) over (
            partition by
                comparison.indicator_id,
                comparison.area_type,
                comparison.period_type,
                comparison.period_label,
                comparison.comparator_type,
                comparison.comparator_code,
                comparison.rank
        ) as tied
    from {{ ref("indicator_comparison") }} as comparison
    inner join register
        on
            comparison.indicator_id = register.indicator_id
            and comparison.indicator_version = register.indicator_version
    left join years
        on
            comparison.indicator_id = years.indicator_id
            and comparison.area_type = years.area_type
            and comparison.area_code = years.area_code
            and comparison.period_label = years.period_label
    where
        comparison.period_type in ('financial_year', 'year_to')
        and {{ said_area("comparison") }}
),

of_comparisons as (
    select
        indicator_id,
        indicator_version,
        aspects.aspect,
        area_type,
        area_code,
        period_label,
        comparator_type,
        comparator_code,
        case
            when comparator_type = 'most_similar_group' and members_with_figures < members
                then
                    format(
                        'its most similar group ({} of its {} members)',
                        members_with_figures,
                        members
                    )
            when comparator_type = 'most_similar_group' then 'its most similar group'
            else comparator_name
        end as comparator_name,
        case aspects.aspect when 'comparison' then value else rank end as value,
        comparator_value,
        case aspects.aspect when 'rank' then rank else numerator end as numerator,
        case aspects.aspect when 'rank' then rank_of else denominator end as denominator,
        case aspects.aspect when 'comparison' then p_value end as p_value,
        case aspects.aspect when 'comparison' then '95 % limits of the area''s own value' end as test,
        case aspects.aspect
            when 'comparison' then verdict
            else {{ rank_word("rank", "rank_of", "tied") }}
        end as verdict,
        case aspects.aspect when 'comparison' then judgement end as judgement,
        case aspects.aspect when 'rank' then same_rank end as names,
        format(
            '{:.1f} against {:.1f} in {}; rank {} of {}, 1 the highest',
            value,
            comparator_value,
            comparator_name,
            rank,
            rank_of
        ) as made_of,
        'indicator_comparison' as source_table
    from comparisons
    cross join (values ('comparison'), ('rank')) as aspects (aspect)
    where aspects.aspect = 'comparison' or rank is not null
),

placed as (
    select
        hotspot.*,
        coalesce(hotspot.local_name, hotspot.area_name) as said_name,
        'district' as of_type,
        hotspot.district_code as of_code,
        hotspot.rank_in_district as position
    from {{ ref("hotspot") }} as hotspot
    union all
    select
        hotspot.*,
        coalesce(hotspot.local_name, hotspot.area_name) as said_name,
        'county' as of_type,
        county.area_code as of_code,
        hotspot.rank_in_county as position
    from {{ ref("hotspot") }} as hotspot
    cross join (
        select area_code from {{ ref("dim_area") }} where area_type = 'county'
    ) as county
),

of_hotspots as (
    select
        placed.indicator_id,
        placed.indicator_version,
        'hotspot' as aspect,
        placed.of_type as area_type,
        placed.of_code as area_code,
        placed.period_label,
        count(*) filter (where placed.class = 'significantly high') as numerator,
        count(*) as denominator,
        count(*) filter (where placed.position <= 5) as previous_numerator,
        any_value(placed.county_rate) as comparator_value,
        arg_min(placed.said_name, (placed.position, placed.area_code)) as category_name,
        'exact 99.8 % limits around the count expected at the county''s rate' as test,
        case
            when
                count(*) filter (
                    where placed.position <= 5
                    and placed.numerator >= {{ threshold("summary_least_events") }}
                ) = 0
                then 'too few events'
            when count(*) filter (where placed.class = 'significantly high') = 0
                then 'none significant'
            else 'significant'
        end as verdict,
        string_agg(
            format('{} ({:,})', placed.said_name, placed.numerator),
            ', '
            order by placed.position, placed.area_code
        ) filter (
            where placed.position <= 5
            and placed.numerator >= {{ threshold("summary_least_events") }}
        ) as names,
        'above the exact 99.8 % limit of the county''s rate: '
        || coalesce(
            string_agg(placed.said_name, ', ' order by placed.position, placed.area_code) filter (
                where placed.class = 'significantly high'
            ),
            'none'
        ) as made_of,
        'hotspot' as source_table
    from placed
    group by
        placed.indicator_id,
        placed.indicator_version,
        placed.of_type,
        placed.of_code,
        placed.period_label
),

-- Each classification's class of the highest rate, of those with enough events.
most_affected as (
    select *
    from {{ ref("community_profile") }}
    where
        numerator >= {{ threshold("summary_least_events") }}
        and relative_rate is not null
    qualify
        row_number() over (
            partition by
                indicator_id,
                indicator_version,
                area_type,
                area_code,
                period_label,
                classification
            order by relative_rate desc, class_code asc
        ) = 1
),

-- First by the newest Output Area Classification, then by the fifths of the area itself.
of_communities as (
    select
        indicator_id,
        indicator_version,
        class_name as category,
        class_name as category_name,
        'community' as aspect,
        area_type,
        area_code,
        period_label,
        'classification' as comparator_type,
        classification as comparator_code,
        classification as comparator_name,
        relative_rate as value,
        rate as previous_value,
        numerator,
        population as denominator,
        lower_95,
        upper_95,
        'highest' as verdict,
        format(
            '{:,} among {:,} residents, {:.2f} times the rate of the area',
            numerator,
            population,
            relative_rate
        ) as made_of,
        row_number() over (
            partition by indicator_id, indicator_version, area_type, area_code, period_label
            order by
                case
                    when classification like 'Output Area Classification%' then 1
                    when classification like '%, ' || area_type then 2
                    else 3
                end asc,
                classification desc
        ) as ordering,
        'community_profile' as source_table
    from most_affected
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

-- What is recorded as a crime is a part of all crime; incidents, fires and caseloads stand beside it.
of_all as (
    select
        part.indicator_id,
        part.indicator_version,
        'of_all' as aspect,
        part.area_type,
        part.area_code,
        part.period_label,
        'percent' as unit,
        case when register.feeds like 'police/recorded_crime%' then 100e0 * part.numerator / whole.numerator end
            as value,
        part.numerator,
        whole.numerator as denominator,
        case
            when part.indicator_id = 'all_crime' then 'the whole'
            when register.feeds like 'police/recorded_crime%' then 'stated'
            else 'not a crime'
        end as verdict,
        format('{:,} beside {:,} recorded crimes', part.numerator, whole.numerator) as made_of,
        'indicator_value' as source_table
    from years as part
    inner join register on part.indicator_id = register.indicator_id
    inner join years as whole
        on
            whole.indicator_id = 'all_crime'
            and part.area_type = whole.area_type
            and part.area_code = whole.area_code
            and part.period_label = whole.period_label
    where part.kind != 'proportion' and whole.numerator > 0
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
        score.months_received as months_received,
        'maturity_score' as source_table
    from {{ ref("maturity_score") }} as score
    cross join (
        select area_type, area_code from {{ ref("dim_area") }} where area_type = 'county'
    ) as county
    where score.feed != 'all'
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
        'district' as area_type,
        area.district_code as area_code,
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
    where population.area_type = 'lsoa' and area.is_in_geography
    group by area.district_code, population.financial_year_start
),

{% set parts = [
    "shape", "of_values", "of_changes", "of_trends", "of_runs", "of_comparisons", "of_hotspots",
    "of_communities", "of_contributions", "of_targets", "of_surveys", "of_all", "of_feeds",
    "of_signals", "of_places",
] -%}
everything as (
    {% for part in parts -%}
    {{ "union all by name" if not loop.first }}
    select * from {{ part }}
    {% endfor %}
    union all by name
    select * from {{ ref("int_claim_subject") }}
)

select
    * replace (
        numerator::bigint as numerator,
        denominator::bigint as denominator,
        months_received::integer as months_received
    ),
    concat_ws('.', indicator_id, category) as subject,
    concat_ws(
        '; ',
        indicator_id,
        category,
        area_type || ' ' || area_code,
        period_label,
        concat_ws(' ', comparator_type, comparator_code)
    ) as source_key
from everything
