{{ config(materialized="view") }}
-- One row per figure of the subject tables that a published assessment may state: the number or word,
-- what it is made of in words, and its two parts where it has two. A figure is named
-- `<table>.<field>[.<category>]`.
with of_offenders as (
    select
        'offender_profile.' || profile.dimension || '.' || profile.category as indicator_id,
        aspects.aspect,
        profile.area_code,
        profile.period_label,
        case aspects.aspect when 'share' then profile.percent else profile.offenders end as number,
        null as word,
        aspects.aspect = 'share' as is_percent,
        concat(
            format('{:,} of {:,} offenders with it recorded', profile.offenders, profile.known),
            ', ' || profile.verdict || format(' against the county''s {:.1f} %', profile.county_percent)
        ) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("offender_profile") }} as profile
    cross join (values ('share'), ('numerator')) as aspects (aspect)
    where profile.is_complete and profile.dimension != 'residence'
    union all
    select
        'offender_profile.residence' as indicator_id,
        'numerator' as aspect,
        profile.category as area_code,
        profile.period_label,
        profile.offenders as number,
        null as word,
        false as is_percent,
        'offenders of the caseload who live there' as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("offender_profile") }} as profile
    where profile.is_complete and profile.dimension = 'residence' and profile.area_type = 'district'
    union all
    select
        'offender_profile.residence' as indicator_id,
        'areas_with_ten' as aspect,
        profile.area_code,
        profile.period_label,
        count(*) filter (where profile.offenders >= 10) as number,
        null as word,
        false as is_percent,
        'LSOAs in which ten or more offenders live' as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("offender_profile") }} as profile
    where profile.is_complete and profile.dimension = 'residence'
    group by profile.area_code, profile.period_label
),

of_needs as (
    select
        'need_combination.' || combination.needs as indicator_id,
        aspects.aspect,
        combination.area_code,
        combination.period_label,
        case aspects.aspect
            when 'risk_ratio' then combination.risk_ratio
            else combination.offenders
        end as number,
        null as word,
        false as is_percent,
        format(
            '{:,} of {:,} with these needs offended again, {:,} of the other {:,}',
            combination.reoffenders,
            combination.offenders,
            combination.other_reoffenders,
            combination.others
        ) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("need_combination") }} as combination
    cross join (values ('risk_ratio'), ('numerator')) as aspects (aspect)
    where combination.is_complete
    union all
    select
        'need_combination' as indicator_id,
        'needs' as aspect,
        area.area_code,
        {{ financial_year_label("offender.financial_year_start") }} as period_label,
        count(distinct need.need) as number,
        null as word,
        false as is_percent,
        'needs assessed: ' || string_agg(distinct need.need, ', ' order by need.need) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("br_offender_need") }} as need
    inner join {{ ref("fct_offender_year") }} as offender
        on
            need.offender_id = offender.offender_id
            and need.period_start = offender.period_start
            and need.period_end = offender.period_end
    inner join {{ ref("br_area_part") }} as area
        on coalesce(offender.geography_lsoa_code, offender.district_code) = area.place_code
    group by area.area_code, offender.financial_year_start
),

of_ethnicity as (
    select
        'youth_ethnicity.' || ethnicity.ethnic_group as indicator_id,
        aspects.aspect,
        ethnicity.area_code,
        ethnicity.period_label,
        case aspects.aspect
            when 'numerator' then ethnicity.disposals
            when 'population' then ethnicity.population_10_17
            else ethnicity.difference
        end as number,
        null as word,
        false as is_percent,
        case aspects.aspect
            when 'difference'
                then
                    format(
                        '{:.2f} % of disposals less {:.2f} % of residents aged 10 to 17',
                        ethnicity.disposal_percent,
                        ethnicity.population_percent
                    )
            else 'counted'
        end as made_of,
        ethnicity.disposal_percent as part_one,
        ethnicity.population_percent as part_two
    from {{ ref("youth_ethnicity") }} as ethnicity
    cross join (values ('numerator'), ('population'), ('difference')) as aspects (aspect)
    where ethnicity.is_complete
    union all
    select
        'youth_ethnicity' as indicator_id,
        aspects.aspect,
        ethnicity.area_code,
        ethnicity.period_label,
        case aspects.aspect
            when 'numerator' then sum(ethnicity.disposals)
            else sum(ethnicity.population_10_17)
        end as number,
        null as word,
        false as is_percent,
        'the sum of the groups' as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("youth_ethnicity") }} as ethnicity
    cross join (values ('numerator'), ('population')) as aspects (aspect)
    where ethnicity.is_complete
    group by aspects.aspect, ethnicity.area_code, ethnicity.period_label
),

-- What the police took of hate: an incident is no offence, but documents state both together.
police_hate as (
    select
        area_code,
        period_label,
        max(numerator) filter (where indicator_id = 'hate_offences') as offences,
        max(numerator) filter (where indicator_id = 'hate_incidents') as incidents,
        max(numerator) filter (where indicator_id = 'hate_offence_violence_share') as violence,
        max(numerator) filter (where indicator_id = 'hate_offence_damage_share') as damage
    from {{ ref("int_indicator_value") }}
    where
        indicator_id in (
            'hate_offences',
            'hate_incidents',
            'hate_offence_violence_share',
            'hate_offence_damage_share'
        )
        and period_type = 'financial_year'
        and area_type in ('lsoa', 'district', 'county')
        and is_complete
    -- A code that is a district's and a county's has the same figures twice.
    group by area_code, period_label
),

of_police_hate as (
    select
        'hate_reports.police' as indicator_id,
        'numerator' as aspect,
        area_code,
        period_label,
        offences + incidents as number,
        null as word,
        false as is_percent,
        format('{:,} offences and {:,} incidents that the police took', offences, incidents) as made_of,
        null::double as part_one,
        null::double as part_two
    from police_hate
    -- A share of offences and incidents together, beside the offences alone that it can be of.
    {% for indicator, counted in [
        ("hate_offence_violence_share", "violence"),
        ("hate_offence_damage_share", "damage"),
    ] -%}
    union all
    select
        '{{ indicator }}' as indicator_id,
        'share_of_reports' as aspect,
        area_code,
        period_label,
        100e0 * {{ counted }} / nullif(offences + incidents, 0) as number,
        null as word,
        true as is_percent,
        format(
            '{:,} of the {:,} offences and {:,} incidents together',
            {{ counted }},
            offences,
            incidents
        ) as made_of,
        {{ counted }} as part_one,
        offences as part_two
    from police_hate
    {% endfor %}
),

of_hate as (
    select
        'hate_completeness.' || completeness.field as indicator_id,
        'percent_missing' as aspect,
        completeness.area_code,
        completeness.period_label,
        completeness.percent_missing as number,
        null as word,
        true as is_percent,
        format(
            '{:,} of {:,} reports do not say it in a way that can be used',
            completeness.records - completeness.recorded,
            completeness.records
        ) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("hate_completeness") }} as completeness
    where completeness.source = 'all' and completeness.is_complete
    union all
    select
        'hate_victims.' || victims.field || '.' || victims.category as indicator_id,
        'majority' as aspect,
        victims.area_code,
        victims.period_label,
        null as number,
        nullif(victims.majority, 'cannot be said') as word,
        false as is_percent,
        case
            when victims.known = 0 then format('none of {:,} is known', victims.records)
            else
                format(
                    '{:,} of {:,} known are {:.1f} %; of all {:,} it can be {:.1f} % to {:.1f} %',
                    victims.n,
                    victims.known,
                    victims.percent_of_known,
                    victims.records,
                    victims.lowest_possible_percent,
                    victims.highest_possible_percent
                )
        end as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("hate_victims") }} as victims
    where victims.is_complete
    union all
    select
        'hate_reports' as indicator_id,
        'change_on_baseline' as aspect,
        reports.area_code,
        reports.period_label,
        reports.change_percent as number,
        null as word,
        true as is_percent,
        format('{:,} on a baseline of {:,}', reports.reports, reports.baseline_reports) as made_of,
        reports.reports as part_one,
        reports.baseline_reports as part_two
    from {{ ref("hate_reports") }} as reports
    where reports.source = 'all' and reports.is_complete
),

of_referrals as (
    select
        'marac_referrals.' || referrals.referring_agency as indicator_id,
        'numerator' as aspect,
        referrals.area_code,
        referrals.period_label,
        referrals.cases as number,
        null as word,
        false as is_percent,
        format('{:.1f} % of the cases', referrals.percent) as made_of,
        null::double as part_one,
        null::double as part_two
    from {{ ref("marac_referrals") }} as referrals
    where referrals.is_complete
),

everything as (
    {% for part in [
        "of_offenders", "of_needs", "of_ethnicity", "of_police_hate", "of_hate", "of_referrals",
    ] -%}
    {{ "union all" if not loop.first }}
    select
        indicator_id,
        aspect,
        area_code,
        period_label,
        number::double as number,
        word::varchar as word,
        is_percent,
        made_of,
        part_one::double as part_one,
        part_two::double as part_two
    from {{ part }}
    {% endfor %}
)

select * from everything
