-- One row per thing that the written assessment says of an area and year, or would say: what it is worth,
-- or why there is no figure, and how much it weighs. Where is said what is seeds/assessment_section.csv.
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
        period_label
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
-- by each indicator of the topic that has one. `*` is every indicator. That no target is set is said where
-- the standard question asks for it, and nowhere else.
topics as (
    select
        topic_summary.topic,
        register.indicator_id,
        dense_rank() over (order by topic_summary.topic) as topic_number,
        case when topic_summary.indicator_id != register.indicator_id then 'target' end as only_aspect
    from {{ ref("topic_summary") }} as topic_summary
    inner join register on topic_summary.topic = register.topic
    where
        topic_summary.indicator_id = register.indicator_id
        or register.indicator_id in (
            select target.indicator_id from {{ ref("target_progress") }} as target
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
        topics.only_aspect is not null
        or coalesce(lines.indicator_id = '*', false)
        or lines.aspect in ('change_on_baseline', 'difference')
        or lines.aspect = 'target' and lines.question is null
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
        coalesce(local_name, area_name) as said_area,
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
        area_name as said_area,
        false as is_focus_area
    from {{ ref("dim_area") }}
    where area_type = 'county'
    union all
    select
        'force' as area_role,
        area.area_type,
        area.area_code,
        area.area_name,
        area.area_name as said_area,
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

-- Whose most similar group the settings name.
grouped as (
    select distinct focus.district_code as area_code
    from {{ ref("int_setting_district") }} as focus
    inner join {{ ref("int_setting_district") }} as member
        on focus.setting_code = member.group_code and member.role = 'most_similar'
    where focus.role = 'focus'
),

-- Of the two comparators the county is one's own where the county is the area; a partnership of several
-- districts has no rank among districts and no most similar group, its districts have.
comparators as (
    select unnest(['county', 'most_similar_group']) as comparator_type
),

wanted as (
    select
        said.*,
        comparators.comparator_type,
        areas.area_type,
        areas.area_code,
        areas.area_name,
        areas.said_area,
        years.period_type,
        years.period_start,
        years.period_end,
        years.period_label
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
        and not (areas.area_type = 'partnership' and said.aspect = 'rank')
        or comparators.comparator_type = 'most_similar_group'
        and areas.area_type = 'district'
        and areas.is_focus_area
        and areas.area_code in (select grouped.area_code from grouped)
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

surveys as (
    select distinct indicator_id from {{ ref("survey_indicator") }}
),

-- Who is asked for the records that a subject is counted of.
senders as (
    select
        indicator_id,
        string_agg(sender, ' and ' order by sender) as senders
    from (
        select distinct
            subject.indicator_id,
            regexp_replace(feed.publisher, '^The ', 'the ') as sender
        from (
            select indicator_id, unnest(string_split(feeds, ';')) as feed from register
            union all
            select indicator_id, feed from {{ ref("assessment_phrase") }} where feed is not null
        ) as subject
        inner join {{ source("raw", "feed") }} as feed on subject.feed = feed.feed
        where feed.partner != 'reference' or subject.indicator_id = 'population'
    ) as sent
    group by indicator_id
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

explained as (
    select
        valued.* exclude (reason),
        completeness.completeness_percent,
        county.county_name,
        not valued.has_value
        and (
            valued.aspect = 'perception' and valued.area_type = 'partnership'
            or valued.indicator_version is null
            or received.indicator_id is null
        ) as is_of_nothing,
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
            when valued.aspect = 'contribution' and valued.value > 100
                then valued.value_verdict || ', more than the whole'
            else coalesce(valued.value_verdict, 'stated')
        end as verdict,
        case
            when
                starts_with(valued.indicator_id, 'offender_profile.') and valued.has_value
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
                when valued.aspect = 'perception' and valued.area_type = 'partnership'
                    then 'the survey speaks of districts, each by itself'
                when valued.indicator_version is null or received.indicator_id is null
                    then
                        concat_ws(
                            ' ',
                            'no extract',
                            'of ' || senders.senders,
                            'covers',
                            valued.period_label,
                            'whole'
                        )
                when valued.aspect in ('hotspot', 'community') and surveys.indicator_id is not null
                    then 'a survey asks too few people of a small area'
                when valued.comparator_type = 'most_similar_group' and surveys.indicator_id is not null
                    then 'estimates of surveys are not averaged over a group'
                when valued.aspect in ('hotspot', 'community') and valued.kind = 'proportion'
                    then 'it is a share, and small areas hold too few of it'
                when valued.aspect in ('hotspot', 'community')
                    then 'the partner''s records do not say the small area'
                when valued.aspect = 'contribution' then 'it is not counted in parts'
                when valued.aspect = 'of_all' and valued.kind = 'proportion' then 'it is a share'
                when valued.aspect = 'of_all'
                    then 'no recorded crime is known of ' || valued.period_label || ' whole'
                when valued.comparator_type = 'most_similar_group'
                    then 'its most similar group has no figures'
                when valued.aspect = 'comparison'
                    then 'there are no rates to compare'
                else 'the years before are not held'
            end
        ) as reason
    from valued
    cross join county
    left join surveys on valued.indicator_id = surveys.indicator_id
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
    left join senders on valued.indicator_id = senders.indicator_id
),

-- What was not received a section says once of an area; a standard question is answered each time.
once as (
    select *
    from explained
    qualify
        not is_of_nothing
        or question is not null
        or row_number() over (
            partition by is_of_nothing, section, area_role, area_code, period_label, reason
            order by position
        ) = 1
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
    from once
)

select * from identified
