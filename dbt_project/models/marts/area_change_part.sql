{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
-- One row per indicator, area, year and position: of the change on the year before, what one
-- LSOA's change in one of the types it is made of is. The largest are named, the last row of each change
-- is all the rest, so that the rows add up to it.
with recursive register as (
    select *
    from {{ ref("indicator_register") }}
    where kind != 'proportion'
    qualify row_number() over (partition by indicator_id order by indicator_version desc) = 1
),

reached as (
    select
        indicator_id as whole_id,
        indicator_id as part_id
    from register
    union
    select
        reached.whole_id,
        indicator_part.part_id
    from reached
    inner join {{ ref("indicator_part") }} as indicator_part
        on reached.part_id = indicator_part.whole_id
),

-- The finest types alone, or an event would be in its type and in what that is a part of.
types as (
    select
        reached.whole_id,
        register.indicator_id as part_id,
        register.name as part_name
    from reached
    inner join register on reached.part_id = register.indicator_id
    where reached.part_id not in (select whole_id from {{ ref("indicator_part") }})
),

changes as (
    select change.*
    from {{ ref("indicator_change") }} as change
    inner join register
        on
            change.indicator_id = register.indicator_id
            and change.indicator_version = register.indicator_version
),

wholes as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        area_name,
        period_type,
        period_start,
        period_end,
        period_label,
        change,
        verdict as change_verdict
    from changes
    where area_type in ('district', 'county') and verdict != 'not comparable' and change != 0
),

lsoas as (
    select
        area_code,
        coalesce(local_name, area_name) as area_name,
        district_code,
        is_in_county
    from {{ ref("dim_area") }}
    where area_type = 'lsoa'
),

places as (
    select
        area_code,
        area_name,
        'district' as within_type,
        district_code as within_code
    from lsoas
    union all
    select
        lsoas.area_code,
        lsoas.area_name,
        'county' as within_type,
        county.area_code as within_code
    from lsoas
    inner join {{ ref("dim_area") }} as county on county.area_type = 'county'
    where lsoas.is_in_county
),

-- Counts, whatever the residents: also a place nobody lives in has its part.
changes_of_lsoas as (
    select
        indicator_id,
        area_code,
        period_type,
        period_start,
        numerator - previous_numerator as part_change,
        verdict as part_verdict
    from changes
    where area_type = 'lsoa' and numerator != previous_numerator
),

-- Worked out once: read in two places it would be worked out twice (2.0 s, now 0.7; 2026-11).
ranked as materialized (
    select
        wholes.*,
        types.part_id,
        types.part_name,
        places.area_code as part_area_code,
        places.area_name as part_area_name,
        changes_of_lsoas.part_change,
        changes_of_lsoas.part_verdict,
        row_number() over (
            partition by
                wholes.indicator_id,
                wholes.area_type,
                wholes.area_code,
                wholes.period_type,
                wholes.period_start
            order by
                abs(changes_of_lsoas.part_change) desc, types.part_id asc, places.area_code asc
        ) as position
    from wholes
    inner join types on wholes.indicator_id = types.whole_id
    inner join places
        on wholes.area_type = places.within_type and wholes.area_code = places.within_code
    inner join changes_of_lsoas
        on
            types.part_id = changes_of_lsoas.indicator_id
            and places.area_code = changes_of_lsoas.area_code
            and wholes.period_type = changes_of_lsoas.period_type
            and wholes.period_start = changes_of_lsoas.period_start
),

named as (
    select * from ranked where position <= {{ threshold("contribution_most_parts") }}
),

rest as (
    select
        named.* exclude (
            part_id, part_name, part_area_code, part_area_name, part_change, part_verdict, position
        ),
        'everything else' as part_name,
        any_value(change) - sum(part_change) as part_change,
        max(position) + 1 as position
    from named
    group by all
),

parts as (
    select * from named
    union all by name
    select * from rest
)

select
    indicator_id,
    indicator_version,
    area_type,
    area_code,
    area_name,
    period_type,
    period_start,
    period_end,
    period_label,
    change,
    change_verdict,
    position,
    part_id as part_indicator_id,
    part_name,
    part_area_code,
    part_area_name,
    part_change::bigint as part_change,
    part_verdict,
    100e0 * part_change / change as share_of_change,
    -- Everything else is no one part, that a change could be mainly of it.
    case when part_id is not null then {{ contribution_word("part_change", "change") }} end as word
from parts
