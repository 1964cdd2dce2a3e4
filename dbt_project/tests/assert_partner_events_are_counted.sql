-- For every month: what a partner's fact holds = what its widest measure counts, in the districts and
-- not located together. Counted from the fact, compared with what the indicators are made of.
{% set facts = [
    ("all_crime", "fct_recorded_crime", "not is_cancelled"),
    ("hate_reports", "fct_hate_report", "true"),
    ("council_asb_reports", "fct_council_report", "true"),
    ("marac_cases", "fct_marac_case", "true"),
    ("youth_disposals", "fct_youth_disposal", "true"),
    ("caseload_offenders", "fct_offender_year", "true"),
] -%}
with recorded as (
    {% for measure, fact, condition in facts -%}
    select
        '{{ measure }}' as measure_id,
        month,
        count(*) as recorded,
        count(*) filter (where district_code is null) as not_located
    from {{ ref(fact) }}
    where {{ condition }}
    group by month
    {{ "union all" if not loop.last }}
    {% endfor %}
),

measured as (
    select
        measure_id,
        month,
        sum(numerator) filter (where area_type = 'force') as recorded,
        sum(numerator) filter (where area_type = 'district') as placed,
        sum(numerator) filter (where area_type = 'not_located') as not_located
    from {{ ref("measure_area_month") }}
    where measure_id in ({% for measure, _, _ in facts %}'{{ measure }}'{{ ", " if not loop.last }}{% endfor %})
    group by measure_id, month
)

select
    recorded.measure_id,
    recorded.month,
    recorded.recorded,
    recorded.not_located,
    measured.recorded as measured_recorded,
    measured.placed as measured_placed,
    measured.not_located as measured_not_located
from recorded
left join measured
    on recorded.measure_id = measured.measure_id and recorded.month = measured.month
where
    recorded.recorded is distinct from measured.recorded
    or recorded.not_located is distinct from coalesce(measured.not_located, 0)
    or recorded.recorded is distinct from coalesce(measured.placed, 0) + coalesce(measured.not_located, 0)
