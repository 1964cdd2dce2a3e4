{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="vintage, boundary_district_code",
    )
}}
-- One row per corner of an LSOA's boundary. ONS cuts the polygons of a vintage from one net, so
-- neighbours share corners to the last digit.
with boundaries as (
    select
        vintage,
        boundary_district_code,
        lsoa_code,
        geometry,
        hash(file_id) as fingerprint
    from {{ ref("stg_reference__boundary") }}
),

snapshots as (
    select distinct vintage, boundary_district_code, fingerprint
    from boundaries
),

changed as (
    {{ changed_partitions("snapshots", ["vintage", "boundary_district_code"]) }}
),

polygons as (
    select
        boundaries.vintage,
        boundaries.boundary_district_code,
        boundaries.lsoa_code,
        boundaries.fingerprint,
        case boundaries.geometry ->> 'type'
            when 'MultiPolygon'
                then (boundaries.geometry -> 'coordinates')::double[][][][]
            else [(boundaries.geometry -> 'coordinates')::double[][][]]
        end as coordinates
    from boundaries
    inner join changed
        on
            boundaries.vintage = changed.vintage
            and boundaries.boundary_district_code = changed.boundary_district_code
),

corners as (
    select
        vintage,
        boundary_district_code,
        lsoa_code,
        fingerprint,
        unnest(flatten(flatten(coordinates))) as corner
    from polygons
)

select distinct
    vintage,
    boundary_district_code,
    lsoa_code,
    corner[1] as longitude,
    corner[2] as latitude,
    fingerprint
from corners
