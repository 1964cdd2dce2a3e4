{{ config(materialized="view") }}
-- One row per figure that a published assessment may state: the number or word that a value of
-- int_claim_value gives, what it is made of in words, and its two parts where it has two. Which of its
-- numbers a document may state, and by what name, is the list `facets`.
with wanted as (
    select distinct indicator_id, aspect, area_code, period_label
    from {{ ref("int_stated_figure") }}
    where indicator_id is not null
),

facets as (
    select * from (
        values
        ('value', 'numerator', 'numerator', null, false),
        ('value', 'denominator', 'denominator', null, false),
        ('value', 'value', 'value', null, false),
        ('share', 'numerator', 'numerator', null, false),
        ('share', 'denominator', 'denominator', null, false),
        ('share', 'value', 'value', null, true),
        ('share', 'share', 'value', null, true),
        ('change', 'change', 'change', null, false),
        ('change', 'change_percent', 'value', null, true),
        ('change', 'verdict_change', 'verdict', null, false),
        ('trend', 'trend', 'verdict', null, false),
        ('run', 'trend_three_years', 'verdict', null, false),
        ('record', 'record', 'verdict', null, false),
        ('comparison', 'verdict_county', 'verdict', 'county', false),
        ('comparison', 'verdict_most_similar_group', 'verdict', 'most_similar_group', false),
        ('rank', 'rank_highest', 'numerator', 'county', false),
        ('rank', 'rank_lowest', 'rank_lowest', 'county', false),
        ('hotspot', 'hotspots_significant', 'numerator', null, false),
        ('hotspot', 'top_areas', 'previous_numerator', null, false),
        ('hotspot', 'highest_place', 'category_name', null, false),
        ('community', 'relative_rate', 'value', null, false),
        ('contribution', 'contribution_percent', 'value', null, true),
        ('contribution', 'contribution', 'verdict', null, false),
        ('target', 'target_percent', 'value', null, true),
        ('target', 'target_status', 'verdict', null, false),
        ('perception', 'rank_counties', 'numerator', null, false),
        ('perception', 'percent', 'value', null, true),
        ('people_per_lsoa', 'people_per_lsoa', 'value', null, false),
        ('count', 'numerator', 'numerator', null, false),
        ('areas_with_ten', 'areas_with_ten', 'numerator', null, false),
        ('ratio', 'risk_ratio', 'value', null, false),
        ('ratio', 'numerator', 'numerator', null, false),
        ('needs', 'needs', 'numerator', null, false),
        ('difference', 'numerator', 'numerator', null, false),
        ('difference', 'population', 'denominator', null, false),
        ('difference', 'difference', 'value', null, false),
        ('sum_of_groups', 'numerator', 'numerator', null, false),
        ('sum_of_groups', 'population', 'denominator', null, false),
        ('share_of_reports', 'share_of_reports', 'value', null, true),
        ('missing', 'percent_missing', 'value', null, true),
        ('bounds', 'majority', 'verdict', null, false),
        ('bounds', 'share', 'value', null, true),
        ('bounds', 'lowest_possible', 'lowest_possible', null, true),
        ('bounds', 'highest_possible', 'highest_possible', null, true),
        ('change_on_baseline', 'change_on_baseline', 'value', null, true),
        ('part', 'numerator', 'numerator', null, false),
        ('part', 'share', 'value', null, true),
        ('residence', 'share', 'value', null, true)
    ) as facet (of_aspect, aspect, field, comparator_type, is_percent)
),

named as (
    select
        claim.*,
        facets.aspect as stated_aspect,
        facets.field,
        facets.is_percent,
        -- A target is stated of the year it is for.
        case when claim.aspect = 'target' then claim.comparator_code else claim.period_label end
            as stated_period
    from {{ ref("int_claim_value") }} as claim
    inner join facets on claim.aspect = facets.of_aspect
    inner join wanted
        on
            (
                claim.subject = wanted.indicator_id
                or claim.indicator_id = wanted.indicator_id and claim.aspect = 'target'
            )
            and facets.aspect = wanted.aspect
            and claim.area_code = wanted.area_code
            and case
                when claim.aspect = 'target' then claim.comparator_code
                else claim.period_label
            end = wanted.period_label
    where
        (facets.comparator_type is null or facets.comparator_type = claim.comparator_type)
        and (claim.aspect != 'target' or claim.period_label = claim.comparator_code)
        -- What could not be judged is no word of it.
        and not (
            claim.aspect in ('change', 'trend', 'contribution')
            and claim.verdict in ('not comparable', 'cannot be calculated', 'cannot be said')
        )
        -- A share's change is in points: its percentage nobody means the same by.
        and not (claim.aspect = 'change' and claim.unit = 'points')
)

select
    case when aspect = 'target' then indicator_id else subject end as indicator_id,
    stated_aspect as aspect,
    area_code,
    stated_period as period_label,
    case field
        when 'value' then value
        when 'numerator' then numerator
        when 'denominator' then denominator
        when 'previous_numerator' then previous_numerator
        when 'change' then numerator - previous_numerator
        when 'rank_lowest' then denominator - numerator + 1
        when 'lowest_possible' then lowest_possible
        when 'highest_possible' then highest_possible
    end::double as number,
    case field
        when 'verdict'
            then nullif(nullif(verdict, 'cannot be said'), 'none known')
        when 'category_name' then lower(category_name)
    end as word,
    is_percent,
    case
        when field in ('numerator', 'denominator') and aspect in ('value', 'share', 'difference')
            and indicator_id not in ('offender_profile')
            and not starts_with(indicator_id, 'offender_profile')
            then 'counted'
        when field = 'previous_numerator' and aspect = 'hotspot' then 'the five highest: ' || names
        else made_of
    end as made_of,
    case
        when aspect = 'difference' then previous_value
        when aspect in ('value', 'share', 'change', 'change_on_baseline', 'share_of_reports')
            then numerator
    end::double as part_one,
    case
        when aspect = 'difference' then comparator_value
        when aspect in ('change', 'change_on_baseline') then previous_numerator
        when aspect = 'share_of_reports' then other_denominator
        when aspect in ('value', 'share') then denominator
    end::double as part_two,
    aspect as of_aspect,
    comparator_type,
    area_type
from named
-- A code can be a district's and a county's (a unitary council); the figures are then the same.
qualify
    row_number() over (
        partition by subject, stated_aspect, area_code, stated_period
        order by made_of
    ) = 1
