{{ config(meta={"published": true, "public": "none"}) }}
-- One row per area, financial year and set of one to three needs that ten or more offenders have: how
-- much likelier they are to offend again than the rest of the caseload. Many sets are looked at: one
-- in twenty would stand out by chance alone.
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

-- Needs held by the same offender that are all the needs of a set.
holders as (
    select
        need.offender_id,
        need.period_start,
        need.period_end,
        need_set.needs
    from {{ ref("br_offender_need") }} as need
    inner join {{ ref("int_need_set") }} as need_set on need.need = need_set.need
    where need.is_identified
    group by need.offender_id, need.period_start, need.period_end, need_set.needs, need_set.size
    having count(*) = need_set.size
),

combined as (
    select
        offenders.area_type,
        offenders.area_code,
        offenders.financial_year_start,
        holders.needs,
        caseloads.caseload,
        caseloads.caseload_reoffenders,
        count(*) as offenders,
        count(*) filter (where offenders.has_reoffended) as reoffenders
    from holders
    inner join offenders
        on
            holders.offender_id = offenders.offender_id
            and holders.period_start = offenders.period_start
            and holders.period_end = offenders.period_end
    inner join caseloads
        on
            offenders.area_type = caseloads.area_type
            and offenders.area_code = caseloads.area_code
            and offenders.financial_year_start = caseloads.financial_year_start
    group by all
    -- Fewer say nothing, and are nobody's business.
    having count(*) >= 10
),

against_the_rest as (
    select
        *,
        caseload - offenders as others,
        caseload_reoffenders - reoffenders as other_reoffenders
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
    {{ risk_ratio("reoffenders", "offenders", "other_reoffenders", "others") }} as risk_ratio,
    {{ risk_ratio_limit("reoffenders", "offenders", "other_reoffenders", "others", "-") }}
        as lower_95,
    {{ risk_ratio_limit("reoffenders", "offenders", "other_reoffenders", "others", "+") }}
        as upper_95,
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
