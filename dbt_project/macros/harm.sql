{#- Sums of weighted events. -#}

{#-
    Limit of a sum of weighted events, from the limit of their number: Dobson and others (1991), as
    for directly standardised rates in PHEindicatormethods. `variance` is the sum of each event's
    squared weight. Of very unlike weights the formula can go below nought, which a sum of weights
    cannot. The limits of a sum of no event are not known: what it would have weighed is not.
-#}
{% macro weighted_limit(total, variance, events, limit) -%}
    case
        when {{ events }} > 0
            then
                greatest(
                    0e0,
                    {{ total }}
                    + sqrt({{ variance }} / {{ events }}) * ({{ limit }} - {{ events }})
                )
    end
{%- endmacro %}
