{{ config(materialized="view") }}
-- The part of int_claim_value that says where and of whom: small areas and communities of the highest rates.
with placed as (
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
    cross join {{ ref("dim_area") }} as county
    where county.area_type = 'county'
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
)

select * from of_hotspots
union all by name
select * from of_communities
