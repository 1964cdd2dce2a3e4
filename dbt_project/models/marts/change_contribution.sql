{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
-- One row per indicator, part of it, area and year: how much of the change on the year before is
-- the part's. "Mainly" may be said of more than half alone.
with changes as (
    select * from {{ ref("indicator_change") }} where area_type != 'lsoa'
),

compared as (
    select
        whole.indicator_id,
        whole.indicator_version,
        part.indicator_id as part_indicator_id,
        part.indicator_version as part_indicator_version,
        register.name as part_name,
        whole.area_type,
        whole.area_code,
        whole.area_name,
        whole.period_type,
        whole.period_start,
        whole.period_end,
        whole.period_label,
        whole.change,
        whole.verdict as change_verdict,
        part.change as part_change,
        case
            when whole.verdict = 'not comparable' then whole.reason
            when part.verdict = 'not comparable' then register.name || ': ' || part.reason
            when whole.change = 0 then 'the whole did not change'
        end as refusal
    from {{ ref("indicator_part") }} as indicator_part
    inner join changes as whole on indicator_part.whole_id = whole.indicator_id
    inner join changes as part
        on
            indicator_part.part_id = part.indicator_id
            and whole.area_type = part.area_type
            and whole.area_code = part.area_code
            and whole.period_start = part.period_start
    inner join {{ ref("indicator_register") }} as register
        on
            part.indicator_id = register.indicator_id
            and part.indicator_version = register.indicator_version
)

select
    * exclude (refusal),
    case when refusal is null then 100e0 * part_change / change end as contribution_percent,
    case
        when refusal is not null then 'cannot be said'
        else {{ contribution_word("part_change", "change") }}
    end as verdict,
    coalesce(
        refusal,
        'change of the part ÷ change of the whole, ' || {{ change_wording("change_verdict") }}
    ) as reason
from compared
