{#- A judgement of seeds/threshold.csv by its name, as a number. Its unit and evidence stand there. -#}
{% macro threshold(name) -%}
    (select judged.number from {{ ref("threshold") }} as judged where judged.name = '{{ name }}')
{%- endmacro %}
