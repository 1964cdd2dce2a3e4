-- Each of the six questions of each topic has a claim or the reason why there is none, for every area and
-- year assessed; so have the four questions of offenders.
with assessed as (
    select distinct area_type, area_code, period_label
    from {{ ref("assessment_claim") }}
    where area_role = 'own'
),

asked as (
    select
        'appendix_a.' || replace(topic_summary.topic, ' ', '_') as section,
        six.question
    from {{ ref("topic_summary") }} as topic_summary
    cross join (
        values ('change'), ('other_crimes'), ('targets'), ('places'), ('communities'), ('other_areas')
    ) as six (question)
    union all
    select
        'appendix_b' as section,
        four.question
    from (values ('reoffending'), ('who'), ('where'), ('behaviour')) as four (question)
)

select
    asked.section,
    asked.question,
    assessed.area_code,
    assessed.period_label
from asked
cross join assessed
left join {{ ref("assessment_claim") }} as claim
    on
        asked.section = claim.section
        and asked.question = claim.question
        and assessed.area_type = claim.area_type
        and assessed.area_code = claim.area_code
        and assessed.period_label = claim.period_label
where claim.claim_id is null
