-- One row per LSOA and queen neighbour within its vintage: two LSOAs that share a corner. An LSOA
-- is not its own neighbour here; Gi* adds it.
select distinct
    own.vintage,
    own.lsoa_code,
    other.lsoa_code as neighbour_code
from {{ ref("int_lsoa_vertex") }} as own
inner join {{ ref("int_lsoa_vertex") }} as other
    on
        own.vintage = other.vintage
        and own.longitude = other.longitude
        and own.latitude = other.latitude
        and own.lsoa_code != other.lsoa_code
