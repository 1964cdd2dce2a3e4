{#-
    What is not known: flags, needs and categories that some records do not say. A condition on them is
    true, false or NULL, by SQL's own three-valued logic (Kleene 1952): `false and NULL` is false, since
    the record is out whatever it did not say.
-#}

{#- The measure a record counts in: its own where the condition holds, `_unknown` where it may hold. -#}
{% macro measure_or_its_unknown(measure, condition) -%}
    case when {{ condition }} then '{{ measure }}' else '{{ measure }}_unknown' end
{%- endmacro %}

{% macro is_or_may_be(condition) -%}
    ({{ condition }}) is distinct from false
{%- endmacro %}

{#-
    The least and the most that a share (0 to 1) can be, whatever the records that do not say are. A record
    is `inside` the share, `outside` it (in what it is a share of, and not in it) or in neither;
    `inside_unknown` records may be inside, `outside_unknown` may be outside, and one that may be either
    counts in both. A share rises with what is inside and falls with what is outside, and all that may be
    outside can be so while nothing unknown is inside, and the other way round: both ends are reached.
    Where the only records are of one kind and may be out of it altogether, any share there is is 1 or 0.
-#}
{% macro lowest_share(inside, inside_unknown, outside, outside_unknown) -%}
    coalesce(
        {{ inside }} * 1e0 / nullif({{ inside }} + {{ outside }} + {{ outside_unknown }}, 0),
        case when {{ inside_unknown }} > 0 then 1e0 end
    )
{%- endmacro %}

{% macro highest_share(inside, inside_unknown, outside, outside_unknown) -%}
    coalesce(
        ({{ inside }} + {{ inside_unknown }}) * 1e0
        / nullif({{ inside }} + {{ inside_unknown }} + {{ outside }}, 0),
        case when {{ outside_unknown }} > 0 then 0e0 end
    )
{%- endmacro %}

{#-
    Whether the p-value at one end of the possible is significant: below district, where a test is judged
    among many, by the largest p-value that was so among them (`p_of_family`), else by its own.
-#}
{% macro is_significant_at_end(p_value, significance) -%}
    case
        when {{ is_below_district("area_type") }} then coalesce({{ p_value }} <= p_of_family, false)
        else coalesce({{ p_value }} < {{ significance }}, false)
    end
{%- endmacro %}
