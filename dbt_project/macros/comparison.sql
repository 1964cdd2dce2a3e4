{#- How a value stands to a benchmark, as public health's Fingertips judges one interval. -#}

{#- The benchmark inside the value's own limits, the limits included, is similar. -#}
{% macro verdict_against(benchmark, lower, upper) -%}
    case
        when {{ benchmark }} < {{ lower }} then 'higher'
        when {{ benchmark }} > {{ upper }} then 'lower'
        when {{ benchmark }} is not null and {{ lower }} is not null and {{ upper }} is not null
            then 'similar'
    end
{%- endmacro %}

{#-
    How probable a value at least so far from a benchmark is, two-sided, if the benchmark is the area's
    own: under 5 % just where the benchmark lies outside the 95 % limits. Of a count or rate the test that
    its limits are made of, widened by the dispersion as they are; of a proportion the score test, which
    Wilson's limits are made of. NULL against a share of nothing or of all.
-#}
{% macro benchmark_p(comparison) -%}
    {%- set expected -%}
        (
            {{ comparison }}.benchmark
            * case
                when {{ comparison }}.kind = 'count' then 1e0
                else {{ comparison }}.denominator * 1e0 / {{ comparison }}.multiplier
            end
        )
    {%- endset -%}
    case
        when {{ comparison }}.kind = 'proportion'
            then
                normal_two_sided(
                    ({{ comparison }}.value - {{ comparison }}.benchmark)
                    / nullif(
                        sqrt(
                            {{ comparison }}.benchmark
                            * ({{ comparison }}.multiplier - {{ comparison }}.benchmark)
                            / {{ comparison }}.denominator
                        ),
                        0
                    )
                )
        else
            {{ count_against_p(
                comparison ~ ".numerator",
                narrowed_expectation(
                    expected, comparison ~ ".numerator", comparison ~ ".dispersion"
                )
            ) }}
    end
{%- endmacro %}

{#- A verdict as good or bad by the indicator's polarity; none where neither end is plainly good, and of one that is not certain. -#}
{% macro judgement_of(verdict, polarity) -%}
    case
        when {{ polarity }} = 'neutral' or coalesce({{ verdict }}, 'not certain') = 'not certain'
            then 'none'
        when {{ verdict }} = 'similar' then 'similar'
        when ({{ verdict }} = 'lower') = ({{ polarity }} = 'lower_is_better') then 'better'
        else 'worse'
    end
{%- endmacro %}

{#-
    Limit of the mean of several areas' values from their own limits: the square root of the sum of the
    squared distances, by their number (the method of variance estimates recovery; Zou, Huang and Zhang
    2009). Right of counts, rates and proportions alike, and as far from the mean as theirs are uneven.
    `order` gives the sums one order, and so one last digit.
-#}
{% macro mean_limit(value, limit, order, sign) -%}
    list_avg(list({{ value }} order by {{ order }}))
    {{ sign }} sqrt(list_sum(list(power({{ limit }} - {{ value }}, 2) order by {{ order }}))) / count(*)
{%- endmacro %}
