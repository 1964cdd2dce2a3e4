{{ config(materialized="view") }}
-- One row per youth justice disposal in force.
{{ monitored_rows("youth/disposal") }}
