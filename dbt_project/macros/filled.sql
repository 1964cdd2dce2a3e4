{#-
    A sentence with its placeholders replaced: {name: SQL of what stands in its place}. NULL for any makes
    it NULL, or with `keep` leaves that placeholder.
-#}
{% macro filled(sentence, values, keep=false) -%}
    {%- set made = namespace(sql=sentence) -%}
    {%- for name, value in values.items() -%}
        {%- set value = "coalesce(" ~ value ~ ", '{" ~ name ~ "}')" if keep else value -%}
        {%- set made.sql = "replace(" ~ made.sql ~ ", '{" ~ name ~ "}', " ~ value ~ ")" -%}
    {%- endfor -%}
    {{ made.sql }}
{%- endmacro %}
