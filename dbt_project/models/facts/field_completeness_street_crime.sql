{% set fields = ["crime_id", "lsoa_code", "location", "outcome", "coordinates"] %}
-- One row per month and monitored field of street crime: how many rows in each bucket. One scan.
with counted as (
    select
        month,
        {% for field in fields -%}
        {% for bucket in ["valid", "missing", "not stated", "invalid", "not applicable"] -%}
        count(*) filter (where {{ field }}_bucket = '{{ bucket }}')
            as {{ field }}__{{ bucket | replace(" ", "_") }},
        {% endfor -%}
        {% endfor -%}
        count(*) as records
    from {{ ref("int_street_crime_row") }}
    group by month
)

{% for field in fields -%}
select
    'police' as partner,
    'street_crime' as feed,
    '{{ field }}' as field,
    month,
    records,
    {{ field }}__valid as valid,
    {{ field }}__missing as missing,
    {{ field }}__not_stated as not_stated,
    {{ field }}__invalid as invalid,
    {{ field }}__not_applicable as not_applicable
from counted
{% if not loop.last -%}
union all
{% endif -%}
{% endfor %}
