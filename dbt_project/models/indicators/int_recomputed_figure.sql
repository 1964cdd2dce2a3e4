{{ config(materialized="view") }}
-- One row per figure that a published assessment may state: the number or word that a value of
-- int_claim_value gives, what it is made of in words, and its two parts where it has two. Which of its
-- numbers a document may state, and by what name, is seeds/stated_aspect.csv.
with wanted as (
    select distinct indicator_id, aspect, area_code, period_label
    from {{ ref("int_stated_figure") }}
    where indicator_id is not null
),

named as (
    select
        claim.*,
        stated_aspect.aspect as stated_aspect,
        stated_aspect.field,
        stated_aspect.is_percent,
        wanted.indicator_id as stated_id,
        -- A target is stated of the year it is for.
        case when claim.aspect = 'target' then claim.comparator_code else claim.period_label end
            as stated_period
    from {{ ref("int_claim_value") }} as claim
    inner join {{ ref("stated_aspect") }} as stated_aspect on claim.aspect = stated_aspect.of_aspect
    inner join wanted
        on
            (
                claim.subject = wanted.indicator_id
                or claim.indicator_id = wanted.indicator_id
                and (
                    claim.aspect = 'target'
                    or stated_aspect.aspect = 'most_affected_community' and claim.ordering = 1
                )
            )
            and stated_aspect.aspect = wanted.aspect
            and claim.area_code = wanted.area_code
            and case
                when claim.aspect = 'target' then claim.comparator_code
                else claim.period_label
            end = wanted.period_label
    where
        (stated_aspect.comparator_type is null or stated_aspect.comparator_type = claim.comparator_type)
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
    stated_id as indicator_id,
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
        when 'category_name' then category_name
    end as word,
    is_percent,
    case
        when
            field in ('numerator', 'denominator') and aspect in ('value', 'share', 'difference')
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
        partition by stated_id, stated_aspect, area_code, stated_period
        order by made_of
    ) = 1
