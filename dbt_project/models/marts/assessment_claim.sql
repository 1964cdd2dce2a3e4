{{ config(meta={"published": true, "public": "none"}) }}
-- One row per claim of the written assessment: what is said of a subject in a section, of each district of
-- the county, the partnership and the county, in each year. Where is said what is
-- seeds/assessment_section.csv, in which words seeds/assessment_wording.csv; what it is worth is
-- int_claim_value. Where there is no figure the claim says why.
with latest_version as (
    select
        indicator_id,
        max(indicator_version) as indicator_version
    from {{ ref("indicator_register") }}
    group by indicator_id
),

register as (
    select register.*
    from {{ ref("indicator_register") }} as register
    inner join latest_version
        on
            register.indicator_id = latest_version.indicator_id
            and register.indicator_version = latest_version.indicator_version
),

years as (
    select
        period_type,
        period_start,
        period_end,
        period_label,
        case
            when period_type = 'financial_year'
                then {{ financial_year_label("(period_start - interval 1 year)::date") }}
            else 'year to ' || strftime(period_end - interval 1 year, '%Y-%m')
        end as previous_label
    from {{ ref("dim_period") }}
    where period_type in ('financial_year', 'year_to')
),

lines as (
    select
        section,
        position,
        topic,
        question,
        unnest(string_split(aspects, ' ')) as aspect,
        generate_subscripts(string_split(aspects, ' '), 1) as step,
        indicator_id,
        area_role,
        most
    from {{ ref("assessment_section") }}
),

-- A line without an indicator is said of each topic, by the indicator that stands for it, and its targets
-- by each indicator of the topic that has one. `*` is every indicator.
topics as (
    select
        topic_summary.topic,
        register.indicator_id,
        dense_rank() over (order by topic_summary.topic) as topic_number,
        case when topic_summary.indicator_id != register.indicator_id then 'target' end as only_aspect
    from {{ ref("topic_summary") }} as topic_summary
    inner join register on topic_summary.topic = register.topic
    where
        topic_summary.topic not in ('street crime', 'perceptions')
        and (
            topic_summary.indicator_id = register.indicator_id
            or register.indicator_id in (
                select target.indicator_id from {{ ref("target_progress") }} as target
            )
        )
),

said as (
    select
        case
            when lines.indicator_id is not null or lines.section != 'appendix_a' then lines.section
            else 'appendix_a.' || replace(topics.topic, ' ', '_')
        end as section,
        coalesce(lines.topic, topics.topic, register.topic) as topic,
        lines.question,
        lines.position
        + case when lines.indicator_id is null then 10000 * topics.topic_number else 0 end
        + lines.step as position,
        case
            when lines.aspect != 'value' then lines.aspect
            when register.kind = 'proportion' then 'share'
            when starts_with(lines.indicator_id, 'offender_profile.') then 'share'
            else 'value'
        end as aspect,
        coalesce(register.indicator_id, lines.indicator_id, topics.indicator_id) as indicator_id,
        register.indicator_version,
        register.kind,
        register.unit,
        register.polarity,
        topics.only_aspect is not null or coalesce(lines.indicator_id = '*', false)
            as is_said_if_there,
        coalesce(phrases.phrase, regexp_replace(register.name, '^Share ', 'The share ')) as name,
        lines.area_role,
        lines.most
    from lines
    left join topics
        on
            lines.indicator_id is null
            and (topics.only_aspect is null or topics.only_aspect = lines.aspect)
    left join register
        on
            lines.indicator_id = '*'
            or coalesce(lines.indicator_id, topics.indicator_id) = register.indicator_id
    left join {{ ref("assessment_phrase") }} as phrases
        on
            coalesce(register.indicator_id, lines.indicator_id, topics.indicator_id)
            = phrases.indicator_id
),

areas as (
    select
        'own' as area_role,
        area_type,
        area_code,
        area_name,
        is_focus_area
    from {{ ref("dim_area") }}
    where
        area_type in ('county', 'partnership')
        or area_type = 'district' and (is_in_county or is_focus_area)
    union all
    select
        'county' as area_role,
        area_type,
        area_code,
        area_name,
        false as is_focus_area
    from {{ ref("dim_area") }}
    where area_type = 'county'
    union all
    select
        'force' as area_role,
        area.area_type,
        area.area_code,
        area.area_name,
        false as is_focus_area
    from {{ ref("dim_area") }} as area
    inner join {{ ref("int_county_force") }} as force
        on area.area_code = force.police_force_area_code
    where area.area_type = 'force'
),

-- The county's name where the area is compared with it.
county as (
    select min(area_name) as county_name from {{ ref("dim_area") }} where area_type = 'county'
),

-- Of the two comparators the county is one's own where the county is the area.
comparators as (
    select *
    from (values ('county'), ('most_similar_group')) as comparator (comparator_type)
),

wanted as (
    select
        said.*,
        comparators.comparator_type,
        areas.area_type,
        areas.area_code,
        areas.area_name,
        years.period_type,
        years.period_start,
        years.period_end,
        years.period_label,
        years.previous_label
    from said
    inner join areas on said.area_role = areas.area_role
    cross join years
    left join comparators on said.aspect in ('comparison', 'rank')
    where
        comparators.comparator_type is null
        or comparators.comparator_type = 'county'
        and (
            areas.area_type != 'county'
            or said.aspect = 'comparison' and starts_with(said.section, 'appendix_a')
        )
        or comparators.comparator_type = 'most_similar_group' and areas.is_focus_area
),

valued as (
    select
        wanted.*,
        value.indicator_id is not null as has_value,
        value.category,
        coalesce(
            lower(coalesce(categories.phrase, kinds.name)),
            case
                when value.aspect = 'contribution'
                    then lower(left(value.category_name, 1)) || substr(value.category_name, 2)
            end,
            value.category_name,
            value.category
        ) as category_name,
        value.comparator_code,
        value.comparator_name,
        value.value,
        value.previous_value,
        value.comparator_value,
        value.numerator,
        value.previous_numerator,
        value.denominator,
        value.previous_denominator,
        value.unknown,
        value.lower_95,
        value.upper_95,
        value.lowest_possible,
        value.highest_possible,
        value.p_value,
        value.test,
        value.unit as value_unit,
        value.verdict as value_verdict,
        value.judgement,
        value.reason,
        value.names,
        value.made_of,
        value.ordering,
        value.months_received,
        value.source_table,
        value.source_key
    from wanted
    left join {{ ref("int_claim_value") }} as value
        on
            wanted.indicator_id = value.indicator_id
            and wanted.aspect = value.aspect
            and wanted.area_type = value.area_type
            and wanted.area_code = value.area_code
            and wanted.period_label = value.period_label
            and (wanted.comparator_type is null or wanted.comparator_type = value.comparator_type)
    -- Where offenders live is said against crime of a kind.
    left join register as kinds
        on value.aspect = 'residence' and value.category = kinds.indicator_id
    left join {{ ref("assessment_phrase") }} as categories
        on kinds.indicator_id = categories.indicator_id
    where
        (wanted.most is null or value.ordering is null or value.ordering <= wanted.most)
        and (not wanted.is_said_if_there or value.indicator_id is not null)
        and (wanted.aspect != 'signal' or value.verdict in ('high', 'low'))
),

-- Why a cell has nothing in it.
received as (
    select distinct indicator_id, area_type, area_code, period_label
    from {{ ref("int_indicator_value") }}
    where is_complete and period_type in ('financial_year', 'year_to')
),

-- Of the feeds behind an indicator the one with the least complete fields.
completeness as (
    select
        feeds.indicator_id,
        score.period_label,
        min(score.field_percent) as completeness_percent
    from (
        select indicator_id, unnest(string_split(feeds, ';')) as feed from register
    ) as feeds
    inner join {{ ref("maturity_score") }} as score
        on feeds.feed = score.partner || '/' || score.feed
    group by feeds.indicator_id, score.period_label
),

judged as (
    select
        valued.* exclude (reason),
        completeness.completeness_percent,
        county.county_name,
        case
            when not valued.has_value then 'no figure'
            when valued.aspect = 'value' and valued.value is null then 'no rate'
            when valued.aspect = 'share' and valued.value is null then 'none'
            when
                valued.aspect = 'change'
                and valued.value_verdict != 'not comparable'
                and valued.value is null
                then valued.value_verdict || ', from none'
            when
                valued.aspect = 'change'
                and (
                    valued.value_verdict = 'increase' and valued.value <= 0
                    or valued.value_verdict = 'decrease' and valued.value >= 0
                )
                then valued.value_verdict || ', against the count'
            when valued.aspect = 'target' and valued.previous_value is null
                then valued.value_verdict || ', without a baseline'
            when valued.aspect = 'comparison' then coalesce(valued.value_verdict, 'not judged')
            else coalesce(valued.value_verdict, 'stated')
        end as verdict,
        case
            when starts_with(valued.indicator_id, 'offender_profile.') and valued.has_value
                and valued.aspect = 'share' then 'profile'
            when valued.aspect = 'change' and valued.value_unit = 'points' then 'change_points'
            else valued.aspect
        end as wording_aspect,
        coalesce(
            valued.reason,
            case
                when valued.has_value then null
                when valued.comparator_type = 'county' and valued.area_type = 'county'
                    then 'it is the county that its districts are compared with'
                when valued.aspect = 'signals' then 'signals are of the newest months alone'
                when valued.indicator_version is null or received.indicator_id is null
                    then 'no extract covers ' || valued.period_label || ' whole'
                when valued.aspect in ('hotspot', 'community') and valued.kind = 'proportion'
                    then 'it is a share, and small areas hold too few of it'
                when valued.aspect in ('hotspot', 'community')
                    then 'the partner''s records do not say the small area'
                when valued.aspect = 'contribution' then 'it is not counted in parts'
                when valued.aspect = 'of_all' then 'it is a share'
                when valued.comparator_type = 'most_similar_group'
                    then 'its most similar group has no figures'
                when valued.aspect = 'comparison'
                    then 'no other area has figures'
                else 'the years before are not held'
            end
        ) as reason
    from valued
    cross join county
    left join received
        on
            valued.indicator_id = received.indicator_id
            and valued.area_type = received.area_type
            and valued.area_code = received.area_code
            and valued.period_label = received.period_label
    left join completeness
        on
            valued.indicator_id = completeness.indicator_id
            and valued.period_label = completeness.period_label
),

identified as (
    select
        *,
        concat_ws(
            '.',
            section,
            case when area_role != 'own' then area_role end,
            indicator_id,
            aspect,
            area_code,
            replace(replace(period_label, '/', '-'), ' ', '-'),
            comparator_type,
            case when aspect = 'community' then replace(replace(comparator_code, ' ', '-'), ',', '') end,
            replace(replace(category, ' ', '-'), '/', '-')
        ) as claim_id,
        round(
            {{ claim_importance(
                "aspect",
                "verdict",
                "case
                    when wording_aspect = 'change' then coalesce(1 + value / 100, 1)
                    when aspect = 'comparison' then coalesce(value / nullif(comparator_value, 0), 1)
                    else 1
                end",
            ) }},
            6
        ) as importance
    from judged
),

-- What the summary may find important: the topics' own indicators and targets, each said once.
findings as (
    select *
    from identified
    where
        area_role = 'own'
        and section in ('crime_overview', 'violent', 'acquisitive', 'asb', 'offenders_adult', 'offenders_young',
            'domestic', 'hate', 'alcohol', 'conclusion')
        and (
            aspect = 'target'
            or indicator_id in (
                select topic_summary.indicator_id from {{ ref("topic_summary") }} as topic_summary
            )
        )
        and (aspect in ('comparison', 'rank', 'hotspot') and section != 'conclusion'
            or aspect in ('change', 'target') and section = 'conclusion')
        and verdict not in ('no figure', 'not comparable')
        and importance > 0
    qualify
        row_number() over (
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

-- What stands in the slots: every number rounded here and nowhere else.
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
            when wording_aspect in (
                'share', 'profile', 'bounds', 'missing', 'share_of_reports', 'of_all', 'residence'
            )
                then {{ said_share("value", "numerator", "denominator", "fraction_points") }}
        end as said_share,
        '95 % limits ' || case
            when aspect = 'ratio' then {{ said_number("lower_95", 2) }} || ' to ' || {{ said_number("upper_95", 2) }}
            else {{ said_number("lower_95") }} || ' to ' || {{ said_number("upper_95") }}
        end as said_limits,
        -- The one number that a commentary quotes a claim by: its percentage, share or rank, else its count.
        lower(coalesce(
            nullif(regexp_extract(
                template, '\{(signed_percent|percent|[Ss]hare|ratio|difference|ordinal)\}'
            ), ''),
            nullif(regexp_extract(template, '\{(value|count)\}'), '')
        )) as figure_slot
    from worded
    cross join (
        select {{ threshold("claim_fraction_points") }} as fraction_points
    ) as judgments
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
    {% set slots = {
        "name": "coalesce(name_within, '{name}')",
        "Name": "coalesce(upper(left(name, 1)) || substr(name, 2), '{Name}')",
        "area": "coalesce(area_name, '{area}')",
        "period": "period_label",
        "count": "coalesce(" ~ said_count("numerator") ~ ", '{count}')",
        "signed_count": "coalesce(" ~ said_signed_count("numerator") ~ ", '{signed_count}')",
        "previous_count": "coalesce(" ~ said_count("previous_numerator") ~ ", '{previous_count}')",
        "total": "coalesce(" ~ said_count("denominator") ~ ", '{total}')",
        "signed_total": "coalesce(" ~ said_signed_count("denominator") ~ ", '{signed_total}')",
        "value": "coalesce(said_value, '{value}')",
        "unit": "coalesce(' ' || nullif(unit, 'percent'), '')",
        "rate": "coalesce(case when kind = 'proportion' then lower(left(name, 1)) || substr(name, 2) else 'the rate of ' || name_within end, '{rate}')",
        "Rate": "coalesce(case when kind = 'proportion' then name else 'The rate of ' || name_within end, '{Rate}')",
        "predicate": "coalesce(predicate, '{predicate}')",
        "expected": "coalesce(" ~ said_number("comparator_value") ~ ", '{expected}')",
        "family": "coalesce(" ~ said_count("previous_denominator") ~ ", '{family}')",
        "month": "coalesce(category, '{month}')",
        "percent": "coalesce(" ~ said_percent("abs(value)") ~ ", '{percent}')",
        "signed_percent": "coalesce(" ~ said_signed_percent("value") ~ ", '{signed_percent}')",
        "signed_target": "coalesce(" ~ said_signed_percent("value") ~ ", '{signed_target}')",
        "difference": "coalesce(" ~ said_signed_number("value") ~ ", '{difference}')",
        "ratio": "coalesce(" ~ said_number("value", 2) ~ ", '{ratio}')",
        "share": "coalesce(said_share, '{share}')",
        "Share": "coalesce(upper(left(said_share, 1)) || substr(said_share, 2), '{Share}')",
        "previous_share": "coalesce(" ~ said_share("previous_value", "previous_numerator", "previous_denominator", "fraction_points") ~ ", '{previous_share}')",
        "limits": "coalesce(said_limits, 'no limits')",
        "limit": said_percent("100 * " ~ threshold("hotspot_significant_confidence")),
        "comparator": "coalesce(comparator_name, '{comparator}')",
        "comparator_value": "coalesce(said_comparator_value, '{comparator_value}')",
        "county": "coalesce(county_name, '{county}')",
        "judgement": "case judgement when 'better' then ', which is better' when 'worse' then ', which is worse' else '' end",
        "ordinal": "coalesce(" ~ said_rank("numerator", "denominator") ~ ", '{ordinal}')",
        "names": "coalesce(names, '{names}')",
        "category": "coalesce(category_name, '{category}')",
        "Category": "coalesce(upper(left(category_name, 1)) || substr(category_name, 2), '{Category}')",
        "field": "coalesce(replace(split_part(indicator_id, '.', 2), '_', ' '), '{field}')",
        "reason": "coalesce(reason, '{reason}')",
        "unknown": "coalesce(" ~ said_count("unknown") ~ ", '{unknown}')",
        "lowest": "coalesce(" ~ said_percent("lowest_possible") ~ ", '{lowest}')",
        "highest": "coalesce(" ~ said_percent("highest_possible") ~ ", '{highest}')",
        "bound": "case when value > 0 then 'least' else 'most' end",
        "target_value": "coalesce(said_comparator_value, '{target_value}')",
        "baseline": "coalesce(said_baseline, '{baseline}')",
    } -%}
    {{ filled("template", slots) }} as sentence,
    {{ filled("figure_slot", slots) }} as figure,
    source_table,
    source_key
from slots
