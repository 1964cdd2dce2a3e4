-- Every district the settings name is in the LSOA lookup, or one is that took its place or that it took
-- the place of: a mistyped code would leave the county or the group without a member. Before a lookup
-- has landed there is nothing to compare with.
select
    setting_code,
    'csp.yml, ' || {{ setting_keys("role") }} || ': ' || setting_code || ' is in no LSOA lookup that was '
    || 'landed, and no list of successors leads from it or to it. Correct the code, land a lookup that '
    || 'has it in landing/reference/lsoa_lookup, or say what it was or became in '
    || 'landing/reference/successor (old_code,new_code,since).' as sentence
from {{ ref("int_setting_district") }}
where
    status = 'unknown'
    and exists (select 1 from {{ ref("stg_reference__lsoa_lookup") }})
group by setting_code
