{{ config(meta={"published": true, "public": "open_indicators"}) }}
-- One row per indicator, area, period and comparator: is the area's value apart from the
-- comparator's by more than is likely by chance, and where does it rank? Only periods complete for both.
-- LSOAs are compared by financial year; their months are too few events to compare. So many LSOAs are
-- compared at once that their verdict follows the q-value: of those called higher or lower, 5 % are
-- expected to be so by chance.
with complete as (
    select
        int_indicator_value.*,
        register.kind,
        register.multiplier,
        register.polarity_between_areas,
        area.district_code,
        area.is_in_county,
        {{ is_open_data("register.feeds") }} as is_open_data,
        {{ is_current_version("int_indicator_value") }} as is_current
    from {{ ref("int_indicator_value") }} as int_indicator_value
    inner join {{ ref("indicator_register") }} as register
        on
            int_indicator_value.indicator_id = register.indicator_id
            and int_indicator_value.indicator_version = register.indicator_version
    inner join {{ ref("dim_area") }} as area
        on
            int_indicator_value.area_type = area.area_type
            and int_indicator_value.area_code = area.area_code
    where
        int_indicator_value.is_complete
        and int_indicator_value.value is not null
        and int_indicator_value.area_type in ('lsoa', 'district', 'county')
        and (
            int_indicator_value.area_type != 'lsoa'
            or int_indicator_value.period_type = 'financial_year'
        )
        -- Twelve months of which some were counted otherwise are compared with nothing.
        and not exists (
            select 1
            from {{ ref("series_break") }} as series_break
            where
                series_break.indicator_id = int_indicator_value.indicator_id
                and series_break.break_date > int_indicator_value.period_start
                and series_break.break_date <= int_indicator_value.period_end
        )
),

-- The most similar group is the list of the settings and the focus areas themselves.
group_members as (
    select distinct district_code
    from {{ ref("int_setting_district") }}
    where
        role in ('most_similar', 'focus')
        and exists (
            select 1 from {{ ref("int_setting_district") }} where role = 'most_similar'
        )
),

group_values as (
    select
        indicator_id,
        indicator_version,
        period_type,
        period_start,
        -- In order, so that the last digit is the same from run to run.
        list_avg(list(value order by area_code)) as value
    from complete
    where
        area_type = 'district'
        and area_code in (select district_code from group_members)
        -- Weighted estimates of a survey are never averaged again.
        and indicator_id not in (select indicator_id from {{ ref("survey_indicator") }})
    group by all
    -- The mean of a part of the group is not the group's.
    having count(*) = (select count(*) from group_members)
),

comparisons as (
    select
        own.*,
        'county' as comparator_type,
        county.area_code as comparator_code,
        county.value as benchmark
    from complete as own
    inner join complete as county
        on
            own.indicator_id = county.indicator_id
            and own.indicator_version = county.indicator_version
            and own.period_type = county.period_type
            and own.period_start = county.period_start
    where
        own.area_type in ('lsoa', 'district')
        and own.is_in_county
        and county.area_type = 'county'
    union all
    select
        own.*,
        'district' as comparator_type,
        district.area_code as comparator_code,
        district.value as benchmark
    from complete as own
    inner join complete as district
        on
            own.indicator_id = district.indicator_id
            and own.indicator_version = district.indicator_version
            and own.period_type = district.period_type
            and own.period_start = district.period_start
            and own.district_code = district.area_code
    where own.area_type = 'lsoa' and district.area_type = 'district'
    union all
    select
        own.*,
        'most_similar_group' as comparator_type,
        'most_similar_group' as comparator_code,
        group_values.value as benchmark
    from complete as own
    inner join group_values
        on
            own.indicator_id = group_values.indicator_id
            and own.indicator_version = group_values.indicator_version
            and own.period_type = group_values.period_type
            and own.period_start = group_values.period_start
    where
        own.area_type = 'district'
        and own.area_code in (select district_code from group_members)
),

tested as (
    select
        *,
        {{ benchmark_p("comparisons") }} as p_value
    from comparisons
),

corrected as (
    {{ benjamini_hochberg(
        "tested", "p_value",
        "is_open_data, is_current, area_type, period_type, period_start, comparator_type"
    ) }}
),

judged as (
    select
        *,
        case
            when not ({{ is_below_district("area_type") }})
                then {{ verdict_against("benchmark", "lower_95", "upper_95") }}
            when q_value < {{ threshold("comparison_significance") }}
                then case when value > benchmark then 'higher' else 'lower' end
            else 'similar'
        end as verdict,
        rank() over peers as value_rank,
        count(*) over peer_group as value_rank_of
    from corrected
    window
        peer_group as (
            partition by
                indicator_id,
                indicator_version,
                area_type,
                period_type,
                period_start,
                comparator_type,
                comparator_code
        ),
        peers as (
            partition by
                indicator_id,
                indicator_version,
                area_type,
                period_type,
                period_start,
                comparator_type,
                comparator_code
            order by value desc
        )
)

select
    judged.indicator_id,
    judged.indicator_version,
    judged.area_type,
    judged.area_code,
    area.area_name,
    judged.period_type,
    judged.period_start,
    judged.period_end,
    judged.period_label,
    judged.comparator_type,
    judged.comparator_code,
    coalesce(comparator.area_name, 'Most similar group') as comparator_name,
    -- Every comparator here contains the area it is compared with.
    true as comparator_includes_area,
    judged.value,
    judged.benchmark as comparator_value,
    judged.dispersion,
    judged.p_value,
    judged.q_value,
    judged.tests_in_family,
    judged.verdict,
    {{ judgement_of("judged.verdict", "judged.polarity_between_areas") }} as judgement,
    judged.value_rank as rank,
    judged.value_rank_of as rank_of
from judged
left join {{ ref("dim_area") }} as area
    on judged.area_type = area.area_type and judged.area_code = area.area_code
left join {{ ref("dim_area") }} as comparator
    on
        judged.comparator_type = comparator.area_type
        and judged.comparator_code = comparator.area_code
