{#- Tests of a change between two years. -#}

{#-
    Two counts over two exposures: given their total, the second is binomial with its share of the
    exposure (Przyborowski and Wilenski 1940).
-#}
{% macro count_change_p(before, exposure_before, after, exposure_after) -%}
    binomial_two_sided(
        {{ after }}::double,
        ({{ before }} + {{ after }})::double,
        {{ exposure_share(exposure_before, exposure_after) }}::double
    )
{%- endmacro %}

{#-
    The score test of the same binomial with its variance times the dispersion (quasi-likelihood):
    events that come in series vary more than independent ones.
-#}
{% macro overdispersed_change_p(before, exposure_before, after, exposure_after, dispersion) -%}
    {%- set total = "(" ~ before ~ " + " ~ after ~ ")" -%}
    {%- set share = exposure_share(exposure_before, exposure_after) -%}
    normal_two_sided(
        ({{ after }} - {{ total }} * {{ share }})
        / nullif(sqrt({{ dispersion }} * {{ total }} * {{ share }} * (1 - {{ share }})), 0)
    )
{%- endmacro %}

{#-
    The p-value of a change of counts whose variance is `dispersion` times that of independent events:
    the larger of the exact one and the score test's; the exact one itself where they are independent.
-#}
{% macro widened_change_p(exact, before, exposure_before, after, exposure_after, dispersion) -%}
    case
        when {{ dispersion }} > 1
            then
                greatest(
                    {{ exact }},
                    {{ overdispersed_change_p(
                        before, exposure_before, after, exposure_after, dispersion
                    ) }}
                )
        else {{ exact }}
    end
{%- endmacro %}

{#-
    What the second year has of both years' exposure. Without exposures (a place nobody lives in, a
    force without an area) the two years count as equally exposed.
-#}
{% macro exposure_share(before, after) -%}
    coalesce({{ after }} * 1e0 / nullif({{ before }} + {{ after }}, 0), 0.5)
{%- endmacro %}

{#-
    Two shares: Fisher's exact test where few are expected, else the pooled z. NULL where neither year
    has an event, or both have no record that is none: there is one possible outcome only.
-#}
{% macro proportion_change_p(before, trials_before, after, trials_after) -%}
    case
        when {{ before }} + {{ after }} in (0, {{ trials_before }} + {{ trials_after }}) then null
        when {{ few_are_expected(before, trials_before, after, trials_after) }}
            then
                fisher_two_sided(
                    {{ before }}::double,
                    {{ trials_before }}::double,
                    {{ after }}::double,
                    {{ trials_after }}::double
                )
        else {{ proportion_difference_p(before, trials_before, after, trials_after) }}
    end
{%- endmacro %}

{#-
    Whether a cell of the two years' table expects too few for the z-test: the smallest is the smaller
    year's share of the events, or of the records that are none. Multiplied out, so that it is exact.
-#}
{% macro few_are_expected(before, trials_before, after, trials_after) -%}
    least({{ before }} + {{ after }}, {{ trials_before }} + {{ trials_after }} - {{ before }} - {{ after }})
    * least({{ trials_before }}, {{ trials_after }})
    < {{ threshold("change_least_expected") }} * ({{ trials_before }} + {{ trials_after }})
{%- endmacro %}

{#-
    Two shares: z-test with pooled variance, no correction. The two-sided p-value of z is that of
    z squared on chi-square with one degree of freedom.
-#}
{% macro proportion_difference_p(before, trials_before, after, trials_after) -%}
    {%- set pooled -%}
        (({{ before }} + {{ after }}) * 1e0 / ({{ trials_before }} + {{ trials_after }}))
    {%- endset -%}
    normal_two_sided(
        ({{ after }} * 1e0 / {{ trials_after }} - {{ before }} * 1e0 / {{ trials_before }})
        / nullif(
            sqrt(
                {{ pooled }} * (1 - {{ pooled }})
                * (1e0 / {{ trials_before }} + 1e0 / {{ trials_after }})
            ),
            0
        )
    )
{%- endmacro %}

{#- Why a year that lacks months takes part in nothing. -#}
{% macro incomplete_reason(label, months_received) -%}
    {{ label }} || ' is incomplete: ' || {{ months_received }} || ' of 12 months received'
{%- endmacro %}
