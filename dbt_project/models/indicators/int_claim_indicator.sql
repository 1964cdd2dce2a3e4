{{ config(materialized="view") }}
-- The part of int_claim_value that the years of indicators give: values, changes, trends, comparisons and
-- ranks.
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
        unknown,
        lowest_possible,
        highest_possible,
        case when kind = 'proportion' and unknown > 0 then 'with unknowns' else 'stated' end as verdict,
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
        lag(period_start, 2) over years_in_order = period_start - interval 2 year as is_one_after_the_other,
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
    where is_one_after_the_other
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

-- All that are ranked against each other: the areas of a comparator, and the members of a most similar
-- group, of which indicator_comparison has the focus area alone.
ranked as (
    select
        comparison.indicator_id,
        comparison.indicator_version,
        comparison.area_type,
        comparison.area_name,
        comparison.period_type,
        comparison.period_start,
        comparison.comparator_type,
        comparison.comparator_code,
        null::varchar as source,
        comparison.rank
    from {{ ref("indicator_comparison") }} as comparison
    where comparison.comparator_type != 'most_similar_group' and {{ said_area("comparison") }}
    union all
    select
        member.indicator_id,
        member.indicator_version,
        member.area_type,
        member.area_name,
        member.period_type,
        member.period_start,
        'most_similar_group' as comparator_type,
        member.focus_area_code as comparator_code,
        member.source,
        member.rank
    from {{ ref("most_similar_member") }} as member
),

-- Who shares a rank.
ranks as (
    select
        * exclude (area_name),
        string_agg(area_name, ', ' order by area_name) as same_rank,
        count(*) as tied
    from ranked
    where rank is not null and period_type in ('financial_year', 'year_to')
    group by all
),

comparisons as (
    select
        comparison.*,
        years.numerator,
        years.denominator,
        ranks.same_rank,
        ranks.tied
    from {{ ref("indicator_comparison") }} as comparison
    inner join register
        on
            comparison.indicator_id = register.indicator_id
            and comparison.indicator_version = register.indicator_version
    left join ranks
        on
            comparison.indicator_id = ranks.indicator_id
            and comparison.indicator_version = ranks.indicator_version
            and comparison.area_type = ranks.area_type
            and comparison.period_type = ranks.period_type
            and comparison.period_start = ranks.period_start
            and comparison.comparator_type = ranks.comparator_type
            and comparison.comparator_code = ranks.comparator_code
            and comparison.rank = ranks.rank
            and (ranks.source is null or comparison.source = ranks.source)
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
        case
            when register.feeds like 'police/recorded_crime%' then 100e0 * part.numerator / whole.numerator
        end
            as value,
        part.numerator,
        whole.numerator as denominator,
        case
            when wholes.indicator_id is not null then 'the whole'
            when register.feeds like 'police/recorded_crime%' then 'stated'
            else 'not a crime'
        end as verdict,
        case
            when wholes.indicator_id is not null then format('{:,} of every kind', part.numerator)
            else format('{:,} beside {:,} recorded crimes', part.numerator, whole.numerator)
        end as made_of,
        'indicator_value' as source_table
    from years as part
    inner join register on part.indicator_id = register.indicator_id
    left join {{ ref("topic_summary") }} as wholes
        on part.indicator_id = wholes.indicator_id and wholes.is_whole
    left join years as whole
        on
            whole.indicator_id = 'all_crime'
            and part.area_type = whole.area_type
            and part.area_code = whole.area_code
            and part.period_label = whole.period_label
    where
        part.kind != 'proportion'
        and (whole.numerator > 0 or wholes.indicator_id is not null)
)

select * from of_values
union all by name
select * from of_changes
union all by name
select * from of_trends
union all by name
select * from of_runs
union all by name
select * from of_comparisons
union all by name
select * from of_all
