{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
-- One row per indicator, area, period and comparator: is the area's value apart from the
-- comparator's by more than is likely by chance, and where does it rank? Only periods complete for both.
-- LSOAs and what is made of them are compared by year; their months are too few events. So many are
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
        coalesce(measure.feed, split_part(register.feeds, ';', 1)) as source,
        {{ is_current_version("int_indicator_value") }} as is_current
    from {{ ref("int_indicator_value") }} as int_indicator_value
    inner join {{ ref("indicator_register") }} as register
        on
            int_indicator_value.indicator_id = register.indicator_id
            and int_indicator_value.indicator_version = register.indicator_version
    left join {{ ref("measure") }} as measure
        on register.numerator_measure = measure.measure_id
    inner join {{ ref("dim_area") }} as area
        on
            int_indicator_value.area_type = area.area_type
            and int_indicator_value.area_code = area.area_code
    where
        int_indicator_value.is_complete
        and int_indicator_value.value is not null
        and int_indicator_value.area_type not in ('force', 'not_located')
        and (
            not ({{ is_below_district("int_indicator_value.area_type") }})
            or {{ is_year("int_indicator_value.period_type") }}
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

-- Of several sources the one that has figures of most members; of as many the indicator's own records.
group_means as (
    select
        focus_area_code,
        indicator_id,
        indicator_version,
        period_type,
        period_start,
        source,
        members,
        rank_of,
        -- In order, so that the last digit is the same from run to run.
        list_avg(list(value order by area_code)) as value,
        {{ mean_limit("value", "lower_95", "area_code", "-") }} as lower_95,
        {{ mean_limit("value", "upper_95", "area_code", "+") }} as upper_95,
        list_avg(list(coalesce(lowest_possible, value) order by area_code)) as lowest_possible,
        list_avg(list(coalesce(highest_possible, value) order by area_code)) as highest_possible
    from {{ ref("most_similar_member") }}
    where value is not null
    group by
        focus_area_code,
        indicator_id,
        indicator_version,
        period_type,
        period_start,
        source,
        members,
        rank_of
    having rank_of > {{ threshold("group_least_others") }}
    qualify
        row_number() over (
            partition by focus_area_code, indicator_id, indicator_version, period_type, period_start
            order by rank_of desc, source = 'reference/recorded_crime_benchmark'
        ) = 1
),

comparisons as (
    select
        own.*,
        'county' as comparator_type,
        county.area_code as comparator_code,
        county.value as benchmark,
        county.lower_95 as comparator_lower_95,
        county.upper_95 as comparator_upper_95,
        coalesce(county.lowest_possible, county.value) as lowest_benchmark,
        coalesce(county.highest_possible, county.value) as highest_benchmark,
        null::bigint as members,
        null::bigint as members_with_figures,
        null::bigint as group_rank
    from complete as own
    inner join complete as county
        on
            own.indicator_id = county.indicator_id
            and own.indicator_version = county.indicator_version
            and own.period_type = county.period_type
            and own.period_start = county.period_start
    where
        own.area_type != 'county'
        and own.is_in_county
        and county.area_type = 'county'
    union all
    select
        own.*,
        'district' as comparator_type,
        district.area_code as comparator_code,
        district.value as benchmark,
        district.lower_95 as comparator_lower_95,
        district.upper_95 as comparator_upper_95,
        coalesce(district.lowest_possible, district.value) as lowest_benchmark,
        coalesce(district.highest_possible, district.value) as highest_benchmark,
        null::bigint as members,
        null::bigint as members_with_figures,
        null::bigint as group_rank
    from complete as own
    inner join complete as district
        on
            own.indicator_id = district.indicator_id
            and own.indicator_version = district.indicator_version
            and own.period_type = district.period_type
            and own.period_start = district.period_start
            and own.district_code = district.area_code
    where {{ is_below_district("own.area_type") }} and district.area_type = 'district'
    union all by name
    select
        own.indicator_id,
        own.indicator_version,
        own.area_type,
        own.area_code,
        own.period_type,
        own.period_start,
        own.period_end,
        own.period_label,
        own.source,
        own.numerator,
        own.denominator,
        own.value,
        own.lower_95,
        own.upper_95,
        own.dispersion,
        own.known,
        own.unknown,
        own.lowest_possible,
        own.highest_possible,
        counted.highest_numerator,
        counted.lowest_denominator,
        counted.highest_denominator,
        register.kind,
        register.multiplier,
        register.polarity_between_areas,
        {{ is_open_data("register.feeds") }} as is_open_data,
        {{ is_current_version("own") }} as is_current,
        'most_similar_group' as comparator_type,
        own.focus_area_code as comparator_code,
        group_means.value as benchmark,
        group_means.lower_95 as comparator_lower_95,
        group_means.upper_95 as comparator_upper_95,
        group_means.lowest_possible as lowest_benchmark,
        group_means.highest_possible as highest_benchmark,
        own.members,
        own.rank_of as members_with_figures,
        own.rank as group_rank
    from group_means
    inner join {{ ref("most_similar_member") }} as own
        on
            group_means.focus_area_code = own.focus_area_code
            and group_means.indicator_id = own.indicator_id
            and group_means.indicator_version = own.indicator_version
            and group_means.period_type = own.period_type
            and group_means.period_start = own.period_start
            and group_means.source = own.source
            and own.is_focus_area
    inner join {{ ref("indicator_register") }} as register
        on
            own.indicator_id = register.indicator_id
            and own.indicator_version = register.indicator_version
    left join complete as counted
        on
            own.indicator_id = counted.indicator_id
            and own.indicator_version = counted.indicator_version
            and own.area_type = counted.area_type
            and own.area_code = counted.area_code
            and own.period_type = counted.period_type
            and own.period_start = counted.period_start
            and own.source = counted.source
),

-- Each p-value once: what controls the tests reads them more than once.
tested as materialized (
    select
        *,
        {{ benchmark_p("comparisons") }} as p_value
    from comparisons
),

corrected as (
    {{ benjamini_hochberg(
        "tested", "p_value",
        "is_open_data, is_current, area_type, period_type, period_start, comparator_type",
        threshold("comparison_significance")
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
        end as known_verdict,
        coalesce(unknown, 0) > 0 or lowest_benchmark < highest_benchmark as has_unknowns,
        -- What both would be if all that does not say were so as to make them least, and most.
        {% for end, end_numerator in [
            ("lowest", "numerator"), ("highest", "coalesce(highest_numerator, numerator)")
        ] -%}
        struct_pack(
            kind := kind,
            multiplier := multiplier,
            dispersion := dispersion,
            numerator := {{ end_numerator }},
            denominator := coalesce({{ end }}_denominator, denominator),
            value := coalesce({{ end }}_possible, value),
            benchmark := {{ end }}_benchmark
        ) as {{ end }}_end,
        {% endfor -%}
        coalesce(group_rank, rank() over peers) as value_rank,
        coalesce(members_with_figures, count(*) over peer_group) as value_rank_of
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
),

at_ends as (
    select
        {% for end in ["lowest_end", "highest_end"] -%}
        case when has_unknowns then {{ benchmark_p(end) }} end as {{ end }}_p,
        {% endfor -%}
        *
    from judged
),

worded as (
    select
        {% for end in ["lowest_end", "highest_end"] -%}
        case
            when not {{ is_significant_at_end(end ~ "_p", threshold("comparison_significance")) }}
                then 'similar'
            when {{ end }}.value > {{ end }}.benchmark then 'higher'
            else 'lower'
        end as {{ end }}_verdict,
        {% endfor -%}
        *
    from at_ends
),

told as (
    select
        *,
        has_unknowns
        and (known_verdict != lowest_end_verdict or known_verdict != highest_end_verdict) as is_open,
        case when is_open then 'not certain' else known_verdict end as verdict
    from worded
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
    judged.source,
    -- Every comparator here contains the area it is compared with.
    true as comparator_includes_area,
    judged.value,
    judged.benchmark as comparator_value,
    judged.comparator_lower_95,
    judged.comparator_upper_95,
    judged.members,
    judged.members_with_figures,
    judged.known,
    judged.unknown,
    judged.lowest_possible,
    judged.highest_possible,
    case when judged.known is not null then judged.lowest_benchmark end as comparator_lowest_possible,
    case when judged.known is not null then judged.highest_benchmark end
        as comparator_highest_possible,
    judged.dispersion,
    judged.p_value,
    judged.q_value,
    judged.tests_in_family,
    judged.verdict,
    case
        when judged.is_open
            then
                format(
                    '{:,} of {:,} records of the area, and others of the comparator, do not say: {} at the '
                    || 'lowest possible values of both, {} at the highest, {} of those that say',
                    judged.unknown,
                    judged.known + judged.unknown,
                    judged.lowest_end_verdict,
                    judged.highest_end_verdict,
                    judged.known_verdict
                )
    end as reason,
    {{ judgement_of("judged.verdict", "judged.polarity_between_areas") }} as judgement,
    judged.value_rank as rank,
    judged.value_rank_of as rank_of
from told as judged
left join {{ ref("dim_area") }} as area
    on judged.area_type = area.area_type and judged.area_code = area.area_code
left join {{ ref("dim_area") }} as comparator
    on
        judged.comparator_type = comparator.area_type
        and judged.comparator_code = comparator.area_code
