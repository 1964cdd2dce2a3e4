{#-
    NI 44: a group's share of the disposals less its share of the population aged 10 to 17, in percentage
    points, from unrounded shares. NULL for a group without a population, such as not known.
-#}
{% macro ethnic_difference(disposals, all_disposals, population, all_population) -%}
    100e0 * {{ disposals }} / nullif({{ all_disposals }}, 0)
    - 100e0 * {{ population }} / nullif({{ all_population }}, 0)
{%- endmacro %}
