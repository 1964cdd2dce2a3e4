-- For every force and month: events it recorded = its events placed in any district + its events
-- not located. Counted from the fact, compared with what the measures publish.
with recorded as (
    select
        forces.force_code,
        fact.month,
        fact.district_code is not null as is_placed,
        count(*) as events
    from {{ ref("int_street_crime_event") }} as fact
    inner join {{ ref("dim_police_force") }} as forces on fact.force_name = forces.force_name
    group by all
),

expected as (
    select
        force_code,
        month,
        sum(events) as recorded,
        coalesce(sum(events) filter (where is_placed), 0) as placed,
        coalesce(sum(events) filter (where not is_placed), 0) as not_located
    from recorded
    group by all
),

measured as (
    select
        area_code as force_code,
        month,
        coalesce(sum(numerator) filter (where area_type = 'force'), 0) as recorded,
        coalesce(sum(numerator) filter (where area_type = 'not_located'), 0) as not_located
    from {{ ref("measure_area_month") }}
    where
        area_type in ('force', 'not_located')
        and measure_id in ('street_all_crime', 'street_anti_social_behaviour')
    group by all
)

select
    coalesce(expected.force_code, measured.force_code) as force_code,
    coalesce(expected.month, measured.month) as month,
    expected.recorded,
    expected.placed,
    expected.not_located,
    measured.recorded as measured_recorded,
    measured.not_located as measured_not_located
from expected
full outer join measured
    on expected.force_code = measured.force_code and expected.month = measured.month
where
    coalesce(expected.recorded, 0) != coalesce(measured.recorded, 0)
    or coalesce(expected.not_located, 0) != coalesce(measured.not_located, 0)
    or coalesce(expected.placed, 0)
    != coalesce(measured.recorded, 0) - coalesce(measured.not_located, 0)
