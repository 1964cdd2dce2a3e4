{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, rolling twelve months and version of the definition: MARAC cases, repeats among
-- them by the dates of the pairs (NI 32), and how far the conferences' own declarations differ. Exists
-- for each month end with all twelve months received.
with rates as (
    select *
    from {{ ref("int_indicator_value") }}
    where
        indicator_id = 'marac_repeat_rate'
        and period_type = 'rolling_12m'
        and is_complete
        and area_type != 'not_located'
),

declarations as (
    select
        rates.indicator_version,
        rates.area_type,
        rates.area_code,
        rates.period_start,
        sum(measure.numerator) filter (where measure.measure_id = 'marac_declared_repeats')
            as declared_repeats,
        sum(measure.numerator) filter (
            where measure.measure_id = case rates.indicator_version
                when 1 then 'marac_disagreements_since_first'
                else 'marac_disagreements'
            end
        ) as disagreements
    from rates
    inner join {{ ref("measure_area_month") }} as measure
        on
            rates.area_type = measure.area_type
            and rates.area_code = measure.area_code
            and measure.month between rates.period_start and rates.period_end
    where
        measure.measure_id in (
            'marac_declared_repeats', 'marac_disagreements', 'marac_disagreements_since_first'
        )
    group by all
)

select
    rates.area_type,
    rates.area_code,
    area.area_name,
    rates.period_type,
    rates.period_start,
    rates.period_end,
    rates.period_label,
    rates.indicator_version as definition_version,
    rates.denominator as cases,
    rates.numerator as repeats,
    rates.value as repeat_percent,
    rates.lower_95,
    rates.upper_95,
    declarations.declared_repeats::bigint as declared_repeats,
    declarations.disagreements::bigint as disagreements
from rates
inner join declarations
    on
        rates.indicator_version = declarations.indicator_version
        and rates.area_type = declarations.area_type
        and rates.area_code = declarations.area_code
        and rates.period_start = declarations.period_start
left join {{ ref("dim_area") }} as area
    on rates.area_type = area.area_type and rates.area_code = area.area_code
