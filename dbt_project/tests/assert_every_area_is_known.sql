-- Every area an indicator has a value for is in dim_area.
select distinct area_type, area_code
from {{ ref("int_indicator_value") }}
where (area_type, area_code) not in (select (area_type, area_code) from {{ ref("dim_area") }})
