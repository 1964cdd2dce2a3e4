-- One row per recorded crime and flag it carries. Flags overlap: a crime may be in several rows, so
-- shares over them need not add to 100.
with flags as (
    select
        crime_ref,
        is_alcohol_related as alcohol,
        is_drug_related as drug,
        is_domestic as domestic,
        is_hate as hate
    from {{ ref("fct_recorded_crime") }}
),

flagged as (
    select crime_ref, flag, is_set
    from flags
    unpivot (is_set for flag in (alcohol, drug, domestic, hate))
)

select crime_ref, flag
from flagged
where is_set
