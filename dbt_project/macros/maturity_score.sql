{#-
    NHS England's Data Quality Maturity Index: the mean of the data items' scores (each from 0 to 1)
    times the coverage, in percent. Its worked example: 12 items that sum to 9.7 and 7 of 12 months
    give 47.2.
-#}
{% macro maturity_score(item_sum, items, months_received, months_expected) -%}
    100e0 * {{ item_sum }} / nullif({{ items }}, 0)
    * {{ months_received }} / nullif({{ months_expected }}, 0)
{%- endmacro %}
