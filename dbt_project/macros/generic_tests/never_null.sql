{#- Fails for each of the columns that is NULL in any row, with how often: one scan for them all. -#}
{% test never_null(model, columns) %}

with counted as (
    select
        {% for column in columns -%}
        count(*) - count({{ column }}) as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ model }}
)

select column_name, nulls
from (
    unpivot counted on {{ columns | join(", ") }} into name column_name value nulls
)
where nulls > 0

{% endtest %}
