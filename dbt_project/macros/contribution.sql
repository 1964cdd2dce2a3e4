{#- How much of a change is a part's, in words; and what the verdict on a change means. -#}

{#- "Mainly" is over one half alone; half of it is in part. -#}
{% macro contribution_word(part_change, change) -%}
    case
        when {{ part_change }} = 0 then 'not at all'
        when sign({{ part_change }}) != sign({{ change }}) then 'against it'
        when 2 * abs({{ part_change }}) > abs({{ change }}) then 'mainly'
        else 'in part'
    end
{%- endmacro %}

{#- The words of seeds/change_wording.csv for a verdict on a change, to stand after a comma. -#}
{% macro change_wording(verdict) -%}
    (
        select worded.wording from {{ ref("change_wording") }} as worded
        where worded.verdict = {{ verdict }}
    )
{%- endmacro %}
