{#-
    False discoveries among many tests (Benjamini and Hochberg 1995): the rows of `tests`, with the
    number of p-values in their family (the rows alike in the columns `family`) as tests_in_family, and
    q_value: the least share of false ones, on average, among all that are at least as far out. Both
    are NULL where there is no p-value. With a `significance`, p_of_family is the largest p-value of the
    family that is significant at it, on each row of the family.
-#}
{% macro benjamini_hochberg(tests, p_value, family, significance=none) -%}
    {#- Windows over the p-values alone: over whole rows indicator_change takes a fifth longer (2026-11). -#}
    {%- set families = family.split(", ") -%}
    {%- set keys = [] -%}
    {%- for _ in families -%}{%- do keys.append("family_" ~ loop.index) -%}{%- endfor -%}
    {%- set keys = keys | join(", ") -%}
    with p_values as (
        select
            {% for column in families -%}
            {{ column }} as family_{{ loop.index }},
            {% endfor -%}
            {{ p_value }} as tested_p,
            count(*) as times
        from {{ tests }}
        where {{ p_value }} is not null
        group by all
    ),

    ranked as (
        select
            *,
            (sum(times) over (partition by {{ keys }}))::bigint as tests_in_family,
            (sum(times) over (partition by {{ keys }} order by tested_p asc))::bigint as no_larger
        from p_values
    ),

    stepped as (
        select
            * exclude (times, no_larger),
            -- Never more than that of a larger p: the least from the largest p down to its own.
            min(least(1e0, tested_p * tests_in_family / no_larger)) over (
                partition by {{ keys }} order by tested_p desc
            ) as q_value
        from ranked
    )
    {%- if significance is not none %},

    significant as (
        select
            {{ keys }},
            max(tested_p) as p_of_family
        from stepped
        where q_value < {{ significance }}
        group by {{ keys }}
    )
    {%- endif %}

    select
        {{ tests }}.*,
        {%- if significance is not none %}
        significant.p_of_family,
        {%- endif %}
        stepped.tests_in_family,
        stepped.q_value
    from {{ tests }}
    {%- if significance is not none %}
    left join significant
        on
            {% for column in families -%}
            ({{ column }}) is not distinct from significant.family_{{ loop.index }}
            {{ "and" if not loop.last }}
            {% endfor -%}
    {%- endif %}
    left join stepped
        on
            {% for column in families -%}
            ({{ column }}) is not distinct from stepped.family_{{ loop.index }} and
            {% endfor -%}
            {{ p_value }} = stepped.tested_p
{%- endmacro %}

{#-
    Whether areas of a type are made of LSOAs: so many, of so few events, that their tests are judged by q
    and that they have no rolling years.
-#}
{% macro is_below_district(area_type) -%}
    {{ area_type }} in (
        select areas.area_type from {{ ref("dim_area") }} as areas where areas.is_below_district
    )
{%- endmacro %}

{#-
    Whether an indicator is of open data alone, by the register's list of its feeds. Tests are corrected
    among those alone: of a q-value corrected with the partners' the public tier would say what they sent.
-#}
{% macro is_open_data(feeds) -%}
    coalesce(
        list_has_all(
            (select list(feed.feed) from {{ source("raw", "feed") }} as feed where feed.open_data),
            string_split({{ feeds }}, ';')
        ),
        false
    )
{%- endmacro %}
