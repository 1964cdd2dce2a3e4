{{ config(meta={"published": true, "public": "all", "counts": "events"}) }}
-- One row per area, offence group and twelve months of recorded crime as published for England and
-- Wales: for comparison with other forces and partnerships, and long trends.
select
    source_table,
    benchmark_area_type,
    benchmark_area_code,
    benchmark_area_name,
    police_force_area_code,
    period_start,
    period_end,
    offence,
    offences
from {{ ref("fct_recorded_crime_benchmark") }}
