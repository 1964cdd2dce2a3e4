-- One row per measure, offence code, month, place and time of recorded crime: offences that stand
-- (not cancelled), by the day they were recorded. Which measures a crime counts in, by its class and its
-- flags, is said here alone; measures overlap, and are never added. A flag that does not say is neither yes
-- nor no: what a measure of flags may hold besides is its measure of the same name and `_unknown`.
with crimes as (
    select
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        offence_code,
        offence_class,
        offence_class in (
            select branch.offence_class
            from {{ ref("measure_offence_class") }} as branch
            where branch.measure_id = 'violence_against_the_person'
        ) as is_violence,
        is_alcohol_related,
        is_drug_related,
        is_domestic,
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
    union all
    select
        'all_crime' as measure_id,
        month,
        lsoa_code,
        district_code,
        offence_code,
        committed_from_at,
        committed_to_at,
        events
    from crimes
    {% for measure, condition in [
        ("alcohol_related_crime", "is_alcohol_related"),
        ("drug_related_crime", "is_drug_related"),
        ("domestic_offences", "is_domestic"),
        ("domestic_alcohol", "is_domestic and is_alcohol_related"),
        ("domestic_without_alcohol", "is_domestic and not is_alcohol_related"),
        ("violence_domestic", "is_violence and is_domestic"),
        ("domestic_without_violence", "is_domestic and not is_violence"),
        ("violence_alcohol", "is_violence and is_alcohol_related"),
        ("violence_drug", "is_violence and is_drug_related"),
        ("domestic_violence_alcohol", "is_violence and is_domestic and is_alcohol_related"),
        (
            "domestic_violence_without_alcohol",
            "is_violence and is_domestic and not is_alcohol_related"
        ),
    ] -%}
    union all
    select
        {{ measure_or_its_unknown(measure, condition) }} as measure_id,
        month,
        lsoa_code,
        district_code,
        offence_code,
        committed_from_at,
        committed_to_at,
        events
    from crimes
    where {{ is_or_may_be(condition) }}
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
