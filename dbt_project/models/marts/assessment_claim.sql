{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
-- One row per claim of the written assessment: what is said of a subject in a section, of each district of
-- the county, the partnership and the county, in each year. Where is said what is
-- seeds/assessment_section.csv, in which words seeds/assessment_wording.csv; what it is worth is
-- int_claim_value. Where there is no figure the claim says why.
with identified as (
    select * from {{ ref("int_assessed_claim") }}
),

-- What the summary may find important: the topics' own indicators and targets, each said once.
findings as (
    select *
    from identified
    where
        area_role = 'own'
        and section in (
            'crime_overview', 'violent', 'acquisitive', 'asb', 'offenders_adult', 'offenders_young',
            'domestic', 'hate', 'alcohol', 'conclusion'
        )
        and (
            aspect = 'target'
            or indicator_id in (
                select topic_summary.indicator_id from {{ ref("topic_summary") }} as topic_summary
            )
        )
        and (
            aspect in ('comparison', 'rank', 'hotspot') and section != 'conclusion'
            or aspect in ('change', 'target') and section = 'conclusion'
        )
        and verdict not in ('no figure', 'not comparable')
        and importance > 0
    qualify
        row_number()
            over (
                partition by area_type, area_code, period_label order by importance desc, claim_id asc
            )
        <= {{ threshold("claim_key_findings") }}
),

-- What asks for something to be done: a target missed or open, and what is worse than its comparators.
recommended as (
    select *
    from identified
    where
        (area_role = 'own' and section = 'conclusion' or section = 'targets')
        and aspect = 'target'
        and verdict in ('not met', 'not yet known')
        or
        area_role = 'own'
        and starts_with(section, 'appendix_a.')
        and aspect = 'comparison'
        and judgement = 'worse'
),

everything as (
    select * from identified
    union all
    select
        * replace (
            'summary' as section,
            row_number() over (
                partition by area_type, area_code, period_label order by importance desc, claim_id asc
            ) as position,
            'summary.' || claim_id as claim_id
        )
    from findings
    union all
    select
        * replace (
            'recommendations' as section,
            row_number() over (
                partition by area_type, area_code, period_label order by importance desc, claim_id asc
            ) as position,
            'recommendations.' || claim_id as claim_id
        )
    from recommended
),

worded as (
    select
        everything.*,
        wording.template,
        wording.word_rule
    from everything
    left join {{ ref("assessment_wording") }} as wording
        on
            everything.wording_aspect = wording.aspect
            and everything.verdict = wording.verdict
            and (wording.section is null or everything.section = wording.section)
    qualify
        row_number() over (
            partition by everything.claim_id order by wording.section asc nulls last
        ) = 1
),

judgments as (
    select {{ threshold("claim_fraction_points") }} as fraction_points
),

-- What stands in the slots: every number is rounded here and nowhere else. A slot that has no value stays as
-- it is, which stops the build.
slots as (
    select
        *,
        case
            when regexp_matches(name, '^[A-Z][a-z]') then lower(left(name, 1)) || substr(name, 2)
            else name
        end as name_within,
        case indicator_id
            when 'offender_profile.tier' then 'were in tier ' || category
            when 'offender_profile.need' then 'had a need in ' || category
            when 'offender_profile.gender' then 'were ' || lower(category)
            when 'offender_profile.age_band' then 'were aged ' || category
        end as predicate,
        case
            when kind = 'proportion' then {{ said_percent("previous_value") }}
            when previous_value = round(previous_value) then {{ said_count("previous_value") }}
            else {{ said_number("previous_value") }}
        end as said_baseline,
        case
            when kind = 'proportion' and aspect = 'comparison'
                then {{ said_share("value", "numerator", "denominator", "fraction_points") }}
            else {{ said_number("value") }}
        end as said_value,
        case
            when kind = 'proportion' or wording_aspect in ('profile', 'residence')
                then {{ said_percent("comparator_value") }}
            when aspect = 'target' and comparator_value = round(comparator_value)
                then {{ said_count("comparator_value") }}
            else {{ said_number("comparator_value") }}
        end as said_comparator_value,
        case
            when wording_aspect = 'change_points'
                then {{ said_share("comparator_value", "numerator", "denominator", "fraction_points") }}
            when
                wording_aspect in (
                    'share', 'profile', 'bounds', 'missing', 'share_of_reports', 'of_all', 'residence'
                )
                then {{ said_share("value", "numerator", "denominator", "fraction_points") }}
        end as said_share,
        {{ said_share("previous_value", "previous_numerator", "previous_denominator", "fraction_points") }}
            as said_previous_share,
        {{ with_unit("'95'", "'% limits '") }} || case
            when aspect = 'ratio'
                then {{ said_number("lower_95", 2) }} || ' to ' || {{ said_number("upper_95", 2) }}
            else {{ said_number("lower_95") }} || ' to ' || {{ said_number("upper_95") }}
        end as said_limits
    from worded
    cross join judgments
),

phrases as (
    select
        *,
        case
            when kind = 'proportion' then lower(left(name, 1)) || substr(name, 2)
            else 'the rate of ' || name_within
        end as rate_within,
        -- The one number that a commentary quotes a claim by: its percentage, share or rank, else its count.
        lower(coalesce(
            nullif(regexp_extract(
                template, '\{(signed_percent|percent|[Ss]hare|ratio|difference|ordinal)\}'
            ), ''),
            regexp_extract(template, '\{(value|count)\}')
        )) as figure_slot
    from slots
),

filled_1 as (
    select
        * replace (
            {{ filled("template", {
                "name": "name_within",
                "Name": "upper(left(name, 1)) || substr(name, 2)",
                "area": "said_area",
                "period": "period_label",
                "count": "" ~ said_count("numerator") ~ "",
                "signed_count": "" ~ said_signed_count("numerator") ~ "",
                "previous_count": "" ~ said_count("previous_numerator") ~ "",
                "total": "" ~ said_count("denominator") ~ "",
            }, keep=true) }} as template
        )
    from phrases
),

filled_2 as (
    select
        * replace (
            {{ filled("template", {
                "signed_total": "" ~ said_signed_count("denominator") ~ "",
                "value": "said_value",
                "unit": "coalesce("
                    ~ with_unit("''", "replace(nullif(unit, 'percent'), 'per ', 'per' || chr(160))")
                    ~ ", '')",
                "rate": "rate_within",
                "Rate": "upper(left(rate_within, 1)) || substr(rate_within, 2)",
                "predicate": "predicate",
                "expected": "" ~ said_number("comparator_value") ~ "",
                "family": "" ~ said_count("previous_denominator") ~ "",
            }, keep=true) }} as template
        )
    from filled_1
),

filled_3 as (
    select
        * replace (
            {{ filled("template", {
                "month": "strftime(try_strptime(category, '%Y-%m'), '%B %Y')",
                "percent": "" ~ said_percent("abs(value)") ~ "",
                "signed_percent": "" ~ said_signed_percent("value") ~ "",
                "signed_target": "" ~ said_signed_percent("value") ~ "",
                "difference": "" ~ said_signed_number("value") ~ "",
                "ratio": "" ~ said_number("value", 2) ~ "",
                "share": "said_share",
                "Share": "upper(left(said_share, 1)) || substr(said_share, 2)",
            }, keep=true) }} as template
        )
    from filled_2
),

filled_4 as (
    select
        * replace (
            {{ filled("template", {
                "previous_share": "said_previous_share",
                "limits": "coalesce(said_limits, 'no limits')",
                "limit": said_percent("100 * " ~ threshold("hotspot_significant_confidence")),
                "comparator": "comparator_name",
                "comparator_value": "said_comparator_value",
                "county": "county_name",
                "judgement": "coalesce(', which is ' || nullif(nullif(judgement, 'similar'), 'none'), '')",
                "ordinal": "" ~ said_rank("numerator", "denominator") ~ "",
            }, keep=true) }} as template
        )
    from filled_3
),

filled_5 as (
    select
        * replace (
            {{ filled("template", {
                "names": "names",
                "category": "category_name",
                "Category": "upper(left(category_name, 1)) || substr(category_name, 2)",
                "field": "replace(split_part(indicator_id, '.', 2), '_', ' ')",
                "reason": "reason",
                "unknown": "" ~ said_count("unknown") ~ "",
                "lowest": "" ~ said_percent("lowest_possible") ~ "",
                "highest": "" ~ said_percent("highest_possible") ~ "",
            }, keep=true) }} as template
        )
    from filled_4
),

filled_6 as (
    select
        * replace (
            {{ filled("template", {
                "doubt": change_wording(
                    "case filled_5.aspect when 'signal' then 'increase'"
                    " else split_part(filled_5.verdict, ',', 1) end"
                ),
                "bound": "case when value > 0 then 'least' else 'most' end",
                "target_value": "said_comparator_value",
                "baseline": "said_baseline",
            }, keep=true) }} as template
        )
    from filled_5
)

select
    claim_id,
    section,
    topic,
    question,
    (position * 1000 + coalesce(ordering, 0))::bigint as position,
    area_role,
    aspect,
    indicator_id,
    indicator_version,
    category,
    comparator_type,
    comparator_code,
    comparator_name,
    area_type,
    area_code,
    area_name,
    period_type,
    period_start,
    period_end,
    period_label,
    value,
    previous_value,
    comparator_value,
    numerator,
    previous_numerator,
    denominator,
    unknown,
    lower_95,
    upper_95,
    lowest_possible,
    highest_possible,
    p_value,
    test,
    verdict,
    judgement,
    reason,
    word_rule,
    has_value as is_complete,
    months_received,
    completeness_percent,
    importance::double as importance,
    template as sentence,
    case figure_slot
        when '{signed_percent}' then {{ said_signed_percent("value") }}
        when '{percent}' then {{ said_percent("abs(value)") }}
        when '{share}' then said_share
        when '{ratio}' then {{ said_number("value", 2) }}
        when '{difference}' then {{ said_signed_number("value") }}
        when '{ordinal}' then {{ said_rank("numerator", "denominator") }}
        when '{value}' then said_value
        when '{count}' then {{ said_count("numerator") }}
    end as figure,
    source_table,
    source_key
from filled_6
