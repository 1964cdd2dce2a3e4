{#- A room's schema has the room's own name, without a prefix for the target: analysts read it. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
