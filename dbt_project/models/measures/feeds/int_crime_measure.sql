-- One row per measure, offence code, month, place and time of recorded crime: offences that stand
-- (not cancelled), by the day they were recorded. Which measures a crime counts in, by its class and its
-- flags, is said here alone; measures overlap, and are never added.
with crimes as (
    select
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        offence_code,
        offence_class,
        coalesce(is_alcohol_related, false) as is_alcohol_related,
        coalesce(is_drug_related, false) as is_drug_related,
        coalesce(is_domestic, false) as is_domestic,
        committed_from_at,
        committed_to_at,
        count(*) as events
    from {{ ref("fct_recorded_crime") }}
    where not is_cancelled
    group by all
),

branches as (
    select measure_id, offence_class
    from {{ ref("measure_offence_class") }}
),

violence as (
    select crimes.*
    from crimes
    inner join branches on crimes.offence_class = branches.offence_class
    where branches.measure_id = 'violence_against_the_person'
),

counted as (
    select
        branches.measure_id,
        crimes.month,
        crimes.lsoa_code,
        crimes.district_code,
        crimes.offence_code,
        crimes.committed_from_at,
        crimes.committed_to_at,
        crimes.events
    from crimes
    inner join branches on crimes.offence_class = branches.offence_class
    {% for measure, crimes, condition in [
        ("all_crime", "crimes", "true"),
        ("alcohol_related_crime", "crimes", "is_alcohol_related"),
        ("drug_related_crime", "crimes", "is_drug_related"),
        ("domestic_offences", "crimes", "is_domestic"),
        ("domestic_alcohol", "crimes", "is_domestic and is_alcohol_related"),
        ("violence_domestic", "violence", "is_domestic"),
        ("violence_alcohol", "violence", "is_alcohol_related"),
        ("violence_drug", "violence", "is_drug_related"),
        ("domestic_violence_alcohol", "violence", "is_domestic and is_alcohol_related"),
    ] -%}
    union all
    select
        '{{ measure }}' as measure_id,
        month,
        lsoa_code,
        district_code,
        offence_code,
        committed_from_at,
        committed_to_at,
        events
    from {{ crimes }}
    where {{ condition }}
    {% endfor %}
)

select
    measure_id,
    month,
    lsoa_code,
    district_code,
    offence_code,
    committed_from_at,
    committed_to_at,
    sum(events)::bigint as events
from counted
group by all
