{{ config(meta={"published": true, "public": "open_indicators", "counts": "nothing"}) }}
-- One row per indicator and day on which its series breaks: its own definition changed, or that of a
-- part of it, or that of what it is a share of. A change, trend, comparison or target across the day is
-- refused.
with recursive register as (
    select distinct
        indicator_id,
        kind,
        numerator_measure,
        denominator_measure
    from {{ ref("indicator_register") }}
),

made_of as (
    select
        whole_id as indicator_id,
        part_id as component_id
    from {{ ref("indicator_part") }}
    union
    select
        share.indicator_id,
        component.indicator_id as component_id
    from register as share
    inner join register as component
        on
            component.numerator_measure in (share.numerator_measure, share.denominator_measure)
            and component.kind != 'proportion'
    where share.kind = 'proportion'
),

-- Each round goes from the components to what is made of them; no row comes twice, so it ends.
reached as (
    select
        indicator_id,
        indicator_id as changed_id,
        break_date,
        reason
    from {{ ref("definition_change") }}
    union
    select
        made_of.indicator_id,
        reached.changed_id,
        reached.break_date,
        reached.reason
    from reached
    inner join made_of on reached.indicator_id = made_of.component_id
)

select
    indicator_id,
    break_date,
    string_agg(distinct reason, '; ' order by reason) as reason,
    string_agg(distinct changed_id, ', ' order by changed_id) as changed_indicators
from reached
group by indicator_id, break_date
