{#- Whether a row of an indicator's value is of the version to read in its area and period. -#}
{% macro is_current_version(value) -%}
    not exists (
        select 1
        from {{ ref("int_superseded_version") }} as superseded
        where
            {% for key in [
                "indicator_id", "indicator_version", "area_type", "area_code", "period_type", "period_start"
            ] -%}
            {{ "and " if not loop.first }}superseded.{{ key }} = {{ value }}.{{ key }}
            {% endfor %}
    )
{%- endmacro %}
