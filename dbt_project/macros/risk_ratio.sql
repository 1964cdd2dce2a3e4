{#-
    The risk ratio of those exposed against the others, with limits on the logarithm (Katz and others
    1978): ln(ratio) plus or minus z times sqrt(1/a - 1/n + 1/c - 1/m) for a of n and c of m. NULL where
    the others have no event; a ratio of zero has no limits.
-#}
{% macro risk_ratio(events, exposed, other_events, others) -%}
    ({{ events }} * 1e0 / nullif({{ exposed }}, 0))
    / nullif({{ other_events }} * 1e0 / nullif({{ others }}, 0), 0)
{%- endmacro %}

{% macro risk_ratio_limit(events, exposed, other_events, others, sign) -%}
    case
        when {{ events }} > 0 and {{ other_events }} > 0
            then
                exp(
                    ln({{ risk_ratio(events, exposed, other_events, others) }})
                    {{ sign }} {{ z_score("95") }} * sqrt(
                        1e0 / {{ events }} - 1e0 / {{ exposed }}
                        + 1e0 / {{ other_events }} - 1e0 / {{ others }}
                    )
                )
    end
{%- endmacro %}
