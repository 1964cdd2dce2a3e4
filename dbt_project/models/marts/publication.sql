{{ config(materialized="view", meta={"published": true, "public": "all", "counts": "nothing"}) }}
-- One row: this publication, the run that made it and the software it was made with.
select
    publication_id,
    run_id,
    published_at,
    software_version,
    git_commit,
    source_files,
    blocking_checks_passed
from {{ source("quality", "publication") }}
