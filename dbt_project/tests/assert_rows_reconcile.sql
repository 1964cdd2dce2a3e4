-- Every accepted row of the extracts in force is in the rows the facts are built from, once.
with extracts as (
    select force_name, month, row_count
    from {{ ref("int_street_crime_extract") }}
),

built as (
    select force_name, month, count(*) as row_count
    from {{ ref("int_street_crime_row") }}
    group by all
)

select *
from extracts
full outer join built
    on extracts.force_name = built.force_name and extracts.month = built.month
where extracts.row_count is distinct from built.row_count
