{#- A sentence of check_kind with its placeholders replaced: {name: SQL of what stands in its place}. -#}
{% macro filled(sentence, values) -%}
    {%- set made = namespace(sql=sentence) -%}
    {%- for name, value in values.items() -%}
        {%- set made.sql = "replace(" ~ made.sql ~ ", '{" ~ name ~ "}', " ~ value ~ ")" -%}
    {%- endfor -%}
    {{ made.sql }}
{%- endmacro %}
