{{ config(materialized="view") }}
-- One row per street crime in force.
{{ monitored_rows("police/street_crime") }}
