-- One row per corner of an LSOA's boundary. ONS cuts the polygons of a vintage from one net, so
-- neighbours share corners to the last digit.
with polygons as (
    select
        vintage,
        lsoa_code,
        case geometry ->> 'type'
            when 'MultiPolygon'
                then (geometry -> 'coordinates')::double[][][][]
            else [(geometry -> 'coordinates')::double[][][]]
        end as coordinates
    from {{ ref("stg_reference__boundary") }}
),

corners as (
    select
        vintage,
        lsoa_code,
        unnest(flatten(flatten(coordinates))) as corner
    from polygons
)

select distinct
    vintage,
    lsoa_code,
    corner[1] as longitude,
    corner[2] as latitude
from corners
