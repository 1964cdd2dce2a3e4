{#- Fails for each row whose parts do not add up to its total, a missing part or total included. -#}
{% test buckets_add_up(model, total, parts) %}

select *
from {{ model }}
where ({{ parts | join(" + ") }}) is distinct from {{ total }}

{% endtest %}
