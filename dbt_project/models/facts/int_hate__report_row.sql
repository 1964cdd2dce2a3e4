{{ config(materialized="view") }}
-- One row per hate report in force.
{{ monitored_rows("hate/report") }}
