{{ config(materialized="view") }}
-- One row per offender in a year's caseload in force.
{{ monitored_rows("probation/caseload") }}
