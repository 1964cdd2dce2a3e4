-- One row per indicator, aspect, area and period that a published assessment states a figure of: the
-- number or word that the warehouse gives, what it is made of in words, and its two parts where it has
-- two.
with wanted as (
    select distinct indicator_id, aspect, area_code, period_label
    from {{ ref("int_stated_figure") }}
    where indicator_id is not null
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
        int_indicator_value.period_type = 'financial_year'
        and int_indicator_value.area_type != 'not_located'
        and int_indicator_value.is_complete
        and int_indicator_value.indicator_id in (select indicator_id from wanted)
        and int_indicator_value.area_code in (select area_code from wanted)
),

of_values as (
    select
        years.indicator_id,
        aspects.aspect,
        years.area_code,
        years.period_label,
        case aspects.aspect
            when 'numerator' then years.numerator
            when 'denominator' then years.denominator
            else years.value
        end as number,
        null as word,
        years.kind = 'proportion' and aspects.aspect = 'value' as is_percent,
        case
            when aspects.aspect != 'value' then 'counted'
            when years.kind = 'proportion'
                then
                    format(
                        '{:,} of {:,} is {:.1f} %', years.numerator, years.denominator, years.value
                    )
            else
                format(
                    '{:,} among {:,} residents at mid-{} is {:.1f} {}',
                    years.numerator,
                    years.denominator,
                    years.population_year,
                    years.value,
                    years.unit
                )
        end as made_of,
        years.numerator as part_one,
        years.denominator as part_two
    from years
    cross join (values ('numerator'), ('denominator'), ('value')) as aspects (aspect)
),

of_changes as (
    select
        change.indicator_id,
        aspects.aspect,
        change.area_code,
        change.period_label,
        case aspects.aspect
            when 'change' then change.change
            else change.change_percent_of_events
        end as number,
        null as word,
        aspects.aspect = 'change_percent' as is_percent,
        format(
            '{:,} after {:,} is {:+.1f} %, {}',
            change.numerator,
            change.previous_numerator,
            change.change_percent_of_events,
            {{ change_wording("change.verdict") }}
        ) as made_of,
        change.numerator as part_one,
        change.previous_numerator as part_two
    from {{ ref("indicator_change") }} as change
    inner join register
        on
            change.indicator_id = register.indicator_id
            and change.indicator_version = register.indicator_version
    cross join (values ('change'), ('change_percent')) as aspects (aspect)
    where
        change.verdict != 'not comparable'
        and register.kind != 'proportion'
        and change.area_code in (select area_code from wanted)
),

of_trends as (
    select
        trend.indicator_id,
        'trend' as aspect,
        trend.area_code,
        trend.period_label,
        null::double as number,
        trend.direction as word,
        false as is_percent,
        'five years: ' || trend.direction || ' (' || trend.reason || ')' as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("indicator_trend") }} as trend
    inner join register
        on
            trend.indicator_id = register.indicator_id
            and trend.indicator_version = register.indicator_version
    where
        trend.direction != 'cannot be calculated'
        and trend.area_code in (select area_code from wanted)
),

-- The last three years one after the other: fewer than a test can judge, but what people see.
runs as (
    select
        indicator_id,
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
        years_in_order as (partition by indicator_id, area_type, area_code order by period_start),
        years_so_far as (
            partition by indicator_id, area_type, area_code
            order by period_start
            rows between unbounded preceding and current row
        )
),

of_runs as (
    select
        indicator_id,
        'trend_three_years' as aspect,
        area_code,
        period_label,
        null::double as number,
        case
            when numerator < one_before and one_before < two_before then 'decreasing'
            when numerator > one_before and one_before > two_before then 'increasing'
            else 'neither'
        end as word,
        false as is_percent,
        format('{:,}, {:,} and {:,} in three years', two_before, one_before, numerator) as made_of,
        null::double as part_one,
        null::double as part_two
    from runs
    where two_before is not null
    union all
    select
        indicator_id,
        'record' as aspect,
        area_code,
        period_label,
        null::double as number,
        case
            when numerator = least then 'lowest'
            when numerator = most then 'highest'
            else 'neither'
        end as word,
        false as is_percent,
        format(
            '{:,}; between {:,} and {:,} in the {} years held, {} to {}',
            numerator,
            least,
            most,
            years_known,
            first_label,
            period_label
        ) as made_of,
        null::double as part_one,
        null::double as part_two
    from runs
    where years_known >= 3
),

of_comparisons as (
    select
        comparison.indicator_id,
        aspects.aspect,
        comparison.area_code,
        comparison.period_label,
        case aspects.aspect
            when 'rank_highest' then comparison.rank
            when 'rank_lowest' then comparison.rank_of - comparison.rank + 1
        end as number,
        case when aspects.aspect = 'verdict_county' then comparison.verdict end as word,
        false as is_percent,
        format(
            '{:.1f} against {:.1f} in {}; rank {} of {}, 1 the highest',
            comparison.value,
            comparison.comparator_value,
            comparison.comparator_name,
            comparison.rank,
            comparison.rank_of
        ) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("indicator_comparison") }} as comparison
    inner join register
        on
            comparison.indicator_id = register.indicator_id
            and comparison.indicator_version = register.indicator_version
    cross join (values ('rank_highest'), ('rank_lowest'), ('verdict_county')) as aspects (aspect)
    where
        comparison.comparator_type = 'county'
        and comparison.period_type = 'financial_year'
        and comparison.area_code in (select area_code from wanted)
),

of_hotspots as (
    select
        hotspot.indicator_id,
        aspects.aspect,
        hotspot.district_code as area_code,
        hotspot.period_label,
        case aspects.aspect
            when 'hotspots_significant'
                then count(*) filter (where hotspot.class = 'significantly high')
            else count(*) filter (where hotspot.rank_in_district <= 5)
        end as number,
        null as word,
        false as is_percent,
        case aspects.aspect
            when 'hotspots_significant'
                then
                    'above the exact 99.8 % limit of the county''s rate: '
                    || coalesce(
                        string_agg(
                            coalesce(hotspot.local_name, hotspot.area_name),
                            ', '
                            order by hotspot.rank_in_district
                        ) filter (where hotspot.class = 'significantly high'),
                        'none'
                    )
            else
                'the five highest: '
                || string_agg(
                    coalesce(hotspot.local_name, hotspot.area_name),
                    ', '
                    order by hotspot.rank_in_district
                ) filter (where hotspot.rank_in_district <= 5)
        end as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("hotspot") }} as hotspot
    cross join (values ('hotspots_significant'), ('top_areas')) as aspects (aspect)
    where hotspot.indicator_id in (select indicator_id from wanted)
    group by hotspot.indicator_id, aspects.aspect, hotspot.district_code, hotspot.period_label
),

of_targets as (
    select
        target.indicator_id,
        'target_percent' as aspect,
        target.area_code,
        target.target_label as period_label,
        target.target_percent as number,
        null as word,
        true as is_percent,
        format('on {:,.0f} in {}: {}', target.baseline_value, target.baseline_label, target.status)
            as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("target_progress") }} as target
    where target.period_label = target.target_label
),

of_surveys as (
    select
        perception.indicator_id,
        'rank_counties' as aspect,
        perception.area_code,
        perception.period_label,
        perception.rank as number,
        null as word,
        false as is_percent,
        format(
            '{:.1f} %, rank {} of {}, 1 the highest',
            perception.percent,
            perception.rank,
            perception.rank_of
        ) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("perception") }} as perception
    where perception.area_type = 'county' and perception.indicator_id is not null
    qualify
        row_number() over (
            partition by perception.indicator_id, perception.area_code, perception.period_label
            order by perception.fieldwork_end desc
        ) = 1
),

of_places as (
    select
        'population' as indicator_id,
        'people_per_lsoa' as aspect,
        area.district_code as area_code,
        {{ financial_year_label("population.financial_year_start") }} as period_label,
        sum(population.population) * 1e0 / count(*) as number,
        null as word,
        false as is_percent,
        format('{:,} residents in {} LSOAs', sum(population.population)::bigint, count(*)) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("dim_population") }} as population
    inner join {{ ref("dim_area") }} as area
        on population.area_code = area.area_code and area.area_type = 'lsoa'
    where population.area_type = 'lsoa' and area.is_in_geography
    group by area.district_code, population.financial_year_start
),

everything as (
    {% for part in [
        "of_values", "of_changes", "of_trends", "of_runs", "of_comparisons", "of_hotspots",
        "of_targets", "of_surveys", "of_places",
    ] -%}
    {{ "union all" if not loop.first }}
    select
        indicator_id,
        aspect,
        area_code,
        period_label,
        number::double as number,
        word::varchar as word,
        is_percent,
        made_of,
        part_one::double as part_one,
        part_two::double as part_two
    from {{ part }}
    {% endfor %}
    union all
    select * from {{ ref("int_recomputed_subject") }}
)

select everything.*
from everything
inner join wanted
    on
        everything.indicator_id = wanted.indicator_id
        and everything.aspect = wanted.aspect
        and everything.area_code = wanted.area_code
        and everything.period_label = wanted.period_label
-- A code can be a district's and a county's (a unitary council); the figures are then the same.
qualify
    row_number() over (
        partition by
            everything.indicator_id,
            everything.aspect,
            everything.area_code,
            everything.period_label
        order by everything.made_of
    ) = 1
