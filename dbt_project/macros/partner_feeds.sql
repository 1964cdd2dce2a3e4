{#- What the partners' feeds have in common: the place of an event, and its measures. -#}

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

{#-
    The last steps of a measure model of a feed that one partner sends for the whole county. `counted`
    names a CTE of measure_id, month, lsoa_code, district_code and events, however often a key comes.
    Every received month has a row of `zero_measure`, if only of zero events, so that a month that
    was emptied by a correction is counted anew.
-#}
{% macro partner_measure(feed, counted, zero_measure) -%}
received as (
    select distinct month
    from {{ source("raw", "period_in_force") }}
    where feed = '{{ feed }}'
),

with_zeros as (
    select measure_id, month, lsoa_code, district_code, events
    from {{ counted }}
    union all
    select
        '{{ zero_measure }}' as measure_id,
        month,
        null as lsoa_code,
        null as district_code,
        0 as events
    from received
),

summed as (
    select
        measure_id,
        month,
        lsoa_code,
        district_code,
        sum(events)::bigint as events
    from with_zeros
    group by all
),

contents as (
    select
        month,
        -- A sum, not an exclusive or: the order of the rows must not matter.
        sum(hash(measure_id, lsoa_code, district_code, events)::hugeint) as content
    from summed
    group by month
)

select
    summed.measure_id,
    home_force.force_name as source,
    summed.month,
    summed.lsoa_code,
    summed.district_code,
    summed.events,
    hash(contents.content, reference_state.fingerprint) as fingerprint
from summed
inner join contents on summed.month = contents.month
cross join {{ ref("int_home_force") }} as home_force
cross join {{ ref("int_reference_state") }} as reference_state
{%- endmacro %}
