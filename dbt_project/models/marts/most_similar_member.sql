{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
-- One row per focus area, member of its most similar group (the area itself is one), indicator, period and
-- source: the member's figure, or why it has none. Listed are the periods for which the focus area has a
-- figure that may be compared. Weighted estimates of surveys are never averaged, and are not listed.
with focus as (
    select setting_code, district_code
    from {{ ref("int_setting_district") }}
    where role = 'focus'
),

others as (
    select
        focus.district_code as focus_area_code,
        member.district_code as area_code
    from {{ ref("int_setting_district") }} as member
    inner join focus on member.group_code = focus.setting_code
    where member.role = 'most_similar'
),

members as (
    select focus_area_code, area_code from others
    union
    select focus_area_code, focus_area_code as area_code from others
),

indicators as (
    select
        register.indicator_id,
        register.indicator_version,
        register.kind,
        register.unit,
        measure.feed
    from {{ ref("indicator_register") }} as register
    inner join {{ ref("measure") }} as measure
        on register.numerator_measure = measure.measure_id
),

figures as (
    select
        int_indicator_value.indicator_id,
        int_indicator_value.indicator_version,
        int_indicator_value.area_code,
        int_indicator_value.period_type,
        int_indicator_value.period_start,
        int_indicator_value.period_end,
        int_indicator_value.period_label,
        indicators.feed as source,
        int_indicator_value.numerator,
        int_indicator_value.denominator,
        int_indicator_value.population_year,
        int_indicator_value.value,
        int_indicator_value.lower_95,
        int_indicator_value.upper_95,
        int_indicator_value.dispersion,
        int_indicator_value.known,
        int_indicator_value.unknown,
        int_indicator_value.lowest_possible,
        int_indicator_value.highest_possible,
        int_indicator_value.months_received,
        int_indicator_value.is_complete
    from {{ ref("int_indicator_value") }} as int_indicator_value
    inner join indicators
        on
            int_indicator_value.indicator_id = indicators.indicator_id
            and int_indicator_value.indicator_version = indicators.indicator_version
    where
        int_indicator_value.area_type = 'district'
        and int_indicator_value.area_code in (select area_code from members)
    union all
    select
        indicator_id,
        indicator_version,
        area_code,
        period_type,
        period_start,
        period_end,
        period_label,
        'reference/recorded_crime_benchmark' as source,
        numerator,
        denominator,
        population_year,
        value,
        lower_95,
        upper_95,
        dispersion,
        null as known,
        null as unknown,
        null as lowest_possible,
        null as highest_possible,
        12 as months_received,
        numerator is not null as is_complete
    from {{ ref("int_benchmark_value") }}
    where area_code in (select area_code from members)
),

listed as (
    select
        members.focus_area_code,
        members.area_code,
        own.indicator_id,
        own.indicator_version,
        own.period_type,
        own.period_start,
        own.period_end,
        own.period_label,
        own.source
    from figures as own
    inner join members on own.area_code = members.focus_area_code
    where
        own.is_complete
        and own.value is not null
        -- Twelve months of which some were counted otherwise are compared with nothing.
        and not exists (
            select 1
            from {{ ref("series_break") }} as series_break
            where
                series_break.indicator_id = own.indicator_id
                and series_break.break_date > own.period_start
                and series_break.break_date <= own.period_end
        )
),

covered as (
    select distinct feed, area_code
    from {{ ref("int_area_received") }}
    where area_type = 'district'
),

forces as (
    select
        police_force_area_code,
        min(force_name) as force_name
    from {{ ref("dim_police_force") }}
    where police_force_area_code is not null
    group by police_force_area_code
),

explained as (
    select
        listed.*,
        coalesce(district.district_name, known.district_name, listed.area_code) as area_name,
        indicators.unit,
        case
            when figures.is_complete and figures.value is not null then null
            when listed.source = 'reference/recorded_crime_benchmark'
                then
                    case
                        when figures.numerator is null
                            then 'Table C2 has no figure of this district alone'
                        else 'the residents of the district are not known'
                    end
            when district.district_code is null
                then 'no LSOA lookup that was landed has the district'
            when covered.area_code is null and listed.source = 'police/street_crime'
                then 'street crime of ' || coalesce(forces.force_name, 'its force') || ' is not loaded'
            when covered.area_code is null
                then 'the extracts of ' || listed.source || ' do not cover the district'
            when listed.period_type = 'month' and not coalesce(figures.is_complete, false)
                then 'no extract covers ' || listed.period_label
            when not figures.is_complete
                then {{ incomplete_reason("listed.period_label", "figures.months_received") }}
            when figures.indicator_id is null
                then listed.period_label || ' is incomplete: not all of 12 months received'
            when indicators.kind = 'proportion' then 'nothing to take a share of was recorded'
            else 'the residents of the district are not known'
        end as reason,
        figures.numerator,
        figures.denominator,
        figures.population_year,
        figures.value,
        figures.lower_95,
        figures.upper_95,
        figures.dispersion,
        figures.known,
        figures.unknown,
        figures.lowest_possible,
        figures.highest_possible
    from listed
    inner join indicators
        on
            listed.indicator_id = indicators.indicator_id
            and listed.indicator_version = indicators.indicator_version
    left join figures
        on
            listed.indicator_id = figures.indicator_id
            and listed.indicator_version = figures.indicator_version
            and listed.area_code = figures.area_code
            and listed.period_type = figures.period_type
            and listed.period_start = figures.period_start
            and listed.source = figures.source
    left join {{ ref("dim_district") }} as district on listed.area_code = district.district_code
    left join {{ ref("district") }} as known on listed.area_code = known.district_code
    left join forces on district.police_force_area_code = forces.police_force_area_code
    left join covered on listed.source = covered.feed and listed.area_code = covered.area_code
)

select
    explained.focus_area_code,
    focus_area.district_name as focus_area_name,
    explained.indicator_id,
    explained.indicator_version,
    explained.period_type,
    explained.period_start,
    explained.period_end,
    explained.period_label,
    explained.source,
    'district' as area_type,
    explained.area_code,
    explained.area_name,
    explained.area_code = explained.focus_area_code as is_focus_area,
    explained.unit,
    {% for figure in [
        "numerator", "denominator", "population_year", "value", "lower_95", "upper_95", "dispersion",
        "known", "unknown", "lowest_possible", "highest_possible"
    ] -%}
    case when explained.reason is null then explained.{{ figure }} end as {{ figure }},
    {% endfor -%}
    case
        when explained.reason is null
            then
                rank() over (
                    partition by
                        explained.focus_area_code,
                        explained.indicator_id,
                        explained.indicator_version,
                        explained.period_type,
                        explained.period_start,
                        explained.source,
                        explained.reason is null
                    order by explained.value desc
                )
    end as rank,
    count(*) filter (where explained.reason is null) over source_group as rank_of,
    count(*) over source_group as members,
    explained.reason
from explained
left join {{ ref("dim_district") }} as focus_area
    on explained.focus_area_code = focus_area.district_code
window
    source_group as (
        partition by
            explained.focus_area_code,
            explained.indicator_id,
            explained.indicator_version,
            explained.period_type,
            explained.period_start,
            explained.source
    )
