{#- How a figure of a published assessment is read: `5,000`, `-11`, `14 %`, `~1500`, `1/3`, `>10`, words. -#}

{#- The text without thousands separators, signs of percent, and spaces at its ends. -#}
{% macro stated_plain(text) -%}
    trim(replace(replace(lower({{ text }}), ',', ''), '%', ''))
{%- endmacro %}

{#- number, about, threshold, fraction, threshold_fraction or word. -#}
{% macro stated_kind(text) -%}
    case
        when {{ text }} is null then null
        when regexp_full_match({{ stated_plain(text) }}, '[+-]?[0-9]+([.][0-9]+)?') then 'number'
        when regexp_full_match({{ stated_plain(text) }}, '~ ?[0-9]+([.][0-9]+)?') then 'about'
        when regexp_full_match({{ stated_plain(text) }}, '> ?[0-9]+([.][0-9]+)?') then 'threshold'
        when regexp_full_match({{ stated_plain(text) }}, '[0-9]+/[0-9]+') then 'fraction'
        when regexp_full_match({{ stated_plain(text) }}, '> ?[0-9]+/[0-9]+') then 'threshold_fraction'
        else 'word'
    end
{%- endmacro %}

{#- The number stated; of a fraction its value as a percentage. NULL for a word. -#}
{% macro stated_number(text) -%}
    case
        when {{ stated_kind(text) }} in ('fraction', 'threshold_fraction')
            then
                100e0
                * try_cast(
                    regexp_extract({{ stated_plain(text) }}, '([0-9]+)/([0-9]+)', 1) as double
                )
                / nullif(
                    try_cast(
                        regexp_extract({{ stated_plain(text) }}, '([0-9]+)/([0-9]+)', 2) as double
                    ),
                    0
                )
        else try_cast(trim({{ stated_plain(text) }}, '~> +') as double)
    end
{%- endmacro %}

{#- Digits after the point of a stated number: as exactly as it claims to be known. -#}
{% macro stated_decimals(text) -%}
    len(regexp_extract({{ stated_plain(text) }}, '[.]([0-9]+)$', 1))
{%- endmacro %}

{#- A number rounded for reading: half up (away from zero), in decimal. -#}
{% macro half_up(number, decimals) -%}
    (
        round(cast({{ number }} as decimal(24, 12)) * cast(power(10, {{ decimals }}) as bigint))
        / power(10, {{ decimals }})
    )
{%- endmacro %}

{#- The verdict or direction that a word of an assessment stands for. -#}
{% macro stated_word(text) -%}
    case {{ stated_plain(text) }}
        when 'downwards' then 'decreasing'
        when 'downward' then 'decreasing'
        when 'upwards' then 'increasing'
        when 'upward' then 'increasing'
        when 'average' then 'similar'
        when 'all-time low' then 'lowest'
        when 'all-time high' then 'highest'
        else {{ stated_plain(text) }}
    end
{%- endmacro %}

{#- Whether a word speaks of all time, which no series of some years shows. -#}
{% macro stated_of_all_time(text) -%}
    starts_with({{ stated_plain(text) }}, 'all-time')
{%- endmacro %}

{#-
    Whether a recomputed number is what was stated. A number is as exact as its decimals; "about" is
    within a tenth; a simple fraction of a percentage is the nearest of those that people say.
-#}
{% macro stated_matches(kind, stated, decimals, recomputed) -%}
    case {{ kind }}
        when 'number' then {{ half_up(recomputed, decimals) }} = {{ half_up(stated, decimals) }}
        when 'about' then abs({{ recomputed }} - {{ stated }}) <= 0.1 * {{ stated }}
        when 'threshold' then {{ recomputed }} > {{ stated }}
        when 'threshold_fraction' then {{ recomputed }} > {{ stated }}
        when 'fraction'
            then
                abs({{ recomputed }} - {{ stated }})
                <= list_min(
                    list_transform(
                        [
                            10e0, 20e0, 25e0, 100e0 / 3, 40e0, 50e0, 60e0, 200e0 / 3, 75e0,
                            80e0, 90e0
                        ],
                        lambda said: abs({{ recomputed }} - said)
                    )
                ) + 1e-9
    end
{%- endmacro %}
