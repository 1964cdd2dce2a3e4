{#- Small expressions that several models share. -#}

{#- First day (1 April) of the financial year a date lies in. -#}
{% macro financial_year_start(date) -%}
    make_date(
        year({{ date }}) - case when month({{ date }}) < 4 then 1 else 0 end, 4, 1
    )
{%- endmacro %}

{#- `2010/11` for the year that starts on 2010-04-01. -#}
{% macro financial_year_label(start) -%}
    year({{ start }}) || '/' || lpad(((year({{ start }}) + 1) % 100)::varchar, 2, '0')
{%- endmacro %}

{#-
    Twelve months that are a year of the series: the financial ones, and those that end in a month asked
    for (int_year_end). Rolling ones end in every month, and are no series of years.
-#}
{% macro is_year(period_type) -%}
    {{ period_type }} in ('financial_year', 'year_to')
{%- endmacro %}

{#- Of which type the year is that starts on a day: those from April are the financial years. -#}
{% macro year_type(start) -%}
    case when month({{ start }}) = 4 then 'financial_year' else 'year_to' end
{%- endmacro %}

{#- `2010/11`, or `year to 2010-09`, for the year that starts on a day. -#}
{% macro year_label(start) -%}
    case
        when month({{ start }}) = 4 then {{ financial_year_label(start) }}
        else 'year to ' || strftime({{ start }} + interval 11 month, '%Y-%m')
    end
{%- endmacro %}

{#- A number sent as text: `29199.00`, `16,149`, `6,558 `. NULL where it is not a number. -#}
{% macro number_from_text(text, type="double") -%}
    try_cast(try_cast(replace(trim({{ text }}), ',', '') as double) as {{ type }})
{%- endmacro %}

{#-
    An offence code as codes are compared: `037/02`, `37.2` and `37/2 ` are one. A sub-number of
    nothing is none: `045/00` is 45.
-#}
{% macro normal_offence_code(code) -%}
    {%- set plain -%}
        upper(regexp_replace(replace({{ code }}, '/', '.'), '\s+', '', 'g'))
    {%- endset -%}
    {%- set without_zeros -%}
        regexp_replace({{ plain }}, '^0+([0-9])', '\1')
    {%- endset -%}
    {%- set without_empty_part -%}
        regexp_replace({{ without_zeros }}, '\.0*([A-Z]|$)', '\1')
    {%- endset -%}
    regexp_replace({{ without_empty_part }}, '\.0+', '.')
{%- endmacro %}
