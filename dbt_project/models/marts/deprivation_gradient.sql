{{ config(meta={"published": true, "public": "open_indicators"}) }}
-- One row per indicator, complete year, area and edition of the deprivation index: how the rate
-- falls (or rises) from the most to the least deprived place of the area, by a straight line through
-- tenths of its own LSOAs. Rates of places, not of people.
with lsoa_years as (
    select * from {{ ref("int_lsoa_year") }}
    where population is not null
),

deprivation as (
    select * from {{ ref("int_lsoa_deprivation") }}
),

county as (
    select area_code
    from {{ ref("dim_area") }}
    where area_type = 'county'
),

placed as (
    select
        lsoa_years.*,
        'IMD ' || deprivation.edition || ' tenth, county' as classification,
        deprivation.county_tenth as tenth,
        'county' as area_type,
        county.area_code
    from lsoa_years
    inner join deprivation on lsoa_years.lsoa_code = deprivation.lsoa_code
    cross join county
    where lsoa_years.is_county_complete
    union all
    select
        lsoa_years.*,
        'IMD ' || deprivation.edition || ' tenth, district' as classification,
        deprivation.district_tenth as tenth,
        'district' as area_type,
        lsoa_years.district_code as area_code
    from lsoa_years
    inner join deprivation on lsoa_years.lsoa_code = deprivation.lsoa_code
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
            {{ count_upper("tenths.numerator", "95", "exact") }}
            - {{ count_lower("tenths.numerator", "95", "exact") }}
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
)

select
    explained.indicator_id,
    explained.indicator_version,
    explained.area_type,
    explained.area_code,
    area.area_name,
    {{ year_type("explained.period_start") }} as period_type,
    explained.period_start,
    explained.period_end,
    explained.period_label,
    explained.classification,
    explained.lsoas,
    explained.numerator,
    explained.population,
    explained.population_year,
    explained.numerator * 1e0 * explained.multiplier / nullif(explained.population, 0) as rate,
    explained.unit,
    lines.most_deprived as most_deprived_rate,
    lines.least_deprived as least_deprived_rate,
    lines.slope_index,
    lines.slope_lower_95,
    lines.slope_upper_95,
    lines.relative_index,
    lines.relative_lower_95,
    lines.relative_upper_95,
    {{ verdict_against("0", "lines.slope_lower_95", "lines.slope_upper_95") }} as verdict,
    case
        when explained.reason is not null then explained.reason
        when lines.relative_index is null
            then 'no relative index: the line is not above zero at both ends'
        when lines.relative_upper_95 is null
            then 'no limits of the relative index: the least deprived end is not told from zero'
    end as reason
from explained
left join lines on explained.group_id = lines.group_id
left join {{ ref("dim_area") }} as area
    on explained.area_type = area.area_type and explained.area_code = area.area_code
