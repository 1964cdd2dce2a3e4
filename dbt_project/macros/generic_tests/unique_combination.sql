{#- Fails for each key that more than one row has. NULL counts as a value: two rows that lack the
    same part of the key are two rows with one key. Equal keys have equal hashes, and to find the hashes
    that come twice takes half as long (2026-11); whether their keys are equal is then asked of few. -#}
{% test unique_combination(model, columns) %}

{%- set hashed = "hash(" ~ columns | join(", ") ~ ")" %}
select
    {{ columns | join(", ") }},
    count(*) as times
from {{ model }}
where
    {{ hashed }} in (
        select {{ hashed }}
        from {{ model }}
        group by {{ hashed }}
        having count(*) > 1
    )
group by {{ columns | join(", ") }}
having count(*) > 1

{% endtest %}
