-- One row: a fingerprint of everything the facts look up, so that a corrected reference file or a
-- changed setting rebuilds what was built from the old one.
with reference_files as (
    select sum(hash(sha256, effective_at)::hugeint) as fingerprint
    from {{ source("quality", "loaded_file") }}
    where partner = 'reference'
),

settings as (
    select sum(hash(key, value)::hugeint) as fingerprint
    from {{ source("raw", "setting") }}
    where key = 'geography'
),

setting_areas as (
    select sum(hash(role, area_code)::hugeint) as fingerprint
    from {{ source("raw", "setting_area") }}
)

select
    hash(
        reference_files.fingerprint, settings.fingerprint, setting_areas.fingerprint
    ) as fingerprint
from reference_files
cross join settings
cross join setting_areas
