{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, financial year and set of one to three needs that ten or more offenders have: how
-- much likelier they are to offend again than those known not to have all of them. Who was not assessed
-- for a need of the set, and has every other, is neither. Many sets are looked at: one in twenty would
-- stand out by chance alone.
with offenders as (
    select
        offender.offender_id,
        offender.period_start,
        offender.period_end,
        offender.financial_year_start,
        offender.has_reoffended,
        area.area_type,
        area.area_code
    from {{ ref("fct_offender_year") }} as offender
    inner join {{ ref("br_area_part") }} as area
        on coalesce(offender.geography_lsoa_code, offender.district_code) = area.place_code
),

caseloads as (
    select
        area_type,
        area_code,
        financial_year_start,
        count(*) as caseload,
        count(*) filter (where has_reoffended) as caseload_reoffenders
    from offenders
    group by area_type, area_code, financial_year_start
),

-- Inside a set are those with all its needs, outside those assessed as without one of them.
standings as (
    select
        need.offender_id,
        need.period_start,
        need.period_end,
        need_set.needs,
        count(*) filter (where need.is_identified) = need_set.size as is_inside,
        bool_or(not need.is_identified) as is_outside
    from {{ ref("br_offender_need") }} as need
    inner join {{ ref("int_need_set") }} as need_set on need.need = need_set.need
    group by need.offender_id, need.period_start, need.period_end, need_set.needs, need_set.size
),

combined as (
    select
        offenders.area_type,
        offenders.area_code,
        offenders.financial_year_start,
        standings.needs,
        caseloads.caseload,
        caseloads.caseload_reoffenders,
        count(*) filter (where standings.is_inside) as offenders,
        count(*) filter (where standings.is_inside and offenders.has_reoffended) as reoffenders,
        count(*) filter (where standings.is_outside) as others,
        count(*) filter (where standings.is_outside and offenders.has_reoffended)
            as other_reoffenders
    from standings
    inner join offenders
        on
            standings.offender_id = offenders.offender_id
            and standings.period_start = offenders.period_start
            and standings.period_end = offenders.period_end
    inner join caseloads
        on
            offenders.area_type = caseloads.area_type
            and offenders.area_code = caseloads.area_code
            and offenders.financial_year_start = caseloads.financial_year_start
    group by all
    -- Fewer say nothing, and are nobody's business.
    having count(*) filter (where standings.is_inside) >= 10
),

against_the_rest as (
    select
        *,
        caseload - offenders - others as unknown,
        caseload_reoffenders - reoffenders - other_reoffenders as unknown_reoffenders
    from combined
)

select
    against_the_rest.area_type,
    against_the_rest.area_code,
    area.area_name,
    'financial_year' as period_type,
    against_the_rest.financial_year_start as period_start,
    year.period_end,
    year.period_label,
    year.is_complete,
    against_the_rest.needs,
    against_the_rest.offenders,
    against_the_rest.reoffenders,
    against_the_rest.others,
    against_the_rest.other_reoffenders,
    against_the_rest.unknown,
    against_the_rest.unknown_reoffenders,
    {{ risk_ratio("reoffenders", "offenders", "other_reoffenders", "others") }} as risk_ratio,
    {{ risk_ratio_limit("reoffenders", "offenders", "other_reoffenders", "others", "-") }}
        as lower_95,
    {{ risk_ratio_limit("reoffenders", "offenders", "other_reoffenders", "others", "+") }}
        as upper_95,
    -- The ratio rises with who offended again inside and who did not outside, and falls with the others.
    {{ risk_ratio(
        "reoffenders", "(offenders + unknown - unknown_reoffenders)",
        "(other_reoffenders + unknown_reoffenders)", "(others + unknown_reoffenders)"
    ) }} as lowest_possible,
    {{ risk_ratio(
        "(reoffenders + unknown_reoffenders)", "(offenders + unknown_reoffenders)",
        "other_reoffenders", "(others + unknown - unknown_reoffenders)"
    ) }} as highest_possible,
    (select count(distinct need_set.needs) from {{ ref("int_need_set") }} as need_set)
        as sets_tested
from against_the_rest
inner join {{ ref("int_feed_year") }} as year
    on
        year.feed = 'probation/caseload'
        and against_the_rest.area_type = year.area_type
        and against_the_rest.area_code = year.area_code
        and against_the_rest.financial_year_start = year.period_start
left join {{ ref("dim_area") }} as area
    on
        against_the_rest.area_type = area.area_type
        and against_the_rest.area_code = area.area_code
