{#- Tests of a change between two years. -#}

{#-
    Two counts over two exposures: given their total, the second is binomial with its share of the
    exposure (Przyborowski and Wilenski 1940). Without exposures (a place nobody lives in, a force
    without an area) the two years count as equally exposed.
-#}
{% macro count_change_p(before, exposure_before, after, exposure_after) -%}
    binomial_two_sided(
        {{ after }}::double,
        ({{ before }} + {{ after }})::double,
        coalesce(
            {{ exposure_after }} * 1e0 / nullif({{ exposure_before }} + {{ exposure_after }}, 0),
            0.5
        )::double
    )
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
