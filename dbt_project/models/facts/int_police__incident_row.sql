{{ config(materialized="view") }}
-- One row per incident in force.
{{ monitored_rows("police/incident") }}
