-- For every month and measure: the events of all districts = the events of all forces less what
-- no force could locate. Whoever recorded an event, some district has it.
select
    measure_id,
    month,
    sum(numerator) filter (where area_type = 'district') as in_districts,
    sum(numerator) filter (where area_type = 'force') as recorded,
    sum(numerator) filter (where area_type = 'not_located') as not_located
from {{ ref("measure_area_month") }}
group by measure_id, month
having
    coalesce(sum(numerator) filter (where area_type = 'district'), 0)
    != coalesce(sum(numerator) filter (where area_type = 'force'), 0)
    - coalesce(sum(numerator) filter (where area_type = 'not_located'), 0)
