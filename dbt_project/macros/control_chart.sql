{#- Control charts of monthly series. -#}

{#-
    Centre and spread of charts of individual values and moving ranges (XmR; Shewhart 1931, Wheeler and
    Chambers 1992), as NHS England's plot-the-dots draws them.

    `points` names a relation series_id, position (whole numbers; a gap in them has no range), value.
    Gives series_id, points, mean, ranges and moving_range: the mean distance of neighbours; where
    `is_screened`, without those beyond its own upper limit (3.267 times their mean). One standard deviation is `xmr_deviation` of it. Sums go in the order
    of positions: in that of two threads their last digit would differ from run to run.
-#}
{% macro xmr(points, is_screened) -%}
    select
        series_id,
        points,
        mean,
        len(kept) as ranges,
        list_avg(kept) as moving_range
    from (
        select
            series_id,
            len(point_values) as points,
            list_avg(point_values) as mean,
            {% if is_screened -%}
            list_filter(
                moving_ranges, lambda moved: moved <= 3.267e0 * list_avg(moving_ranges)
            )
            {%- else -%}
            moving_ranges
            {%- endif %} as kept
        from (
            select
                series_id,
                list(value::double order by position) as point_values,
                list(moving_range order by position) filter (where moving_range is not null)
                    as moving_ranges
            from (
                select
                    series_id,
                    position,
                    value,
                    case
                        when position - lag(position) over series = 1
                            then abs(value - lag(value) over series)::double
                    end as moving_range
                from {{ points }}
                window series as (partition by series_id order by position)
            )
            group by series_id
        )
    )
{%- endmacro %}

{#- Three are 2.66 moving ranges, the constant that is printed everywhere (3 / 1.128, rounded up). -#}
{% macro xmr_deviation(moving_range) -%}
    ({{ moving_range }} * 2.66e0 / 3)
{%- endmacro %}

{#-
    A control limit so many deviations from what is expected, on the side `sign` (-1: the lower, never
    under 0). Few events are skewed: the quantile is that of Cornish and Fisher (1937) to the third
    cumulant, given as its ratio to the variance: 0 for a symmetric value, twice the dispersion less 1 for
    a negative binomial count (1 for Poisson). Where that series turns round, so few are expected that
    the lower limit is 0.
-#}
{% macro control_limit(expected, deviation, sign, deviations, skewness) -%}
    case
        when {{ sign }} < 0 and 3 * {{ deviation }} < {{ deviations }} * {{ skewness }} then 0e0
        when {{ expected }} is not null
            then
                greatest(
                    0e0,
                    {{ expected }} + {{ sign }} * {{ deviations }} * {{ deviation }}
                    + {{ skewness }} * ({{ deviations }} * {{ deviations }} - 1) / 6e0
                )
    end
{%- endmacro %}

{#-
    The p-value of a count against another over their exposures, both few and more variable than
    Poisson's: given their total the one is beta-binomial, as negative binomial counts of this dispersion
    are. The score test of change.sql has the normal's tails, which for few such events are ten times too
    thin at 0.1 %. Where the dispersion is 1 it is the exact binomial.
-#}
{% macro sparse_count_p(before, exposure_before, after, exposure_after, dispersion) -%}
    {%- set total = "(" ~ before ~ " + " ~ after ~ ")" -%}
    {%- set share = exposure_share(exposure_before, exposure_after) -%}
    case
        when {{ dispersion }} > 1
            then
                beta_binomial_two_sided(
                    {{ after }}::double,
                    {{ total }}::double,
                    {{ share }} * {{ total }} / ({{ dispersion }} - 1),
                    (1 - {{ share }}) * {{ total }} / ({{ dispersion }} - 1)
                )
        else {{ count_change_p(before, exposure_before, after, exposure_after) }}
    end
{%- endmacro %}

{#-
    The variance of the mean of so many months about what is expected of them, in variances of one month:
    their own, that of the level, the mean of the baseline's months, and that of the season as far as the
    series itself is the share `own_share` of the events it was made of.
-#}
{% macro mean_variance(months, baseline_months, own_share) -%}
    (
        1e0 / {{ months }} + 1e0 / {{ baseline_months }}
        + {{ own_share }}
        * greatest(0e0, 12e0 / ({{ baseline_months }} * {{ months }}) - 1e0 / {{ baseline_months }})
    )
{%- endmacro %}

{#-
    The first run rule that each month meets with the months before it, as rule and side (1 above, -1
    below), NULL where none. `months` names a relation series_id, position, and far: the deviations a
    month lies beyond, signed: 3, 2, 0.5 (on that side of the centre), 0 (on it). The month itself is one
    of those beyond: a rule is met in the month that completes it. Months that are missing count as on
    the centre.

    Of independent normal months around a known centre these shares meet the rule, on either side: one
    beyond three deviations 0.27 %, two of three beyond two 0.20 %, seven on one side 1.56 % (Western
    Electric 1956; seven is NHS England's Making Data Count).
-#}
{% macro run_rule(months) -%}
    {%- set rules = [
        ("one beyond three deviations", 1, 1, 3),
        ("two of three beyond two deviations", 3, 2, 2),
        ("seven on one side", 7, 7, 0.5),
    ] -%}
    select
        * exclude (runs),
        case
            {% for name, _, least, _ in rules -%}
            when greatest(runs[{{ 2 * loop.index - 1 }}], runs[{{ 2 * loop.index }}]) >= {{ least }}
                then '{{ name }}'
            {% endfor -%}
        end as rule,
        case
            {% for _, _, least, _ in rules -%}
            when runs[{{ 2 * loop.index - 1 }}] >= {{ least }} then 1
            when runs[{{ 2 * loop.index }}] >= {{ least }} then -1
            {% endfor -%}
        end as side
    from (
        select
            *,
            [
                {% for _, span, _, beyond in rules -%}
                {%- set last_of_rules = loop.last -%}
                {% for sign in ["", "-"] -%}
                case
                    when {{ sign }}far >= {{ beyond }}
                        then
                            count(*) filter (where {{ sign }}far >= {{ beyond }}) over (
                                partition by series_id
                                order by position
                                range between {{ span - 1 }} preceding and current row
                            )
                    else 0
                end{{ "," if not (last_of_rules and loop.last) }}
                {% endfor -%}
                {% endfor -%}
            ] as runs
        from {{ months }}
    )
{%- endmacro %}
