-- Where a lookup does not hold the partner's codes, districts would read zero and look true. More than
-- half of a year's hundred events or more without a place is such a fault, not a partner's habit.
with years as (
    select
        indicator_id,
        indicator_version,
        area_code as force_code,
        period_start,
        period_label,
        max(numerator) filter (where area_type = 'force') as recorded,
        max(numerator) filter (where area_type = 'not_located') as not_located
    from {{ ref("int_indicator_value") }}
    where
        period_type = 'financial_year'
        and area_type in ('force', 'not_located')
        -- Not of others: the lookups hold no place of Northern Ireland, nor most of the railways'.
        and area_code in (
            select forces.force_code
            from {{ ref("int_home_force") }} as home_force
            inner join {{ ref("dim_police_force") }} as forces
                on home_force.force_name = forces.force_name
        )
    group by all
)

select *
from years
where
    recorded >= {{ threshold("unplaced_least_events") }}
    and not_located > {{ threshold("unplaced_most_share") }} * recorded
