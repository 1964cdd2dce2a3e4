-- Every code of an area of a set leads to an LSOA or district of this home. An area that lacks one is never
-- complete. Before a lookup has landed there is nothing to compare with.
select
    area_type,
    count(distinct area_code) as areas,
    count(*) as unknown_codes,
    'reference/area_set, set ' || area_type || ': ' || count(*) || ' rows of ' || count(distinct area_code)
    || ' areas have the code of an LSOA or district that this home does not know, or that its geography '
    || 'cannot name; these areas have no complete period and no residents. Correct the codes and land the '
    || 'set again, or say in landing/reference/successor (old_code,new_code,since) what took the place of '
    || 'a district.' as sentence
from {{ ref("int_area_set_part") }}
where not is_placed and exists (select 1 from {{ ref("dim_district") }})
group by area_type
