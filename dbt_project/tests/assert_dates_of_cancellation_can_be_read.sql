{{ config(severity="warn", meta={"feed": "police/recorded_crime", "dimension": "validity"}) }}
-- A crime is cancelled by its date of cancellation. One that cannot be read cancels nothing, so the
-- crime is counted; whether it should be is for the force to say.
select
    file_id,
    line_number,
    month
from {{ ref("int_police__recorded_crime_row") }}
where cancelled_date_bucket = 'invalid'
