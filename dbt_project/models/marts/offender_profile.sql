{{ config(meta={"published": true, "public": "none", "counts": "people"}) }}
{% set at_known = verdict_against("county.percent", "shares.lower_95", "shares.upper_95") -%}
{% set at_lowest = verdict_against(
    "county.lowest_percent", "shares.lowest_lower_95", "shares.lowest_upper_95"
) -%}
{% set at_highest = verdict_against(
    "county.highest_percent", "shares.highest_lower_95", "shares.highest_upper_95"
) -%}
-- One row per area, financial year, dimension and category: what the offenders of the caseload are
-- like, as shares of those with the field recorded, and how that stands to the county. Needs overlap;
-- each is its own yes or no. Where they live is told by LSOA and by how deprived it is in the county.
with offenders as (
    select
        offender.*,
        area.area_type,
        area.area_code
    from {{ ref("fct_offender_year") }} as offender
    inner join {{ ref("br_area_part") }} as area
        on coalesce(offender.geography_lsoa_code, offender.district_code) = area.place_code
),

-- How deprived the place is, by the newest edition of the caseload's time, else the oldest there is.
deprivation as (
    select
        lsoa_code,
        class_name,
        substr(classification, 5, 4)::integer as edition
    from {{ ref("br_lsoa_community") }}
    where classification like 'IMD %, county'
),

editions as (
    select distinct edition
    from deprivation
),

years as (
    select distinct financial_year_start
    from offenders
),

edition_of_year as (
    select
        years.financial_year_start,
        coalesce(
            max(editions.edition) filter (
                where editions.edition <= year(years.financial_year_start) + 1
            ),
            min(editions.edition)
        ) as edition
    from years
    cross join editions
    group by years.financial_year_start
),

single_choice as (
    select area_type, area_code, financial_year_start, 'tier' as dimension, tier as category
    from offenders
    union all
    select area_type, area_code, financial_year_start, 'gender' as dimension, gender as category
    from offenders
    union all
    select area_type, area_code, financial_year_start, 'age_band' as dimension, age_band as category
    from offenders
    union all
    select
        area_type,
        area_code,
        financial_year_start,
        'residence' as dimension,
        geography_lsoa_code as category
    from offenders
    union all
    select
        offenders.area_type,
        offenders.area_code,
        offenders.financial_year_start,
        'residence_deprivation' as dimension,
        deprivation.class_name as category
    from offenders
    left join edition_of_year
        on offenders.financial_year_start = edition_of_year.financial_year_start
    left join deprivation
        on
            offenders.geography_lsoa_code = deprivation.lsoa_code
            and edition_of_year.edition = deprivation.edition
),

-- Of a single choice everyone recorded is known in every category; of a need those assessed for it.
single_known as (
    select area_type, area_code, financial_year_start, dimension, count(*) as known
    from single_choice
    where category is not null
    group by all
),

categories as (
    select
        single_choice.area_type,
        single_choice.area_code,
        single_choice.financial_year_start,
        single_choice.dimension,
        single_choice.category,
        single_known.known,
        count(*) as offenders
    from single_choice
    inner join single_known
        on
            single_choice.area_type = single_known.area_type
            and single_choice.area_code = single_known.area_code
            and single_choice.financial_year_start = single_known.financial_year_start
            and single_choice.dimension = single_known.dimension
    where single_choice.category is not null
    group by all
    union all
    select
        offenders.area_type,
        offenders.area_code,
        offenders.financial_year_start,
        'need' as dimension,
        need.need as category,
        count(*) as known,
        count(*) filter (where need.is_identified) as offenders
    from offenders
    inner join {{ ref("br_offender_need") }} as need
        on
            offenders.offender_id = need.offender_id
            and offenders.period_start = need.period_start
            and offenders.period_end = need.period_end
    group by all
),

caseloads as (
    select area_type, area_code, financial_year_start, count(*) as caseload
    from offenders
    group by all
),

-- Of what is recorded, and if nobody, or everybody, whose field is blank were in the category.
shares as (
    select
        {% for end, part, whole in [
            ("", "categories.offenders", "categories.known"),
            ("lowest_", "categories.offenders", "caseloads.caseload"),
            (
                "highest_",
                "(categories.offenders + caseloads.caseload - categories.known)",
                "caseloads.caseload",
            ),
        ] -%}
        100e0 * {{ part }} / {{ whole }} as {{ end }}percent,
        100 * {{ wilson_lower(part, whole, "95") }} as {{ end }}lower_95,
        100 * {{ wilson_upper(part, whole, "95") }} as {{ end }}upper_95,
        {% endfor -%}
        caseloads.caseload - categories.known as unknown,
        categories.*
    from categories
    inner join caseloads
        on
            categories.area_type = caseloads.area_type
            and categories.area_code = caseloads.area_code
            and categories.financial_year_start = caseloads.financial_year_start
),

county as (
    select
        financial_year_start,
        dimension,
        category,
        percent,
        lowest_percent,
        highest_percent
    from shares
    where area_type = 'county'
)

select
    shares.area_type,
    shares.area_code,
    area.area_name,
    'financial_year' as period_type,
    shares.financial_year_start as period_start,
    year.period_end,
    year.period_label,
    year.is_complete,
    shares.dimension,
    shares.category,
    residence.local_name as category_name,
    shares.known,
    shares.offenders,
    shares.percent,
    shares.lower_95,
    shares.upper_95,
    shares.unknown,
    shares.lowest_percent as lowest_possible_percent,
    shares.highest_percent as highest_possible_percent,
    county.percent as county_percent,
    case
        -- A county's LSOA lies in one district: its share of the district says nothing against it.
        when
            shares.area_type != 'county'
            and area.is_in_county
            and year.is_complete
            and shares.dimension != 'residence'
            then
                case
                    when
                        {{ at_known }} != {{ at_lowest }} or {{ at_known }} != {{ at_highest }}
                        then 'not certain'
                    else {{ at_known }}
                end
    end as verdict
from shares
inner join {{ ref("int_feed_year") }} as year
    on
        year.feed = 'probation/caseload'
        and shares.area_type = year.area_type
        and shares.area_code = year.area_code
        and shares.financial_year_start = year.period_start
left join county
    on
        shares.financial_year_start = county.financial_year_start
        and shares.dimension = county.dimension
        and shares.category = county.category
left join {{ ref("dim_area") }} as area
    on shares.area_type = area.area_type and shares.area_code = area.area_code
left join {{ ref("dim_area") }} as residence
    on
        shares.dimension = 'residence'
        and residence.area_type = 'lsoa'
        and shares.category = residence.area_code
