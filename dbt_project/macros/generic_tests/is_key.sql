{#- Fails for each value of the column that more than one row has, and for NULL: it names no row. -#}
{% test is_key(model, column_name) %}

select
    {{ column_name }},
    count(*) as times
from {{ model }}
group by {{ column_name }}
having count(*) > 1 or {{ column_name }} is null

{% endtest %}
