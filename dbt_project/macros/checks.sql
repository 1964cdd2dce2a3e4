{#- What the checks of deliveries (models/quality/checks) have in common. -#}

{#-
    The feeds whose months are counted, a row each: those with a model of monitored rows. Of a year's
    caseload every row lies in the year's last month, so a snapshot is none of them.
-#}
{% macro counted_feeds() -%}
    select feed.feed
    from {{ source("raw", "feed") }} as feed
    inner join information_schema.tables as monitored
        on monitored.table_name = 'int_' || feed.partner || '__' || feed.name || '_row'
    where feed.update_rule != 'snapshot' and monitored.table_schema = 'facts'
{%- endmacro %}

{#- The first of a list of texts, and how many more there are. -#}
{% macro listed(texts, between=", ", most=3) -%}
    array_to_string({{ texts }}[1:{{ most }}], '{{ between }}')
    || case
        when len({{ texts }}) > {{ most }}
            then '{{ between }}and ' || (len({{ texts }}) - {{ most }}) || ' more'
        else ''
    end
{%- endmacro %}

{#- `2010-01: 1,200 rows, 300 to 900 expected`: a month of feed_volume and a band of it. -#}
{% macro month_and_band(low, high, word) -%}
    source || ' ' || strftime(month, '%Y-%m') || format(': {:,} rows, ', records)
    || format('{:,} to {:,} {{ word }}', round({{ low }})::bigint, round({{ high }})::bigint)
{%- endmacro %}

{#-
    The result of a check for each row of the CTE `found`: feed, records judged, failed_records, observed
    and message. Nothing to judge is not applicable, never a pass. `severity` NULL is the check's own.
-#}
{% macro check_rows(kind, threshold, check_id="", severity="null") -%}
    select
        '{{ kind }}' as kind,
        {{ check_id or "'" ~ kind ~ ".' || replace(feed, '/', '.')" }} as check_id,
        feed,
        case
            when records = 0 then 'not_applicable'
            when failed_records > 0 then 'fail'
            else 'pass'
        end as status,
        {{ severity }}::varchar as severity,
        case when records > 0 then observed end as observed,
        '{{ threshold }}' as threshold,
        records,
        failed_records,
        case when records > 0 then feed || ': ' || message end as message
    from found
{%- endmacro %}
