{#- The order of priorities: criteria with points from 0 to 1, each weighted by the settings. -#}

{#- Mean of the points in percent, weighted; a criterion that is not known has `unknown` points. -#}
{% macro priority_score(criteria, unknown) -%}
    100 * (
    {%- for criterion in criteria %}
        {{ "+ " if not loop.first }}{{ criterion }}_weight
        * coalesce({{ criterion }}_points, {{ unknown }})
    {%- endfor %}
    ) / ({{ criteria | join("_weight + ") }}_weight)
{%- endmacro %}

{#- Whether anything is known of what counts. -#}
{% macro any_criterion_known(criteria) -%}
    (
    {%- for criterion in criteria %}
        {{ "or " if not loop.first -}}
        ({{ criterion }}_weight > 0 and {{ criterion }}_points is not null)
    {%- endfor %}
    )
{%- endmacro %}

{#- Each criterion in words with its points and weight, as one text. -#}
{% macro priority_words(criteria) -%}
    {%- for criterion in criteria %}
        {{ "|| '; ' || " if not loop.first }}{{ criterion }}_words
        || format(
            ' ({:.2f} x {:g})', coalesce({{ criterion }}_points, 0.5)::double, {{ criterion }}_weight
        )
    {%- endfor %}
{%- endmacro %}
