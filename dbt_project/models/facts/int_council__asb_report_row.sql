{{ config(materialized="view") }}
-- One row per report to a council in force: when and where, the line that said it, and the
-- bucket of each monitored field. Its key is a pseudonym; no value of the record is here.
select
    'council' as source,
    month,
    file_id,
    line_number,
    report_id as record_key,
    geography_lsoa_code,
    district_code,
    district_code_bucket,
    lsoa_code_bucket,
    status_bucket
from {{ ref("fct_council_report") }}
