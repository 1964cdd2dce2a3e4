{{ config(materialized="view") }}
-- One row per report to a council in force.
{{ monitored_rows("council/asb_report") }}
