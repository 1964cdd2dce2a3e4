{#- Fails for each key that more than one row has. NULL counts as a value: two rows that lack the
    same part of the key are two rows with one key. -#}
{% test unique_combination(model, columns) %}

select
    {{ columns | join(", ") }},
    count(*) as times
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1

{% endtest %}
