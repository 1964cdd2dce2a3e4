{{ config(materialized="view") }}
-- The part of int_claim_value that the subject tables give: offenders, needs, ethnicity, hate and MARAC
-- referrals. One row per subject, category, aspect, area and year.
with of_offenders as (
    select
        'offender_profile.' || profile.dimension as indicator_id,
        profile.category,
        coalesce(profile.category_name, profile.category) as category_name,
        'share' as aspect,
        profile.area_type,
        profile.area_code,
        profile.period_label,
        'county' as comparator_type,
        'percent' as unit,
        profile.percent as value,
        profile.county_percent as comparator_value,
        profile.offenders as numerator,
        profile.known as denominator,
        profile.lower_95,
        profile.upper_95,
        'Wilson''s 95 % limits against the county''s share' as test,
        coalesce(profile.verdict, 'stated') as verdict,
        concat(
            format('{:,} of {:,} offenders with it recorded', profile.offenders, profile.known),
            ', ' || profile.verdict || format(' against the county''s {:.1f} %', profile.county_percent)
        ) as made_of,
        'offender_profile' as source_table
    from {{ ref("offender_profile") }} as profile
    where profile.is_complete and profile.dimension != 'residence'
    union all by name
    select
        'offender_profile.residence' as indicator_id,
        'count' as aspect,
        'lsoa' as area_type,
        profile.category as area_code,
        profile.period_label,
        profile.offenders as numerator,
        'stated' as verdict,
        'offenders of the caseload who live there' as made_of,
        'offender_profile' as source_table
    from {{ ref("offender_profile") }} as profile
    where profile.is_complete and profile.dimension = 'residence' and profile.area_type = 'district'
    union all by name
    select
        'offender_profile.residence' as indicator_id,
        'areas_with_ten' as aspect,
        profile.area_type,
        profile.area_code,
        profile.period_label,
        count(*) filter (where profile.offenders >= 10) as numerator,
        case when count(*) filter (where profile.offenders >= 10) = 0 then 'none' else 'stated' end
            as verdict,
        string_agg(
            format('{} ({:,})', coalesce(profile.category_name, profile.category), profile.offenders),
            ', '
            order by profile.offenders desc, profile.category asc
        ) filter (where profile.offenders >= 10) as names,
        'with ten or more: '
        || coalesce(
            string_agg(
                coalesce(profile.category_name, profile.category),
                ', '
                order by profile.offenders desc, profile.category asc
            ) filter (where profile.offenders >= 10),
            'none'
        ) as made_of,
        'offender_profile' as source_table
    from {{ ref("offender_profile") }} as profile
    where profile.is_complete and profile.dimension = 'residence'
    group by profile.area_type, profile.area_code, profile.period_label
),

-- Of many sets some stand out by chance alone: how many were tested is said, and of an area those first that
-- stand out in the county, since the area's own order is that of a few offenders.
of_needs as (
    select
        'need_combination' as indicator_id,
        combination.needs as category,
        case when combination.needs like '%+%' then 'the needs ' else 'the need ' end
        || replace(regexp_replace(combination.needs, '\+([^+]*)$', ' and \1'), '+', ', ')
            as category_name,
        'ratio' as aspect,
        combination.area_type,
        combination.area_code,
        combination.period_label,
        combination.risk_ratio as value,
        combination.offenders as numerator,
        combination.reoffenders as previous_numerator,
        combination.sets_tested as denominator,
        combination.lower_95,
        combination.upper_95,
        'risk ratio with log limits' as test,
        case
            when combination.lower_95 > 1 then 'higher'
            when combination.upper_95 < 1 then 'lower'
            else 'similar'
        end as verdict,
        format(
            '{:,} of {:,} with these needs offended again, {:,} of the other {:,}',
            combination.reoffenders,
            combination.offenders,
            combination.other_reoffenders,
            combination.others
        ) as made_of,
        row_number() over (
            partition by combination.area_type, combination.area_code, combination.period_label
            order by county.risk_ratio desc nulls last, combination.needs asc
        ) as ordering,
        'need_combination' as source_table
    from {{ ref("need_combination") }} as combination
    left join {{ ref("need_combination") }} as county
        on
            combination.needs = county.needs
            and combination.period_label = county.period_label
            and county.area_type = 'county'
    where combination.is_complete and combination.risk_ratio is not null
    union all by name
    select
        'need_combination' as indicator_id,
        'needs' as aspect,
        area.area_type,
        area.area_code,
        {{ financial_year_label("offender.financial_year_start") }} as period_label,
        count(distinct need.need) as numerator,
        'stated' as verdict,
        string_agg(distinct need.need, ', ' order by need.need) as names,
        'needs assessed: ' || string_agg(distinct need.need, ', ' order by need.need) as made_of,
        'offender_profile' as source_table
    from {{ ref("br_offender_need") }} as need
    inner join {{ ref("fct_offender_year") }} as offender
        on
            need.offender_id = offender.offender_id
            and need.period_start = offender.period_start
            and need.period_end = offender.period_end
    inner join {{ ref("br_area_part") }} as area
        on coalesce(offender.geography_lsoa_code, offender.district_code) = area.place_code
    group by area.area_type, area.area_code, offender.financial_year_start
),

of_ethnicity as (
    select
        'youth_ethnicity' as indicator_id,
        ethnicity.ethnic_group as category,
        ethnicity.ethnic_group as category_name,
        'difference' as aspect,
        ethnicity.area_type,
        ethnicity.area_code,
        ethnicity.period_label,
        ethnicity.difference as value,
        ethnicity.disposal_percent as previous_value,
        ethnicity.population_percent as comparator_value,
        ethnicity.disposals as numerator,
        ethnicity.population_10_17 as denominator,
        case when ethnicity.difference is null then 'no population' else 'stated' end as verdict,
        format(
            '{:.2f} % of disposals less {:.2f} % of residents aged 10 to 17',
            ethnicity.disposal_percent,
            ethnicity.population_percent
        ) as made_of,
        'youth_ethnicity' as source_table
    from {{ ref("youth_ethnicity") }} as ethnicity
    where ethnicity.is_complete
    qualify
        count(ethnicity.population_10_17) over (
            partition by ethnicity.area_type, ethnicity.area_code, ethnicity.period_label
        ) > 0
    union all by name
    select
        'youth_ethnicity' as indicator_id,
        'sum_of_groups' as aspect,
        ethnicity.area_type,
        ethnicity.area_code,
        ethnicity.period_label,
        sum(ethnicity.disposals) as numerator,
        sum(ethnicity.population_10_17) as denominator,
        case
            when sum(ethnicity.population_10_17) is null then 'no population'
            else 'stated'
        end as verdict,
        'the sum of the groups' as made_of,
        'youth_ethnicity' as source_table
    from {{ ref("youth_ethnicity") }} as ethnicity
    where ethnicity.is_complete
    group by ethnicity.area_type, ethnicity.area_code, ethnicity.period_label
),

-- What the police took of hate: an incident is no offence, but documents state both together.
police_hate as (
    select
        area_type,
        area_code,
        period_label,
        max(numerator) filter (where indicator_id = 'hate_offences') as offences,
        max(numerator) filter (where indicator_id = 'hate_incidents') as incidents,
        max(numerator) filter (where indicator_id = 'hate_offence_violence_share') as violence,
        max(numerator) filter (where indicator_id = 'hate_offence_damage_share') as damage
    from {{ ref("int_indicator_value") }} as int_indicator_value
    where
        indicator_id in (
            'hate_offences',
            'hate_incidents',
            'hate_offence_violence_share',
            'hate_offence_damage_share'
        )
        and period_type in ('financial_year', 'year_to')
        and area_type != 'not_located'
        and is_complete
        and {{ said_area("int_indicator_value") }}
    group by area_type, area_code, period_label
),

of_police_hate as (
    select
        'hate_reports.police' as indicator_id,
        'count' as aspect,
        area_type,
        area_code,
        period_label,
        offences + incidents as numerator,
        'stated' as verdict,
        format('{:,} offences and {:,} incidents that the police took', offences, incidents) as made_of,
        'indicator_value' as source_table
    from police_hate
    -- A share of offences and incidents together, beside the offences alone that it can be of.
    {% for indicator, counted in [
        ("hate_offence_violence_share", "violence"),
        ("hate_offence_damage_share", "damage"),
    ] -%}
    union all by name
    select
        '{{ indicator }}' as indicator_id,
        'share_of_reports' as aspect,
        area_type,
        area_code,
        period_label,
        100e0 * {{ counted }} / (offences + incidents) as value,
        {{ counted }} as numerator,
        offences + incidents as denominator,
        offences as other_denominator,
        'stated' as verdict,
        format(
            '{:,} of the {:,} offences and {:,} incidents together',
            {{ counted }},
            offences,
            incidents
        ) as made_of,
        'indicator_value' as source_table
    from police_hate
    where offences + incidents > 0
    {% endfor %}
),

of_hate as (
    select
        'hate_completeness.' || completeness.field as indicator_id,
        completeness.field as category_name,
        'missing' as aspect,
        completeness.area_type,
        completeness.area_code,
        completeness.period_label,
        'percent' as unit,
        completeness.percent_missing as value,
        completeness.records - completeness.recorded as numerator,
        completeness.records as denominator,
        completeness.lower_95,
        completeness.upper_95,
        'stated' as verdict,
        format(
            '{:,} of {:,} reports do not say it in a way that can be used',
            completeness.records - completeness.recorded,
            completeness.records
        ) as made_of,
        'hate_completeness' as source_table
    from {{ ref("hate_completeness") }} as completeness
    where
        completeness.source = 'all'
        and completeness.is_complete
        and completeness.percent_missing is not null
    union all by name
    select
        'hate_victims.' || victims.field as indicator_id,
        victims.category,
        victims.category as category_name,
        'bounds' as aspect,
        victims.area_type,
        victims.area_code,
        victims.period_label,
        'percent' as unit,
        victims.percent_of_known as value,
        victims.n as numerator,
        victims.known as denominator,
        victims.records - victims.known as unknown,
        victims.lowest_possible_percent as lowest_possible,
        victims.highest_possible_percent as highest_possible,
        'lowest and highest possible share' as test,
        case when victims.known = 0 then 'none known' else victims.majority end as verdict,
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
        row_number() over (
            partition by
                victims.area_type, victims.area_code, victims.period_label, victims.field
            order by victims.n desc, victims.category asc
        ) as ordering,
        'hate_victims' as source_table
    from {{ ref("hate_victims") }} as victims
    where victims.is_complete and victims.records > 0
    union all by name
    select
        'hate_reports' as indicator_id,
        'change_on_baseline' as aspect,
        reports.area_type,
        reports.area_code,
        reports.period_label,
        'percent' as unit,
        reports.change_percent as value,
        reports.baseline_reports as previous_value,
        reports.reports as numerator,
        reports.baseline_reports as previous_numerator,
        'stated' as verdict,
        format('{:,} on a baseline of {:,}', reports.reports, reports.baseline_reports) as made_of,
        'hate_reports' as source_table
    from {{ ref("hate_reports") }} as reports
    where
        reports.source = 'all' and reports.is_complete and reports.change_percent is not null
),

of_referrals as (
    select
        'marac_referrals' as indicator_id,
        referrals.referring_agency as category,
        referrals.referring_agency as category_name,
        'part' as aspect,
        referrals.area_type,
        referrals.area_code,
        referrals.period_label,
        'percent' as unit,
        referrals.percent as value,
        referrals.cases as numerator,
        case when referrals.referring_agency = 'Not recorded' then 'not recorded' else 'stated' end
            as verdict,
        format('{:.1f} % of the cases', referrals.percent) as made_of,
        row_number() over (
            partition by referrals.area_type, referrals.area_code, referrals.period_label
            order by referrals.cases desc, referrals.referring_agency asc
        ) as ordering,
        'marac_referrals' as source_table
    from {{ ref("marac_referrals") }} as referrals
    where referrals.is_complete
),

-- Whether offenders live where crime is highest: the most affected fifth of the district's residents.
of_residence as (
    select
        'offender_residence' as indicator_id,
        residence.indicator_id as category,
        'residence' as aspect,
        residence.area_type,
        residence.area_code,
        residence.period_label,
        'county' as comparator_type,
        residence.percent as value,
        residence.rate_ratio as previous_value,
        residence.county_percent as comparator_value,
        residence.offenders as numerator,
        residence.known as denominator,
        residence.caseload - residence.known as unknown,
        residence.percent_lower_95 as lower_95,
        residence.percent_upper_95 as upper_95,
        'Wilson''s 95 % limits against the county''s share' as test,
        coalesce(residence.verdict, 'stated') as verdict,
        format(
            '{:,} of {:,} offenders whose residence is known',
            residence.offenders,
            residence.known
        ) as made_of,
        'offender_residence' as source_table
    from {{ ref("offender_residence") }} as residence
    where
        residence.is_complete
        and residence.scope = 'district'
        and residence.fifth = 1
        and residence.percent is not null
),

everything as (
    {% for part in [
        "of_offenders", "of_needs", "of_ethnicity", "of_police_hate", "of_hate", "of_referrals",
        "of_residence",
    ] -%}
    {{ "union all by name" if not loop.first }}
    select * from {{ part }}
    {% endfor %}
)

select * from everything
