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
        false as is_home,
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
    select
        true as is_home,
        *
    from overrides
),

ended as (
    select
        *,
        -- Of two standards for a field the later holds from its date on; of one date the home's.
        lead(since) over (
            partition by partner, feed, field
            order by since asc nulls first, is_home asc, standard_id asc
        ) as until
    from in_force
)

select * exclude (is_home)
from ended
where coalesce(until > since, true)
