{#-
    The last day of the twelve months a recorded-crime table is of, from the text as published:
    `31-12-2018`, or `June 2025`. 927 rows of the publisher's are dated 30 instead of 31 December
    2017; read as one date they are one snapshot with the file that puts it right.
-#}
{% macro benchmark_period_end(text) -%}
    last_day(
        coalesce(
            try_strptime({{ text }}, '%d-%m-%Y'), try_strptime({{ text }}, '%B %Y')
        )::date
    )
{%- endmacro %}
