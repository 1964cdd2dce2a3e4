-- For every month and measure: the county's events = those of its districts.
with districts as (
    select
        measure.measure_id,
        measure.month,
        sum(measure.numerator) as events
    from {{ ref("measure_area_month") }} as measure
    inner join {{ ref("dim_district") }} as district
        on measure.area_code = district.district_code
    where measure.area_type = 'district' and district.is_in_county
    group by all
),

county as (
    select measure_id, month, sum(numerator) as events
    from {{ ref("measure_area_month") }}
    where area_type = 'county'
    group by all
)

select *
from districts
full outer join county
    on districts.measure_id = county.measure_id and districts.month = county.month
where coalesce(districts.events, 0) != coalesce(county.events, 0)
