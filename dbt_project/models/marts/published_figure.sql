{{ config(meta={"published": true, "public": "none"}) }}
-- One row per figure of a published assessment: what it states beside what the warehouse gives, and
-- what became of it. Faults that figures show themselves are found here: two figures that contradict
-- each other, a change divided by its end, a difference of rounded shares, a rate on another year's
-- residents, a number of another area. What only a reader can see is taken from the feed.
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
                when stated_kind = 'word' then stated_word = recomputed_word
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

found as (
    select
        matched.*,
        list_filter(
            [
                matched.reader_reason,
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
                end
            ],
            lambda reason: reason is not null
        ) as reasons
    from matched
    left join contradictions on matched.figure_id = contradictions.figure_id
    left join of_another_area on matched.figure_id = of_another_area.figure_id
    left join other_years on matched.figure_id = other_years.figure_id
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
            when len(reasons) > 0 then 'inconsistent in source'
            when not is_computable or coalesce(recomputed_number::varchar, recomputed_word) is null
                then 'not computable'
            when is_match then 'reproduced'
            else 'differs'
        end as verdict,
        array_to_string(reasons, '; ') as fault
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
    verdict,
    case
        when verdict = 'reproduced' then concat('Stated ', stated_value, '; recomputed ', result, '.')
        when verdict = 'differs' then concat('Stated ', stated_value, ', but recomputed ', result, '.')
        when verdict = 'inconsistent in source'
            then concat(upper(left(fault, 1)), substr(fault, 2), '.', ' Recomputed ' || result || '.')
        when aspect = 'majority' and made_of is not null
            then concat('No majority can be claimed or denied: ', made_of, '.')
        when indicator_id is null then 'It states no figure that could be computed.'
        when area_code is null then 'The warehouse has no area of this name.'
        else
            concat(
                'The warehouse has no ', aspect, ' of ', indicator_id, ' for this area in ',
                coalesce(period_label, 'this period'),
                ': no extract covers it whole, or the two years cannot be compared.'
            )
    end as explanation
from told
