"""What a claim of the assessment rests on, read again from the mart's rows that it names.

Each of READ is a query of one mart: the key as `source_key` writes it, the aspect, and whatever of
FIGURES that aspect has; what it does not give a claim must not have. Beside them `also` is a count
that the sentence says and the claim has no column for, and `names` words with numbers in them.
Nothing here comes from the models that make the claims. What is a share, a difference, a percentage
or a rank within the county is worked out anew.
"""

from functools import cache

import duckdb
import pandas as pd

FIGURES = (
    "value", "previous_value", "comparator_value", "numerator", "previous_numerator",
    "denominator", "unknown", "lower_95", "upper_95", "lowest_possible", "highest_possible",
    "p_value",
)  # fmt: skip


FOCUS = "E07000129"  # the one district of the demo's partnership
LEAST, TOP, TEN = 5, 5, 10  # events of a place that is named, places named, offenders of one


def key(subject: str, *more: str, area: str = "row") -> str:
    """SQL of a source_key: subject, then category (if any), area and year, then comparator."""
    category, comparator = (*more, "null", "null")[:2]
    place = f"{area}.area_type || ' ' || {area}.area_code"
    return f"concat_ws('; ', {subject}, {category}, {place}, row.period_label, {comparator})"


OF_INDICATOR = key("row.indicator_id")
COMPARED = key(
    "row.indicator_id", "null", "concat_ws(' ', row.comparator_type, row.comparator_code)"
)
NEWEST_WAVE = """qualify fieldwork_end = max(fieldwork_end) over (
            partition by indicator_id, area_type, area_code, period_label)"""

# The newest definition of each indicator, the whole years of it, and who is part of which area.
WITH = """
with newest as (
    select indicator_id, kind, feeds, indicator_version from marts.indicator
    qualify row_number() over (partition by indicator_id order by indicator_version desc) = 1
),
years as (
    select value.*, newest.kind, newest.feeds from marts.indicator_value as value
    inner join newest using (indicator_id, indicator_version)
    where value.period_type = 'financial_year' and value.is_complete
),
newest_months as (
    select signal.* replace (
            year(period_start - interval 3 month) || '/'
            || right((year(period_start - interval 3 month) + 1)::varchar, 2) as period_label
        ),
        signal.period_label as month
    from marts.monthly_signal as signal
    inner join newest using (indicator_id, indicator_version) where is_newest
)
"""

READ = {
    "value": f"""
        select {OF_INDICATOR}, case kind when 'proportion' then 'share' else 'value' end,
            case kind when 'proportion' then 100.0 * numerator / denominator
                else value end as value,
            numerator, denominator, unknown, lower_95, upper_95, lowest_possible, highest_possible
        from years as row where not contains(feeds, 'survey/')""",
    # The percentage is the survey's own; those who say so are worked out from it.
    "survey": f"""
        select {OF_INDICATOR}, 'share', percent as value,
            round(percent * base / 100)::bigint as numerator, base as denominator,
            lower_95, upper_95
        from marts.perception as row where indicator_id is not null
        {NEWEST_WAVE}""",
    "change": f"""
        select {OF_INDICATOR}, 'change',
            case when verdict = 'not comparable' then null
                when kind = 'proportion' then value - previous_value
                else 100.0 * (numerator - previous_numerator) / nullif(previous_numerator, 0)
            end as value,
            case kind when 'proportion' then previous_value else previous_numerator end
                as previous_value,
            case kind when 'proportion' then value end as comparator_value,
            numerator, previous_numerator, denominator, p_value,
            previous_denominator as also
        from marts.indicator_change as row
        inner join newest using (indicator_id, indicator_version)""",
    "trend": f"""
        select {OF_INDICATOR}, 'trend', chi_square as value, n_points as numerator
        from marts.indicator_trend as row
        inner join newest using (indicator_id, indicator_version)""",
    # Each year with the one before it, and with all up to it.
    "run": f"""
        select {OF_INDICATOR}, 'run', row.numerator, one.numerator as previous_numerator,
            format('{{:,}}, {{:,}} and {{:,}}', two.numerator, one.numerator, row.numerator)
                as names
        from years as row
        inner join years as one
            on row.indicator_id = one.indicator_id and row.area_code = one.area_code
            and row.area_type = one.area_type
            and row.period_start = one.period_start + interval 1 year
        inner join years as two
            on row.indicator_id = two.indicator_id and row.area_code = two.area_code
            and row.area_type = two.area_type
            and row.period_start = two.period_start + interval 2 year""",
    "record": f"""
        select {OF_INDICATOR}, 'record', any_value(row.numerator) as numerator,
            count(*) as denominator, min(past.period_label) as names
        from years as row
        inner join years as past
            on row.indicator_id = past.indicator_id and row.area_code = past.area_code
            and row.area_type = past.area_type and past.period_start <= row.period_start
        group by row.indicator_id, row.area_type, row.area_code, row.period_label""",
    "comparison": f"""
        select {COMPARED}, 'comparison', row.value, row.comparator_value, row.p_value,
            years.numerator, years.denominator
        from marts.indicator_comparison as row
        inner join newest using (indicator_id, indicator_version)
        left join years using (indicator_id, area_type, area_code, period_label)""",
    "rank": f"""
        select {COMPARED}, 'rank', row.comparator_value, place as value, place as numerator,
            of as denominator
        from (
            select *, rank_of as of, case comparator_type
                when 'county' then rank() over (
                    partition by indicator_id, indicator_version, area_type, comparator_code,
                        period_label
                    order by value desc)
                else rank end as place  -- a group's other members have no rows here
            from marts.indicator_comparison where rank is not null
        ) as row
        inner join newest using (indicator_id, indicator_version)""",
    "of_all": f"""
        select {OF_INDICATOR}, 'of_all',
            case when contains(row.feeds, 'police/recorded_crime')
                then 100.0 * row.numerator / whole.numerator end as value,
            row.numerator, whole.numerator as denominator
        from years as row
        inner join years as whole using (area_type, area_code, period_label)
        where whole.indicator_id = 'all_crime' and row.kind <> 'proportion'""",
    "police_hate": f"""
        select {key("'hate_reports.police'")}, 'count', sum(row.numerator)::bigint as numerator
        from years as row where indicator_id in ('hate_offences', 'hate_incidents')
        group by area_type, area_code, period_label""",
    "share_of_reports": f"""
        select {OF_INDICATOR}, 'share_of_reports',
            100.0 * any_value(row.numerator) / sum(report.numerator) as value,
            any_value(row.numerator) as numerator, sum(report.numerator)::bigint as denominator
        from years as row
        inner join years as report using (area_type, area_code, period_label)
        where report.indicator_id in ('hate_offences', 'hate_incidents')
            and row.indicator_id in ('hate_offence_violence_share', 'hate_offence_damage_share')
        group by row.indicator_id, row.area_type, row.area_code, row.period_label""",
    "hotspot": f"""
        select {OF_INDICATOR}, 'hotspot',
            any_value(row.county_rate) as comparator_value,
            count(*) filter (where row.class = 'significantly high') as numerator,
            count(*) filter (where row.place <= {TOP}) as previous_numerator,
            count(*) as denominator,
            string_agg(
                format('{{}} ({{:,}})', coalesce(row.local_name, row.area_name), row.numerator),
                ', ' order by row.place, row.lsoa_code
            ) filter (where row.place <= {TOP} and row.numerator >= {LEAST}) as names
        from (
            select spot.* exclude (area_type, area_code), area.area_type, area.area_code,
                spot.area_code as lsoa_code,
                rank() over (
                    partition by spot.indicator_id, spot.indicator_version, spot.period_label,
                        area.area_type, area.area_code
                    order by spot.rate desc, spot.numerator desc, spot.area_code
                ) as place
            from marts.hotspot as spot
            inner join marts.area
                on area.area_type = 'district' and area.area_code = spot.district_code
                or area.area_type = 'partnership' and spot.district_code = '{FOCUS}'
                or area.area_type = 'county'
        ) as row
        inner join newest using (indicator_id, indicator_version)
        group by row.indicator_id, row.area_type, row.area_code, row.period_label""",
    "community": f"""
        select {
        key("row.indicator_id", "class_name", "'classification ' || row.classification")
    }, 'community', relative_rate as value, rate as previous_value, numerator,
            population as denominator, lower_95, upper_95
        from marts.community_profile as row
        inner join newest using (indicator_id, indicator_version)
        where numerator >= {LEAST}
        qualify row_number() over (
            partition by row.indicator_id, area_type, area_code, period_label, classification
            order by relative_rate desc nulls last, class_code) = 1""",
    "contribution": f"""
        select {key("row.indicator_id", "part_indicator_id")}, 'contribution',
            100.0 * part_change / nullif(change, 0) as value,
            part_change as numerator, change as denominator
        from marts.change_contribution as row
        inner join newest using (indicator_id, indicator_version)""",
    "target": f"""
        select {key("row.indicator_id", "target_id", "target_label")}, 'target',
            target_percent as value, baseline_value as previous_value,
            target_value as comparator_value, round(actual_value)::bigint as numerator,
            baseline_label as names
        from marts.target_progress as row""",
    "perception": f"""
        select {OF_INDICATOR}, 'perception', percent as value, rank as numerator,
            rank_of as denominator, lower_95, upper_95
        from marts.perception as row where indicator_id is not null
        {NEWEST_WAVE}""",
    "completeness": f"""
        select {key("'feed'", "row.partner || '/' || row.feed", area="county")}, 'completeness',
            row.field_percent as value, row.months_received as numerator,
            row.months_expected as denominator
        from marts.maturity_score as row
        cross join (select * from marts.area where area_type = 'county') as county""",
    "signal": f"""
        select {key("row.indicator_id", "row.month")}, 'signal',
            signal_expected as comparator_value, signal_events as numerator,
            signal_months as denominator, p_value, tests_in_family as also
        from newest_months as row""",
    "signals": f"""
        select {key("'monthly_signal'")}, 'signals',
            count(*) filter (where signal in ('high', 'low')) as numerator,
            count(*) filter (where signal <> 'not judged') as denominator
        from newest_months as row group by area_type, area_code, period_label""",
    "people_per_lsoa": f"""
        select {key("'population'")}, 'people_per_lsoa', avg(row.population) as value,
            sum(row.population)::bigint as numerator, count(*) as denominator
        from (
            select area.area_type, area.area_code, period_label, population
            from marts.population as small
            inner join (select distinct area_code, district_code from marts.hotspot) as spot
                using (area_code)
            inner join marts.area
                on area.area_type = 'district' and area.area_code = spot.district_code
                or area.area_type = 'partnership' and spot.district_code = '{FOCUS}'
            where small.area_type = 'lsoa' and small.period_type = 'financial_year'
        ) as row
        group by area_type, area_code, period_label""",
    "profile": f"""
        select {key("'offender_profile.' || dimension", "category", "'county'")}, 'share',
            100.0 * offenders / known as value, county_percent as comparator_value,
            offenders as numerator, known as denominator, lower_95, upper_95
        from marts.offender_profile as row where dimension <> 'residence'""",
    "areas_with_ten": f"""
        select {key("'offender_profile.residence'")}, 'areas_with_ten',
            count(*) filter (where offenders >= {TEN}) as numerator,
            string_agg(
                format('{{}} ({{:,}})', coalesce(category_name, category), offenders),
                ', ' order by offenders desc, category
            ) filter (where offenders >= {TEN}) as names
        from marts.offender_profile as row where dimension = 'residence'
        group by area_type, area_code, period_label""",
    "needs": f"""
        select {key("'need_combination'")}, 'needs', count(distinct category) as numerator
        from marts.offender_profile as row where dimension = 'need'
        group by area_type, area_code, period_label""",
    "ratio": f"""
        select {key("'need_combination'", "needs")}, 'ratio',
            (reoffenders / offenders) / (other_reoffenders / others) as value,
            offenders as numerator, reoffenders as previous_numerator,
            sets_tested as denominator, lower_95, upper_95
        from marts.need_combination as row where risk_ratio is not null""",
    "difference": f"""
        select {key("'youth_ethnicity'", "ethnic_group")}, 'difference',
            disposal_percent - population_percent as value, disposal_percent as previous_value,
            population_percent as comparator_value, disposals as numerator,
            population_10_17 as denominator
        from marts.youth_ethnicity as row""",
    "sum_of_groups": f"""
        select {key("'youth_ethnicity'")}, 'sum_of_groups', sum(disposals)::bigint as numerator,
            sum(population_10_17)::bigint as denominator
        from marts.youth_ethnicity as row group by area_type, area_code, period_label""",
    "missing": f"""
        select {key("'hate_completeness.' || field")}, 'missing',
            100.0 * (records - recorded) / records as value, records - recorded as numerator,
            records as denominator, lower_95, upper_95
        from marts.hate_completeness as row where source = 'all'""",
    "bounds": f"""
        select {key("'hate_victims.' || field", "category")}, 'bounds', 100.0 * n / known as value,
            n as numerator, known as denominator, records - known as unknown,
            100.0 * n / records as lowest_possible,
            100.0 * (n + records - known) / records as highest_possible
        from marts.hate_victims as row""",
    "change_on_baseline": f"""
        select {key("'hate_reports'")}, 'change_on_baseline',
            100.0 * (reports - baseline_reports) / baseline_reports as value,
            baseline_reports as previous_value, reports as numerator,
            baseline_reports as previous_numerator
        from marts.hate_reports as row where source = 'all'""",
    "part": f"""
        select {key("'marac_referrals'", "referring_agency")}, 'part',
            100.0 * cases / sum(cases) over (partition by area_type, area_code, period_label)
                as value, cases as numerator
        from marts.marac_referrals as row""",
    "residence": f"""
        select {key("'offender_residence'", "indicator_id", "'county'")}, 'residence',
            100.0 * offenders / known as value, rate_ratio as previous_value,
            county_percent as comparator_value, offenders as numerator, known as denominator,
            caseload - known as unknown, percent_lower_95 as lower_95,
            percent_upper_95 as upper_95
        from marts.offender_residence as row where scope = 'district' and fifth = 1""",
}


@cache
def read(database: str) -> pd.DataFrame:
    """The rows of READ: source_key, aspect, FIGURES (doubles), also (double), names."""
    found = []
    with duckdb.connect(database, read_only=True) as con:
        for name, sql in READ.items():
            part = con.execute(WITH + sql).df()
            part.columns = pd.Index(["source_key", "aspect", *part.columns[2:]])
            assert not part.duplicated(["source_key", "aspect"]).any(), name
            found.append(part)
    rows = pd.concat(found, ignore_index=True)
    numbers = [*FIGURES, "also"]
    return rows.assign(**{each: pd.to_numeric(rows[each]).astype(float) for each in numbers})
