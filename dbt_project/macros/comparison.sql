{#- How a value stands to a benchmark, as public health's Fingertips judges one interval. -#}

{#- The benchmark inside the value's own limits, the limits included, is similar. -#}
{% macro verdict_against(benchmark, lower, upper) -%}
    case
        when {{ benchmark }} < {{ lower }} then 'higher'
        when {{ benchmark }} > {{ upper }} then 'lower'
        when {{ benchmark }} is not null and {{ lower }} is not null and {{ upper }} is not null
            then 'similar'
    end
{%- endmacro %}

{#- A verdict as good or bad by the indicator's polarity; none where neither end is plainly good. -#}
{% macro judgement_of(verdict, polarity) -%}
    case
        when {{ polarity }} = 'neutral' or {{ verdict }} is null then 'none'
        when {{ verdict }} = 'similar' then 'similar'
        when ({{ verdict }} = 'lower') = ({{ polarity }} = 'lower_is_better') then 'better'
        else 'worse'
    end
{%- endmacro %}
