-- Where an index of deprivation has landed, it has LSOAs of the county. Each nation has an index of its
-- own: England's knows no Welsh LSOA, and communities and gradients would be missing without a word.
select
    county.area_code,
    'reference/deprivation: of the LSOAs of ' || county.area_name || ' none is in an index of deprivation '
    || 'that was landed, so there are no communities and no gradient by deprivation. Each nation has an '
    || 'index of its own, and those that can be read are England''s; an Output Area Classification '
    || '(reference/output_area_class) gives communities in Wales too.' as sentence
from {{ ref("dim_area") }} as county
where
    county.area_type = 'county'
    and exists (select 1 from {{ ref("stg_reference__deprivation") }})
    and not exists (select 1 from {{ ref("int_lsoa_deprivation") }})
    and exists (
        select 1 from {{ ref("dim_area") }} as lsoa where lsoa.area_type = 'lsoa' and lsoa.is_in_county
    )
