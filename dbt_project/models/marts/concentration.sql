{{ config(meta={"published": true, "public": "open_indicators"}) }}
-- One row per indicator, complete year and area: the share of its located events in the few
-- LSOAs that have most, beside the share those would have if the events had fallen on the LSOAs by
-- chance, each as likely as the next. Of few events some LSOA always has many.
with lsoa_years as (
    select * from {{ ref("int_lsoa_year") }}
),

county as (
    select area_code
    from {{ ref("dim_area") }}
    where area_type = 'county'
),

placed as (
    select
        lsoa_years.*,
        'county' as area_type,
        county.area_code
    from lsoa_years
    cross join county
    where lsoa_years.is_county_complete
    union all
    select
        *,
        'district' as area_type,
        district_code as area_code
    from lsoa_years
),

ranked as (
    select
        *,
        row_number() over (
            partition by indicator_id, indicator_version, area_type, area_code, period_start
            order by numerator desc, lsoa_code asc
        ) as position,
        count(*) over (
            partition by indicator_id, indicator_version, area_type, area_code, period_start
        ) as lsoas
    from placed
),

sized as (
    select
        *,
        -- The percentage is divided last: 0.05 x 140 is a little more than seven.
        ceil({{ threshold("concentration_top_percent") }} * lsoas / 100e0)::bigint as top_lsoas
    from ranked
),

areas as (
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        period_start,
        period_end,
        period_label,
        lsoas,
        top_lsoas,
        sum(numerator)::bigint as numerator,
        coalesce(sum(numerator) filter (where position <= top_lsoas), 0)::bigint as top_numerator,
        sum((lsoas + 1 - 2 * position) * numerator)::bigint as ranked_sum
    from sized
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
        end as reason
    from areas
),

shares as (
    select
        *,
        case when reason is null then 100e0 * top_numerator / numerator end as percent,
        case
            when reason is null then 100 * {{ wilson_lower("top_numerator", "numerator", "95") }}
        end as lower_95,
        case
            when reason is null then 100 * {{ wilson_upper("top_numerator", "numerator", "95") }}
        end as upper_95,
        case
            when reason is null
                then
                    100e0
                    * expected_in_largest(numerator::double, lsoas::double, top_lsoas::double)
                    / numerator
        end as expected_percent,
        -- With fewer events than LSOAs even one in each would look concentrated: Bernasco and Steenbeek
        -- (2017) take that for the even spread.
        case
            when reason is null
                then
                    greatest(lsoas * 1e0 / numerator, 1e0)
                    * (ranked_sum * 1e0 / (lsoas * numerator) - 1) + 1
        end as generalised_gini
    from explained
)

select
    shares.indicator_id,
    shares.indicator_version,
    shares.area_type,
    shares.area_code,
    area.area_name,
    {{ year_type("shares.period_start") }} as period_type,
    shares.period_start,
    shares.period_end,
    shares.period_label,
    shares.lsoas,
    shares.top_lsoas,
    shares.numerator,
    shares.top_numerator,
    shares.percent,
    shares.lower_95,
    shares.upper_95,
    shares.expected_percent,
    shares.generalised_gini,
    {{ verdict_against("shares.expected_percent", "shares.lower_95", "shares.upper_95") }} as verdict,
    shares.reason
from shares
left join {{ ref("dim_area") }} as area
    on shares.area_type = area.area_type and shares.area_code = area.area_code
