{#- What the words of an assessment's claims are made of. -#}

{#-
    The word for a rank: 1 is the highest. Of fewer than two areas there is none. `tied` is how many areas
    have the rank, itself included.
-#}
{% macro rank_word(rank, rank_of, tied) -%}
    case
        when {{ rank_of }} < 2 then 'alone'
        when {{ tied }} = {{ rank_of }} then 'all alike'
        when {{ rank }} = 1 and {{ tied }} > 1 then 'highest, tied'
        when {{ rank }} = 1 then 'highest'
        when {{ rank }} + {{ tied }} - 1 = {{ rank_of }} and {{ tied }} > 1 then 'lowest, tied'
        when {{ rank }} = {{ rank_of }} then 'lowest'
        when {{ tied }} > 1 then 'between, tied'
        else 'between'
    end
{%- endmacro %}

{#-
    Whether anything is said of an area: of every district, county, partnership and force, and of those smaller
    ones that a published figure names. Of all it would be a hundred times as much.
-#}
{% macro said_area(alias) -%}
    (
        {{ alias }}.area_type in ('district', 'county', 'partnership', 'force')
        or {{ alias }}.area_code in (
            select stated.area_code from {{ ref("int_stated_figure") }} as stated
            where stated.area_code is not null
        )
    )
{%- endmacro %}

{#- How numbers look, everywhere: half up, once. A count with thousands separators. -#}
{% macro said_count(number) -%}
    format('{:,}', ({{ number }})::bigint)
{%- endmacro %}

{#- A count with its sign: a change. -#}
{% macro said_signed_count(number) -%}
    case when {{ number }} > 0 then '+' else '' end || {{ said_count(number) }}
{%- endmacro %}

{#- With one decimal: rates and percentages; never minus nothing. -#}
{% macro said_number(number, decimals=1) -%}
    format('{:,.{{ decimals }}f}', {{ half_up(number, decimals) }} + 0e0)
{%- endmacro %}

{% macro said_signed_number(number) -%}
    case when {{ half_up(number, 1) }} > 0 then '+' else '' end || {{ said_number(number) }}
{%- endmacro %}

{% macro said_percent(number) -%}
    {{ said_number(number) }} || ' %'
{%- endmacro %}

{% macro said_signed_percent(number) -%}
    {{ said_signed_number(number) }} || ' %'
{%- endmacro %}

{#-
    A percentage as people say it, always with its cases: the fraction within a point of it with the
    percentage in brackets, else the percentage. `points` is how near a fraction must be.
-#}
{% macro said_share(percent, cases, whole, points) -%}
    case
        {% for said in [
            ("10e0", "one tenth"), ("20e0", "one fifth"), ("25e0", "one quarter"),
            ("100e0 / 3", "one third"), ("40e0", "two fifths"), ("50e0", "one half"),
            ("60e0", "three fifths"), ("200e0 / 3", "two thirds"), ("75e0", "three quarters"),
            ("80e0", "four fifths"), ("90e0", "nine tenths"),
        ] -%}
        when abs({{ percent }} - {{ said[0] }}) <= {{ points }} then '{{ said[1] }} (' || {{ said_percent(percent) }} || ', '
        {% endfor -%}
        else {{ said_percent(percent) }} || ' ('
    end
    || {{ said_count(cases) }} || ' of ' || {{ said_count(whole) }} || ')'
{%- endmacro %}

{#- `second highest`: a rank from the nearer end, the lowest counted from below. -#}
{% macro said_rank(rank, rank_of) -%}
    case
        when 2 * {{ rank }} <= {{ rank_of }} + 1
            then {{ said_ordinal(rank) }} || 'highest'
        else {{ said_ordinal(rank_of ~ " - " ~ rank ~ " + 1") }} || 'lowest'
    end
{%- endmacro %}

{% macro said_ordinal(number) -%}
    case {{ number }}
        when 1 then ''
        {% for word in [
            "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
        ] -%}
        when {{ loop.index + 1 }} then '{{ word }} '
        {% endfor -%}
        else
            ({{ number }})
            || case
                when ({{ number }}) % 100 between 11 and 13 then 'th '
                when ({{ number }}) % 10 = 1 then 'st '
                when ({{ number }}) % 10 = 2 then 'nd '
                when ({{ number }}) % 10 = 3 then 'rd '
                else 'th '
            end
    end
{%- endmacro %}

{#-
    What a claim weighs in the summary: whether it is beyond chance, how large it is (a doubling or halving
    is 1, no more), whether it is the highest or lowest, and what became of a target. The weights are judgments.
-#}
{% macro claim_importance(aspect, verdict, size) -%}
    (
        {{ threshold("claim_weight_significance") }}
        * (
            {{ verdict }} in (
                'increase', 'decrease', 'increasing', 'decreasing', 'higher', 'lower', 'significant'
            )
        )::integer
        + {{ threshold("claim_weight_size") }}
        * coalesce(least(abs(ln(greatest({{ size }}, 1e-9))) / ln(2e0), 1e0), 0e0)
        + {{ threshold("claim_weight_rank") }}
        * ({{ aspect }} = 'rank' and {{ verdict }} in ('highest', 'lowest'))::integer
        + {{ threshold("claim_weight_target") }}
        * case
            when {{ aspect }} != 'target' then 0e0
            when {{ verdict }} = 'not met' then 1e0
            when {{ verdict }} = 'met' then 0.5e0
            else 0e0
        end
    )
{%- endmacro %}
