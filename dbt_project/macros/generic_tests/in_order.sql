{#- Fails for each row whose columns do not rise (or stay equal) in the order given. A NULL is not
    compared, but what stands either side of it is. Rounding of the last digit is forgiven. -#}
{% test in_order(model, columns) %}

select *
from {{ model }}
where
    {% for i in range(columns | length) -%}
    {% for j in range(i + 1, columns | length) -%}
    {{ "or " if not (loop.first and i == 0) }}{{ columns[i] }}
        > {{ columns[j] }} + 1e-9 * abs({{ columns[j] }})
    {% endfor -%}
    {% endfor %}

{% endtest %}
