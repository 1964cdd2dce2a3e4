-- One row per abolished district code and code that took its place: the project's, and the home's own,
-- which hold instead of the project's for the same old code.
with own as (
    {{ snapshot_in_force("reference__successor", "reference/successor", []) }}
),

renamed as (
    select
        old_code,
        new_code,
        try_strptime(since, ['%Y-%m-%d', '%d/%m/%Y', '%d-%m-%Y'])::date as since
    from own
)

select * from renamed
union all
select old_code, new_code, since
from {{ ref("district_successor") }}
where old_code not in (select old_code from renamed)
