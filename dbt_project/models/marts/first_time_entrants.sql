{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area and year: young people who entered the youth justice system for the first
-- time, the change on the year before and whether it could be chance, and the rate.
with changes as (
    select * from {{ ref("indicator_change") }}
    where indicator_id = 'first_time_entrants' and area_type not in ('force', 'not_located')
),

rates as (
    select * from {{ ref("int_indicator_value") }}
    where
        indicator_id = 'first_time_entrants'
        and {{ is_year("period_type") }}
        and area_type not in ('force', 'not_located')
)

select
    rates.area_type,
    rates.area_code,
    area.area_name,
    rates.period_type,
    rates.period_start,
    rates.period_end,
    rates.period_label,
    rates.is_complete,
    rates.numerator as entrants,
    changes.previous_numerator as previous_entrants,
    changes.change_percent_of_events as change_percent,
    changes.p_value,
    changes.verdict,
    changes.reason,
    rates.denominator as population_10_17,
    rates.population_year,
    rates.value as rate_per_100k,
    rates.lower_95,
    rates.upper_95
from rates
left join changes
    on
        rates.indicator_version = changes.indicator_version
        and rates.area_type = changes.area_type
        and rates.area_code = changes.area_code
        and rates.period_start = changes.period_start
left join {{ ref("dim_area") }} as area
    on rates.area_type = area.area_type and rates.area_code = area.area_code
