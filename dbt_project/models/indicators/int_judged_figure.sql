{{ config(materialized="view") }}
-- One row per figure of a published assessment: what it states beside what the warehouse gives, and
-- what became of it. Faults that figures show themselves are found here: two figures that contradict
-- each other, a change divided by its end, a difference of rounded shares, a rate on another year's
-- residents, a number of another area, a share of another base, parts that are not their whole, a change
-- that is not mainly what it is said to be. What only a reader can see is taken from the feed.
with stated as (
    select * from {{ ref("int_stated_figure") }}
),

recomputed as (
    select
        stated.*,
        -- A figure of the document itself is how many things it lists after a colon.
        case
            when stated.aspect = 'items_listed'
                then len(string_split(regexp_extract(stated.statement, ': *(.*)$', 1), ';'))
            else figure.number
        end as recomputed_number,
        figure.word as recomputed_word,
        case
            when stated.aspect = 'items_listed' then 'counted in the statement'
            else figure.made_of
        end as made_of,
        figure.part_one,
        figure.part_two,
        figure.indicator_id is not null or stated.aspect = 'items_listed' as is_computable,
        register.indicator_version,
        register.multiplier,
        register.kind
    from stated
    left join {{ ref("int_recomputed_figure") }} as figure
        on
            stated.indicator_id = figure.indicator_id
            and stated.aspect = figure.aspect
            and stated.area_code = figure.area_code
            and stated.period_label = figure.period_label
    left join {{ ref("indicator_register") }} as register
        on stated.indicator_id = register.indicator_id
    qualify
        row_number() over (partition by stated.figure_id order by register.indicator_version desc)
        = 1
),

matched as (
    select
        *,
        coalesce(
            case
                when stated_kind = 'word' then stated_word = lower(recomputed_word)
                else
                    {{ stated_matches(
                        "stated_kind", "stated_number", "stated_decimals", "recomputed_number"
                    ) }}
            end,
            false
        ) as is_match,
        -- Half of the last digit given; people say "a third" of anything near it.
        case stated_kind
            when 'fraction' then 4e0
            else 0.5e0 / power(10, stated_decimals)
        end as leeway
    from recomputed
),

contradictions as (
    select
        own.figure_id,
        string_agg(
            other.figure_id || ' says ' || other.stated_value, ', ' order by other.figure_id
        ) as others
    from matched as own
    inner join matched as other
        on
            own.indicator_id = other.indicator_id
            and own.aspect = other.aspect
            and own.area_code = other.area_code
            and own.period_label = other.period_label
            and own.figure_id != other.figure_id
    where
        -- Each list is of its own things.
        own.aspect != 'items_listed'
        and case
            when own.stated_kind = 'word' and other.stated_kind = 'word'
                then own.stated_word != other.stated_word
            when own.stated_kind = 'word' or other.stated_kind = 'word' then true
            else
                abs(own.stated_number - other.stated_number)
                > own.leeway + other.leeway + 1e-9
        end
    group by own.figure_id
),

-- The same count of two areas, of which it fits one: it was copied from one to the other.
of_another_area as (
    select
        own.figure_id,
        string_agg(
            distinct other.area_name || ' in ' || other.figure_id, ', '
        ) as others,
        bool_or(own.is_match) as fits_here
    from matched as own
    inner join matched as other
        on
            own.indicator_id = other.indicator_id
            and own.aspect = other.aspect
            and own.period_label = other.period_label
            and own.stated_number = other.stated_number
            and own.area_code != other.area_code
    where
        own.aspect in ('numerator', 'denominator')
        and own.stated_kind = 'number'
        -- Small numbers are alike by chance.
        and own.stated_number >= 20
        and own.is_match != other.is_match
    group by own.figure_id
),

-- Residents of which years would give the rate that is stated.
other_years as (
    select
        matched.figure_id,
        string_agg(population.mid_year::varchar, ', ' order by population.mid_year) as mid_years
    from matched
    inner join {{ ref("int_population_estimate") }} as population
        on
            matched.area_code = population.area_code
            and population.area_type in ('district', 'county', 'lsoa')
    where
        matched.aspect = 'value'
        and matched.kind = 'rate'
        and not matched.is_match
        and {{ half_up(
            "matched.multiplier * matched.part_one / population.population",
            "matched.stated_decimals"
        ) }} = matched.stated_number
    group by matched.figure_id
),

-- What a change is said to be mainly made of, beside how much of it that is.
said_to_be_main as (
    select
        matched.figure_id,
        contribution.verdict,
        whole.name as whole_name,
        contribution.part_change,
        contribution.change,
        contribution.contribution_percent
    from matched
    inner join {{ ref("change_contribution") }} as contribution
        on
            matched.indicator_id = contribution.part_indicator_id
            and matched.indicator_version = contribution.part_indicator_version
            and matched.area_code = contribution.area_code
            and matched.period_label = contribution.period_label
    inner join {{ ref("indicator_register") }} as whole
        on
            contribution.indicator_id = whole.indicator_id
            and contribution.indicator_version = whole.indicator_version
    where
        matched.aspect in ('change', 'change_percent')
        and regexp_matches(lower(matched.statement), '\bmainly\b')
        and contribution.contribution_percent is not null
    -- Of several wholes the nearest.
    qualify
        row_number() over (
            partition by matched.figure_id
            order by abs(contribution.change), contribution.indicator_id
        ) = 1
),

referrals_stated as (
    select
        area_code,
        period_label,
        indicator_id,
        min(stated_number) as cases,
        max(figure_id) as figure_id
    from matched
    where
        starts_with(indicator_id, 'marac_referrals.')
        and aspect = 'numerator'
        and stated_kind = 'number'
    group by area_code, period_label, indicator_id
),

cases_stated as (
    select
        area_code,
        period_label,
        arg_min(stated_number, figure_id) as cases,
        min(figure_id) as figure_id
    from matched
    where indicator_id = 'marac_cases' and aspect = 'numerator' and stated_kind = 'number'
    group by area_code, period_label
),

agencies as (
    select
        area_code,
        period_label,
        count(distinct referring_agency) as agencies
    from {{ ref("marac_referrals") }}
    where referring_agency != 'Not recorded'
    group by area_code, period_label
),

-- Every agency that the records name is stated, and yet the sum is not the cases that are stated. It
-- is a fault of the figure that completes the sum.
sums_of_parts as (
    select
        max(part.figure_id) as figure_id,
        sum(part.cases)::bigint as parts,
        string_agg(
            part.cases::bigint || ' in ' || part.figure_id, ' and ' order by part.figure_id
        ) as stated_parts,
        whole.cases::bigint as whole,
        whole.figure_id as whole_figure
    from referrals_stated as part
    inner join cases_stated as whole
        on part.area_code = whole.area_code and part.period_label = whole.period_label
    inner join agencies
        on part.area_code = agencies.area_code and part.period_label = agencies.period_label
    group by whole.area_code, whole.period_label, whole.cases, whole.figure_id, agencies.agencies
    having count(*) = agencies.agencies and sum(part.cases) != whole.cases
),

found as (
    select
        matched.*,
        said_to_be_main.verdict as main_verdict,
        said_to_be_main.whole_name,
        said_to_be_main.part_change,
        said_to_be_main.change as whole_change,
        said_to_be_main.contribution_percent,
        list_filter(
            [
                case
                    when contradictions.others is not null
                        then 'the document contradicts itself: ' || contradictions.others
                end,
                case
                    when of_another_area.others is not null and of_another_area.fits_here
                        then 'the same number is stated for ' || of_another_area.others
                    when of_another_area.others is not null
                        then
                            'the number fits only the other area it is stated for, '
                            || of_another_area.others
                end,
                case
                    when
                        not matched.is_match
                        and matched.aspect in ('change_percent', 'change_on_baseline')
                        and {{ half_up(
                            "100e0 * (matched.part_one - matched.part_two) / nullif(matched.part_one, 0)",
                            "matched.stated_decimals"
                        ) }} = matched.stated_number
                        then 'the difference was divided by the end value instead of the baseline'
                end,
                case
                    when
                        not matched.is_match
                        and matched.aspect = 'difference'
                        and {{ half_up(
                            half_up("matched.part_one", "matched.stated_decimals") ~ " - "
                            ~ half_up("matched.part_two", "matched.stated_decimals"),
                            "matched.stated_decimals"
                        ) }} = matched.stated_number
                        then 'the shares were rounded before they were subtracted'
                end,
                case
                    when other_years.mid_years is not null
                        then
                            'the rate fits only the residents of mid-' || other_years.mid_years
                            || ', not of its own time'
                end,
                case
                    when
                        not matched.is_match
                        and matched.aspect = 'share_of_reports'
                        and {{ half_up(
                            "100e0 * matched.part_one / nullif(matched.part_two, 0)",
                            "matched.stated_decimals"
                        ) }} = matched.stated_number
                        then
                            format(
                                'the share fits only the offences ({:,} of {:,}), not the offences and '
                                || 'incidents it is stated of',
                                matched.part_one::bigint,
                                matched.part_two::bigint
                            )
                end,
                case
                    when sums_of_parts.figure_id is not null
                        then
                            format(
                                'the parts stated, {}, are {:,} of the {:,} in {}',
                                sums_of_parts.stated_parts,
                                sums_of_parts.parts,
                                sums_of_parts.whole,
                                sums_of_parts.whole_figure
                            )
                end,
                case
                    when said_to_be_main.verdict != 'mainly'
                        then
                            format(
                                'it is said to be mainly the change of {}, and is {:.1f} % of it',
                                said_to_be_main.whole_name,
                                said_to_be_main.contribution_percent
                            )
                end
            ],
            lambda reason: reason is not null
        ) as computed_faults
    from matched
    left join contradictions on matched.figure_id = contradictions.figure_id
    left join of_another_area on matched.figure_id = of_another_area.figure_id
    left join other_years on matched.figure_id = other_years.figure_id
    left join said_to_be_main on matched.figure_id = said_to_be_main.figure_id
    left join sums_of_parts on matched.figure_id = sums_of_parts.figure_id
),

shown as (
    select
        *,
        case
            when recomputed_number is null then recomputed_word
            when recomputed_number = round(recomputed_number)
                then format('{:,}', recomputed_number::bigint)
            when stated_decimals = 0 then format('{:,.1f}', {{ half_up("recomputed_number", 1) }})
            else format('{:,.2f}', {{ half_up("recomputed_number", 2) }})
        end as recomputed_value,
        case
            when len(computed_faults) > 0 or reader_reason is not null then 'inconsistent in source'
            when not is_computable or coalesce(recomputed_number::varchar, recomputed_word) is null
                then 'not computable'
            -- Refuted it can be, but some years never show all time.
            when is_match and is_of_all_time then 'not computable'
            when is_match then 'reproduced'
            else 'differs'
        end as verdict,
        concat_ws('; ', reader_reason, nullif(array_to_string(computed_faults, '; '), '')) as fault,
        case
            when len(computed_faults) > 0 then 'computed'
            when reader_reason is not null then 'noted in the feed'
        end as found_by,
        concat(
            case
                when main_verdict = 'mainly'
                    then
                        format(
                            ' It is {:,} of the change of {} by {:,}, {:.1f} %: mainly.',
                            part_change,
                            whole_name,
                            whole_change,
                            contribution_percent
                        )
            end,
            case
                when is_of_another_area and is_computable
                    then
                        format(
                            ' It is stated of {}; what is recomputed is of {}.',
                            area_name,
                            recomputed_area_name
                        )
            end
        ) as remarks
    from found
),

told as (
    select
        *,
        recomputed_value || coalesce(' (' || made_of || ')', '') as result
    from shown
)

select
    figure_id,
    statement,
    area_code,
    area_name,
    period_label,
    indicator_id,
    aspect,
    stated_value,
    stated_number,
    recomputed_value,
    recomputed_number,
    case when is_computable then recomputed_area_name end as recomputed_area_name,
    verdict,
    found_by,
    case
        when verdict = 'reproduced' then concat('Stated ', stated_value, '; recomputed ', result, '.')
        when verdict = 'differs' then concat('Stated ', stated_value, ', but recomputed ', result, '.')
        when verdict = 'inconsistent in source'
            then concat(upper(left(fault, 1)), substr(fault, 2), '.', ' Recomputed ' || result || '.')
        when is_of_all_time and is_match
            then
                concat(
                    'It is the ', recomputed_word, ' of the years held (', made_of,
                    '); of the years before nothing is known, so of all time nothing can be said.'
                )
        when aspect = 'majority' and made_of is not null
            then concat('No majority can be claimed or denied: ', made_of, '.')
        when indicator_id is null then 'It states no figure that could be computed.'
        when
            aspect != 'items_listed'
            and aspect not in (select known.aspect from {{ ref("stated_aspect") }} as known)
            then
                concat('There is no aspect ', aspect, ' that figures can be held against.')
        when area_code is null then 'The warehouse has no area of this name.'
        else
            concat(
                'The warehouse has no ', aspect, ' of ', indicator_id, ' for this area in ',
                coalesce(period_label, 'this period'),
                ': no extract covers it whole, or the two years cannot be compared.'
            )
    end || remarks as explanation
from told
