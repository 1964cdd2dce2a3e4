-- One row per offender, caseload and need that was assessed: whether it was identified. Needs overlap.
-- A need left blank was not assessed, and has no row.
with needs as (
    select
        offender_id,
        period_start,
        period_end,
        need_thinking as thinking,
        need_relationships as relationships,
        need_education as education,
        need_lifestyles as lifestyles,
        need_attitudes as attitudes,
        need_alcohol as alcohol,
        need_drugs as drugs,
        need_accommodation as accommodation
    from {{ ref("fct_offender_year") }}
)

select
    offender_id,
    period_start,
    period_end,
    need,
    is_identified
from needs
unpivot (
    is_identified for need in (
        thinking, relationships, education, lifestyles, attitudes, alcohol, drugs, accommodation
    )
)
