{#-
    Where a count stands on a funnel of exact Poisson limits around the count expected.

    A count is above the upper limit for an expected number exactly where its own lower limit
    (Garwood 1936) is above that number, which needs no search for the funnel's edge.
-#}
{% macro hotspot_class(events, expected) -%}
    case
        when coalesce({{ expected }}, 0) = 0 or {{ events }} <= {{ expected }} then 'not above average'
        when poisson_lower({{ events }}::double, {{ threshold("hotspot_significant_confidence") }}) > {{ expected }}
            then 'significantly high'
        when poisson_lower({{ events }}::double, {{ threshold("hotspot_very_high_confidence") }}) > {{ expected }}
            then 'very high'
        else 'above average'
    end
{%- endmacro %}
