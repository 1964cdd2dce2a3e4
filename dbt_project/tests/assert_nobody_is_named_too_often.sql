{{ config(severity="warn", meta={"dimension": "validity"}) }}
-- In no file with rows in force is a person, or a crime that rows are linked to, named more often than
-- is plausible (`most_plausible`, warehouse/ingest/ledger.py): a text that stands for not known makes one person
-- of many, and repeats of cases that are none.
select
    shape.feed,
    shape.file_id,
    shape.column_name,
    shape.most_repeated,
    shape.row_count
from {{ source("quality", "identifier_shape") }} as shape
where
    shape.most_repeated > shape.most_plausible
    and shape.file_id in (select in_force.file_id from {{ ref("feed_month_file") }} as in_force)
