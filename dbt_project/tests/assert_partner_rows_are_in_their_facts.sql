-- Every row in force of a partner's feed is in its fact once: none lost, none doubled by a join. Of
-- hearings the fact counts how many are one case.
{% set facts = [
    ("police/recorded_crime", "stg_police__recorded_crime", "fct_recorded_crime", "1"),
    ("police/incident", "stg_police__incident", "fct_incident", "1"),
    ("hate/report", "stg_hate__report", "fct_hate_report", "1"),
    ("fire/incident", "stg_fire__incident", "fct_fire_incident", "1"),
    ("council/asb_report", "stg_council__asb_report", "fct_council_report", "1"),
    ("marac/hearing", "stg_marac__hearing", "fct_marac_case", "hearings"),
    ("probation/caseload", "stg_probation__caseload", "fct_offender_year", "1"),
    ("youth/disposal", "stg_youth__disposal", "fct_youth_disposal", "1"),
] -%}
with counted as (
    {% for feed, staged, fact, rows_of in facts -%}
    select
        '{{ feed }}' as feed,
        (select count(*) from {{ ref(staged) }}) as in_force,
        (select coalesce(sum({{ rows_of }}), 0) from {{ ref(fact) }}) as in_fact
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select *
from counted
where in_force != in_fact
