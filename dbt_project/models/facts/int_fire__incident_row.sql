{{ config(materialized="view") }}
-- One row per fire and rescue incident in force.
{{ monitored_rows("fire/incident") }}
