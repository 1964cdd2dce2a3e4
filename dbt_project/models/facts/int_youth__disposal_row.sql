{{ config(materialized="view") }}
-- One row per youth justice disposal in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'youth' as source,
    month,
    file_id,
    line_number,
    disposal_id as record_key,
    district_code,
    district_code_bucket,
    age_bucket,
    ethnicity_bucket
from {{ ref("fct_youth_disposal") }}
