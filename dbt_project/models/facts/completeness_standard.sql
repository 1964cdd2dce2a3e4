-- One row per completeness standard in force, which drives both the mart and the Great Expectations
-- suites: the home's own, and the project's that the home does not replace.
with overrides as (
    select
        standard_id,
        partner,
        feed,
        field,
        threshold_percent::double as threshold_percent,
        severity,
        coalesce(nullif(tolerated_not_stated_percent, ''), '0')::double
            as tolerated_not_stated_percent,
        reason,
        since::date as since
    from {{ source("raw", "standard_override") }}
),

in_force as (
    select
        standard_id,
        partner,
        feed,
        field,
        threshold_percent,
        severity,
        tolerated_not_stated_percent,
        reason,
        since
    from {{ ref("completeness_standard_register") }}
    where standard_id not in (select standard_id from overrides)
    union all
    select * from overrides
)

select
    *,
    -- Of two standards for a field the later holds from its date on.
    lead(since) over (
        partition by partner, feed, field
        order by since asc nulls first, standard_id asc
    ) as until
from in_force
