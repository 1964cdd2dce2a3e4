-- One row per measure, month and place of hate reports. Offences and incidents are those the police
-- took; reports are those of every source, each once.
with reports as (
    select
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        source = 'police' and kind = 'offence' as is_police_offence,
        source = 'police' and kind = 'incident' as is_police_incident,
        lower(offence_group) as offence_group,
        count(*) as events
    from {{ ref("fct_hate_report") }}
    group by all
),

counted as (
    {% for measure, condition in [
        ("hate_reports", "true"),
        ("hate_offences", "is_police_offence"),
        ("hate_incidents", "is_police_incident"),
        ("hate_offences_violence", "is_police_offence and offence_group = 'violence against the person'"),
        ("hate_offences_damage", "is_police_offence and offence_group = 'criminal damage'"),
    ] -%}
    {{ "union all" if not loop.first }}
    select
        {{ measure_or_its_unknown(measure, condition) }} as measure_id,
        month,
        lsoa_code,
        district_code,
        events
    from reports
    where {{ is_or_may_be(condition) }}
    {% endfor %}
)

select
    measure_id,
    month,
    lsoa_code,
    district_code,
    sum(events)::bigint as events
from counted
group by all
