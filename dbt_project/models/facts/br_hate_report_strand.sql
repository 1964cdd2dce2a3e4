-- One row per hate report and strand of hate. A report of three strands is three rows here and one
-- event everywhere else.
select
    report_id,
    unnest(strands) as strand
from {{ ref("fct_hate_report") }}
