{#- What the partners' feeds have in common: the place of an event. -#}

{#-
    Which bucket an LSOA code as sent is in. The contract knows codes by their form only; whether
    there is such an LSOA is for the lookup to say. `lsoa` is the alias of a left join on the code.
-#}
{% macro lsoa_bucket(bucket, lsoa) -%}
    case
        when {{ bucket }} = 'valid' and {{ lsoa }}.lsoa_code is null then 'invalid'
        else {{ bucket }}
    end
{%- endmacro %}

{#-
    Which bucket a district code as sent is in: every feed that has one requires it in the form of a
    code. `district` is the alias of a left join on br_district_code.
-#}
{% macro district_bucket(district) -%}
    case when {{ district }}.sent_code is null then 'invalid' else 'valid' end
{%- endmacro %}
