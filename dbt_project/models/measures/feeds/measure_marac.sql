-- One row per measure, month and district of MARAC cases, by the day and the district of the hearing.
with cases as (
    select * from {{ ref("fct_marac_case") }}
),

counted as (
    {% for measure, condition in [
        ("marac_cases", "true"),
        ("marac_repeats", "is_repeat"),
        ("marac_repeats_since_first", "is_repeat_since_first"),
        ("marac_declared_repeats", "declared_repeat"),
        ("marac_disagreements", "is_disagreement"),
        ("marac_disagreements_since_first", "is_disagreement_since_first"),
    ] -%}
    {{ "union all" if not loop.first }}
    select
        '{{ measure }}' as measure_id,
        month,
        null::varchar as lsoa_code,
        district_code,
        1 as events
    from cases
    where {{ condition }}
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
