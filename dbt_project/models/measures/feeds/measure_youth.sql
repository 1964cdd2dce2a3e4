-- One row per measure, month and district of youth justice disposals.
with disposals as (
    select * from {{ ref("fct_youth_disposal") }}
),

counted as (
    {% for measure, condition in [
        ("youth_disposals", "true"),
        ("first_time_entrants", "is_first_entry"),
        ("court_convictions", "is_court_conviction"),
        ("custodial_sentences", "is_court_conviction and tier = 'custody'"),
    ] -%}
    {{ "union all" if not loop.first }}
    select
        '{{ measure }}' as measure_id,
        month,
        null::varchar as lsoa_code,
        district_code,
        1 as events
    from disposals
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
