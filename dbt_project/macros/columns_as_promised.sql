{#-
    Whether a model has the columns of its contract is asked where its definition is new. A night builds
    everything with --full-refresh then, and asking costs as much as planning every query once more.
-#}
{% macro get_assert_columns_equivalent(sql) -%}
    {%- if flags.FULL_REFRESH -%}
        {{ dbt.get_assert_columns_equivalent(sql) }}
    {%- endif -%}
{%- endmacro %}
