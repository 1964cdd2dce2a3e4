{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
-- One row per area, financial year, indicator, scope and fifth of LSOAs by that indicator's rate: the
-- residents, and how many of the probation caseload live there. Do offenders live where crime and
-- anti-social behaviour are highest, and more or less than the county's offenders do?
with subjects as (
    select distinct indicator_id
    from {{ ref("topic_summary") }}
    where topic in ('total crime', 'anti-social behaviour', 'street crime')
),

lsoa_years as (
    select lsoa_year.*
    from {{ ref("int_lsoa_year") }} as lsoa_year
    inner join subjects on lsoa_year.indicator_id = subjects.indicator_id
    where lsoa_year.rate is not null and lsoa_year.period_type = 'financial_year'
),

fifths as (
    select
        indicator_id,
        indicator_version,
        lsoa_code,
        district_code,
        period_start,
        numerator,
        population,
        is_county_complete,
        ntile(5) over county::integer as county_fifth,
        ntile(5) over district::integer as district_fifth
    from lsoa_years
    window
        county as (
            partition by indicator_id, indicator_version, period_start
            order by rate desc, lsoa_code asc
        ),
        district as (
            partition by indicator_id, indicator_version, period_start, district_code
            order by rate desc, lsoa_code asc
        )
),

placed as (
    select
        *,
        'county' as scope,
        county_fifth as fifth
    from fifths
    where is_county_complete
    union all
    select
        *,
        'district' as scope,
        district_fifth as fifth
    from fifths
),

residents as (
    select
        geography_lsoa_code as lsoa_code,
        financial_year_start as period_start,
        count(*) as offenders
    from {{ ref("fct_offender_year") }}
    where geography_lsoa_code is not null
    group by geography_lsoa_code, financial_year_start
),

classes as (
    select
        area.area_type,
        area.area_code,
        placed.indicator_id,
        placed.indicator_version,
        placed.period_start,
        placed.scope,
        placed.fifth,
        count(*) as lsoas,
        sum(placed.numerator)::bigint as events,
        sum(placed.population)::bigint as population,
        coalesce(sum(residents.offenders), 0)::bigint as offenders
    from placed
    inner join {{ ref("br_area_part") }} as area on placed.lsoa_code = area.place_code
    -- Of an area that reaches beyond the county not every LSOA has its rate, and a few LSOAs have no fifths.
    inner join {{ ref("dim_area") }} as within
        on
            area.area_type = within.area_type
            and area.area_code = within.area_code
            and within.is_in_county
            and not within.is_below_district
    left join residents
        on
            placed.lsoa_code = residents.lsoa_code
            and placed.period_start = residents.period_start
    where area.area_type = 'district' or placed.is_county_complete
    group by all
),

wholes as (
    select
        *,
        sum(population) over whole::bigint - population as other_population,
        sum(offenders) over whole::bigint as known,
        sum(offenders) over whole::bigint - offenders as other_offenders
    from classes
    window
        whole as (
            partition by
                area_type,
                area_code,
                indicator_id,
                indicator_version,
                period_start,
                scope
        )
),

caseloads as (
    select
        area.area_type,
        area.area_code,
        offender.financial_year_start as period_start,
        count(*) as caseload
    from {{ ref("fct_offender_year") }} as offender
    inner join {{ ref("br_area_part") }} as area
        on coalesce(offender.geography_lsoa_code, offender.district_code) = area.place_code
    group by area.area_type, area.area_code, offender.financial_year_start
),

shares as (
    select
        *,
        1000e0 / nullif(population, 0) as scale,
        {{ risk_ratio("offenders", "population", "other_offenders", "other_population") }}
            as rate_ratio,
        {{ risk_ratio_limit("offenders", "population", "other_offenders", "other_population", "-") }}
            as ratio_lower_95,
        {{ risk_ratio_limit("offenders", "population", "other_offenders", "other_population", "+") }}
            as ratio_upper_95,
        100e0 * offenders / nullif(known, 0) as percent,
        100 * {{ wilson_lower("offenders", "known", "95") }} as percent_lower_95,
        100 * {{ wilson_upper("offenders", "known", "95") }} as percent_upper_95
    from wholes
),

county as (
    select indicator_id, indicator_version, period_start, scope, fifth, percent
    from shares
    where area_type = 'county'
)

select
    shares.area_type,
    shares.area_code,
    area.area_name,
    'financial_year' as period_type,
    shares.period_start,
    year.period_end,
    year.period_label,
    year.is_complete,
    shares.indicator_id,
    shares.indicator_version,
    shares.scope,
    shares.fifth,
    case shares.fifth
        when 1 then 'Highest fifth'
        when 2 then 'Second highest fifth'
        when 3 then 'Middle fifth'
        when 4 then 'Second lowest fifth'
        when 5 then 'Lowest fifth'
    end as fifth_name,
    shares.lsoas,
    shares.events,
    shares.population,
    caseloads.caseload,
    shares.known,
    shares.offenders,
    shares.offenders * shares.scale as rate,
    shares.scale * {{ count_lower("shares.offenders", "95", "exact") }} as lower_95,
    shares.scale * {{ count_upper("shares.offenders", "95", "exact") }} as upper_95,
    shares.rate_ratio,
    shares.ratio_lower_95,
    shares.ratio_upper_95,
    shares.percent,
    shares.percent_lower_95,
    shares.percent_upper_95,
    county.percent as county_percent,
    case
        when shares.area_type != 'county' and area.is_in_county and year.is_complete
            then
                {{ verdict_against("county.percent", "shares.percent_lower_95", "shares.percent_upper_95") }}
    end as verdict
from shares
inner join caseloads
    on
        shares.area_type = caseloads.area_type
        and shares.area_code = caseloads.area_code
        and shares.period_start = caseloads.period_start
inner join {{ ref("int_feed_year") }} as year
    on
        year.feed = 'probation/caseload'
        and shares.area_type = year.area_type
        and shares.area_code = year.area_code
        and shares.period_start = year.period_start
left join county
    on
        shares.indicator_id = county.indicator_id
        and shares.indicator_version = county.indicator_version
        and shares.period_start = county.period_start
        and shares.scope = county.scope
        and shares.fifth = county.fifth
left join {{ ref("int_poisson_exact_limit") }} as exact on shares.offenders = exact.events
left join {{ ref("dim_area") }} as area
    on shares.area_type = area.area_type and shares.area_code = area.area_code
