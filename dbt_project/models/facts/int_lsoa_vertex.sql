{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="vintage, lsoa_code",
    )
}}
-- One row per corner of an LSOA's boundary. ONS cuts the polygons of a vintage from one net, so
-- neighbours share corners to the last digit.
with boundaries as (
    select
        vintage,
        lsoa_code,
        geometry,
        hash(file_id) as fingerprint
    from {{ ref("stg_reference__boundary") }}
),

changed as (
    {{ changed_partitions("boundaries", ["vintage", "lsoa_code"]) }}
),

polygons as (
    select
        vintage,
        lsoa_code,
        fingerprint,
        case geometry ->> 'type'
            when 'MultiPolygon'
                then (geometry -> 'coordinates')::double[][][][]
            else [(geometry -> 'coordinates')::double[][][]]
        end as coordinates
    from changed
),

corners as (
    select
        vintage,
        lsoa_code,
        fingerprint,
        unnest(flatten(flatten(coordinates))) as corner
    from polygons
)

select distinct
    vintage,
    lsoa_code,
    corner[1] as longitude,
    corner[2] as latitude,
    fingerprint
from corners
