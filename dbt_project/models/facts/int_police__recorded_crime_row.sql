{{ config(materialized="view") }}
-- One row per recorded crime in force.
{{ monitored_rows("police/recorded_crime") }}
