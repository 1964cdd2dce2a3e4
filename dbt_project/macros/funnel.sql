{#-
    Where a count stands on a funnel of exact Poisson limits around the count expected.

    A count is above the upper limit for an expected number exactly where its own lower limit
    (Garwood 1936) is above that number, which needs no search for the funnel's edge. Where counts vary
    more than by chance alone the limit is widened by the dispersion.
-#}
{% macro hotspot_class(events, expected, dispersion) -%}
    case
        when {{ events }} < {{ threshold("hotspot_least_events") }} then 'too few events'
        when coalesce({{ expected }}, 0) = 0 or {{ events }} <= {{ expected }} then 'not above average'
        {% for class, confidence in [
            ("significantly high", threshold("hotspot_significant_confidence")),
            ("very high", threshold("hotspot_very_high_confidence")),
        ] -%}
        {%- set limit -%} poisson_lower({{ events }}::double, {{ confidence }}) {%- endset -%}
        when {{ widened_limit(limit, events, dispersion) }} > {{ expected }} then '{{ class }}'
        {% endfor -%}
        else 'above average'
    end
{%- endmacro %}
