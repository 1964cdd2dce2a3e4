{#-
    Confidence limits of counts, rates and proportions.

    Formulas as in the Association of Public Health Observatories' Technical Briefing 3 (2008) and
    PHEindicatormethods: exact Poisson (Garwood) below ten events, Byar's approximation from ten;
    Wilson's score for proportions. Quantiles of the normal distribution for two-sided limits.
    Literals carry an exponent: DuckDB reads 1.96 as a decimal, whose digits run out in products.
-#}
{% macro z_score(confidence) -%}
    {{- {"95": "1.959963984540054e0", "998": "3.090232306167814e0"}[confidence] -}}
{%- endmacro %}

{#- Limits of a count. `exact` is the alias of a left join to poisson_exact_limit on the count. -#}
{% macro count_lower(events, confidence, exact) -%}
    case
        when {{ events }} < 10 then {{ exact }}.lower_{{ confidence }}
        else
            {{ events }} * power(
                1 - 1 / (9e0 * {{ events }})
                - {{ z_score(confidence) }} / (3 * sqrt({{ events }})), 3
            )
    end
{%- endmacro %}

{% macro count_upper(events, confidence, exact) -%}
    case
        when {{ events }} < 10 then {{ exact }}.upper_{{ confidence }}
        else
            ({{ events }} + 1) * power(
                1 - 1 / (9e0 * ({{ events }} + 1))
                + {{ z_score(confidence) }} / (3 * sqrt({{ events }} + 1)), 3
            )
    end
{%- endmacro %}

{#-
    A limit of a count or rate where counts vary more than by chance alone: the distance between value
    and limit on the logarithm's scale, times the square root of the dispersion (quasi-Poisson). With
    no events that distance has no end. There the limit itself is multiplied by the dispersion: events
    that come so many at a time are as many clusters, of which none was seen; the lower limit stays 0.
    A proportion has no dispersion (NULL) and keeps its limits.
-#}
{% macro widened_limit(limit, value, dispersion) -%}
    case
        when coalesce({{ dispersion }}, 1) = 1 then {{ limit }}
        when {{ value }} = 0 then {{ limit }} * {{ dispersion }}
        else {{ value }} * power({{ limit }} / {{ value }}, sqrt({{ dispersion }}))
    end
{%- endmacro %}

{#-
    The same turned round: the number expected that a limit of the count reaches where the widened
    limit reaches the number given. A test against it is the widened test.
-#}
{% macro narrowed_expectation(expected, events, dispersion) -%}
    case
        when coalesce({{ dispersion }}, 1) = 1 then {{ expected }}
        when {{ events }} = 0 then {{ expected }} / {{ dispersion }}
        else {{ events }} * power({{ expected }} / {{ events }}, 1 / sqrt({{ dispersion }}))
    end
{%- endmacro %}

{#-
    The p-value that is under 1 - confidence where the number expected lies outside the limits of the
    count: twice the lesser Poisson tail below ten events, from ten Byar's limits solved for z.
-#}
{% macro count_against_p(events, expected) -%}
    case
        when {{ events }} < 10 then poisson_two_sided({{ events }}::double, {{ expected }})
        else
            normal_two_sided(
                greatest(
                    0e0,
                    case
                        when {{ expected }} < {{ events }}
                            then
                                3 * sqrt({{ events }})
                                * (1 - 1 / (9e0 * {{ events }}) - cbrt({{ expected }} / {{ events }}))
                        else
                            3 * sqrt({{ events }} + 1)
                            * (
                                cbrt({{ expected }} / ({{ events }} + 1))
                                - 1 + 1 / (9e0 * ({{ events }} + 1))
                            )
                    end
                )
            )
    end
{%- endmacro %}

{#- Wilson's limits of events / trials, as a share between 0 and 1; NULL without a trial. -#}
{% macro wilson_lower(events, trials, confidence) -%}
    {{ wilson_limit(events, trials, confidence, "-") }}
{%- endmacro %}

{% macro wilson_upper(events, trials, confidence) -%}
    {{ wilson_limit(events, trials, confidence, "+") }}
{%- endmacro %}

{% macro wilson_limit(events, trials, confidence, sign) -%}
    {%- set z = z_score(confidence) -%}
    case
        when {{ trials }} > 0
            -- Rounding must not carry a limit of nothing or of all out of the possible.
            then
                least(
                    1e0,
                    greatest(
                        0e0,
                        (
                            2e0 * {{ events }} + {{ z }} * {{ z }}
                            {{ sign }} {{ z }} * sqrt(
                                {{ z }} * {{ z }}
                                + 4e0 * {{ events }} * (1 - {{ events }} * 1e0 / {{ trials }})
                            )
                        ) / (2e0 * ({{ trials }} + {{ z }} * {{ z }}))
                    )
                )
    end
{%- endmacro %}
