{{ config(meta={"published": true, "public": "open_indicators", "counts": "events and people"}) }}
{% set lower = count_lower("tenths.numerator", "95", "exact") -%}
{% set upper = count_upper("tenths.numerator", "95", "exact") -%}
-- One row per indicator, complete year, area and edition of the deprivation index: how the rate
-- falls (or rises) from the most to the least deprived place of the area, by a straight line through
-- tenths of its own LSOAs. Rates of places, not of people.
with placed as (
    select
        lsoa_years.*,
        'IMD ' || deprivation.edition || ' tenth, ' || lsoa_years.area_type as classification,
        case lsoa_years.area_type
            when 'county' then deprivation.county_tenth
            when 'district' then deprivation.district_tenth
        end as tenth
    from {{ ref("int_area_lsoa_year") }} as lsoa_years
    inner join {{ ref("int_lsoa_deprivation") }} as deprivation
        on lsoa_years.lsoa_code = deprivation.lsoa_code
    where lsoa_years.population is not null and lsoa_years.area_type in ('district', 'county')
),

tenths as (
    select
        indicator_id
        || '|' || indicator_version
        || '|' || area_code
        || '|' || period_start
        || '|' || classification as group_id,
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_start,
        period_end,
        period_label,
        classification,
        tenth,
        unit,
        multiplier,
        dispersion,
        is_open_data,
        is_current,
        count(*) as lsoas,
        sum(numerator)::bigint as numerator,
        sum(population)::bigint as population,
        max(population_year) as population_year
    from placed
    group by all
),

rated as (
    select
        tenths.group_id,
        tenths.tenth as class_number,
        tenths.population,
        tenths.numerator * 1e0 * tenths.multiplier / nullif(tenths.population, 0) as value,
        -- As of a trend's points: the width of the 95 % limits over twice 1.96, which is not zero
        -- where nothing happened.
        tenths.multiplier
        * (
            {{ widened_limit(upper, "tenths.numerator", "tenths.dispersion") }}
            - {{ widened_limit(lower, "tenths.numerator", "tenths.dispersion") }}
        ) / (2 * {{ z_score("95") }}) / nullif(tenths.population, 0) as standard_error
    from tenths
    left join {{ ref("int_poisson_exact_limit") }} as exact on tenths.numerator = exact.events
),

wholes as (
    select
        group_id,
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_start,
        period_end,
        period_label,
        classification,
        unit,
        multiplier,
        is_open_data,
        is_current,
        count(*) filter (where population > 0) as tenths,
        sum(lsoas)::bigint as lsoas,
        sum(numerator)::bigint as numerator,
        sum(population)::bigint as population,
        max(population_year) as population_year
    from tenths
    group by all
),

explained as (
    select
        *,
        case
            when numerator < {{ threshold("pattern_least_events") }}
                then
                    'fewer than '
                    || {{ threshold("pattern_least_events") }}::integer
                    || ' events'
            when tenths < 10 then 'fewer than ten LSOAs with residents and a rank of deprivation'
        end as reason
    from wholes
),

fitted_groups as (
    select rated.*
    from rated
    inner join explained on rated.group_id = explained.group_id
    where explained.reason is null
),

lines as (
    select fitted.*
    from (
        {{ slope_index("fitted_groups") }}
    ) as fitted
),

tested as (
    select
        explained.*,
        lines.* exclude (group_id),
        normal_two_sided(
            lines.slope_index
            / nullif((lines.slope_upper_95 - lines.slope_lower_95) / (2 * {{ z_score("95") }}), 0)
        ) as p_value
    from explained
    left join lines on explained.group_id = lines.group_id
),

corrected as (
    {{ benjamini_hochberg(
        "tested", "p_value", "is_open_data, is_current, area_type, period_start, classification"
    ) }}
)

select
    corrected.indicator_id,
    corrected.indicator_version,
    corrected.area_type,
    corrected.area_code,
    area.area_name,
    {{ year_type("corrected.period_start") }} as period_type,
    corrected.period_start,
    corrected.period_end,
    corrected.period_label,
    corrected.classification,
    corrected.lsoas,
    corrected.numerator,
    corrected.population,
    corrected.population_year,
    corrected.numerator * 1e0 * corrected.multiplier / nullif(corrected.population, 0) as rate,
    corrected.unit,
    corrected.most_deprived as most_deprived_rate,
    corrected.least_deprived as least_deprived_rate,
    corrected.slope_index,
    corrected.slope_lower_95,
    corrected.slope_upper_95,
    corrected.relative_index,
    corrected.relative_lower_95,
    corrected.relative_upper_95,
    corrected.p_value,
    corrected.q_value,
    corrected.tests_in_family,
    {{ verdict_against("0", "corrected.slope_lower_95", "corrected.slope_upper_95") }} as verdict,
    case
        when corrected.reason is not null then corrected.reason
        when corrected.relative_index is null
            then 'no relative index: the line is not above zero at both ends'
        when corrected.relative_upper_95 is null
            then 'no limits of the relative index: the least deprived end is not told from zero'
    end as reason
from corrected
left join {{ ref("dim_area") }} as area
    on corrected.area_type = area.area_type and corrected.area_code = area.area_code
