{#-
    False discoveries among many tests (Benjamini and Hochberg 1995): the rows of `tests`, with the
    number of p-values in their family (the rows alike in the columns `family`) as tests_in_family, and
    q_value: the least share of false ones, on average, among all that are at least as far out. Both
    are NULL where there is no p-value.
-#}
{% macro benjamini_hochberg(tests, p_value, family) -%}
    select
        * exclude (tests_of_family, step_up),
        case when {{ p_value }} is not null then tests_of_family end as tests_in_family,
        -- Never more than that of a larger p: the least from the largest p down to its own, ties with it.
        case
            when {{ p_value }} is not null
                then
                    min(step_up) over (
                        partition by {{ family }}
                        order by {{ p_value }} desc nulls last
                        range between unbounded preceding and current row
                    )
        end as q_value
    from (
        select
            *,
            count({{ p_value }}) over (partition by {{ family }}) as tests_of_family,
            least(
                1e0,
                {{ p_value }}
                * count({{ p_value }}) over (partition by {{ family }})
                / nullif(
                    count({{ p_value }}) over (
                        partition by {{ family }}
                        order by {{ p_value }} asc nulls last
                        range between unbounded preceding and current row
                    ),
                    0
                )
            ) as step_up
        from {{ tests }}
    )
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
