{{ config(materialized="view") }}
-- One row per indicator, area and period: what is counted from records, and what surveys estimate.
select * exclude (fingerprint)
from {{ ref("int_measured_value") }}
union all by name
select *
from {{ ref("int_survey_value") }}
