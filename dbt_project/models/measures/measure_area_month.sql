{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_changed_partitions(ref('int_month_state'), 'month') }}",
    )
}}
-- One row per measure, area and month: the events of the place, zero where a received month has
-- none. Districts are by place, whoever recorded the event; forces are by recorder. An area whose
-- own extract is missing shows the events others recorded in it, with `is_received` false.
with changed as (
    {{ lacking_partitions(ref("int_month_state"), "month") }}
),

events as (
    select *
    from {{ ref("measure_event") }}
    where month in (select changed.month from changed)
),

area as (
    select * from {{ ref("dim_area") }}
),

counted as (
    select
        events.measure_id,
        'lsoa' as area_type,
        events.lsoa_code as area_code,
        events.month,
        events.events
    from events
    inner join area
        on events.lsoa_code = area.area_code and area.area_type = 'lsoa'
    where area.is_in_county and area.is_in_geography
    union all
    select
        events.measure_id,
        part.area_type,
        part.area_code,
        events.month,
        events.events
    from events
    inner join {{ ref("br_area_part") }} as part
        on coalesce(events.lsoa_code, events.district_code) = part.place_code
    union all
    select
        events.measure_id,
        'force' as area_type,
        forces.force_code as area_code,
        events.month,
        events.events
    from events
    inner join {{ ref("dim_police_force") }} as forces on events.source = forces.force_name
    union all
    select
        events.measure_id,
        'not_located' as area_type,
        forces.force_code as area_code,
        events.month,
        events.events
    from events
    inner join {{ ref("dim_police_force") }} as forces on events.source = forces.force_name
    where events.district_code is null
),

summed as (
    select
        measure_id,
        area_type,
        area_code,
        month,
        sum(events) as numerator
    from counted
    group by all
),

received as (
    select
        measure.measure_id,
        received.area_type,
        received.area_code,
        received.month
    from {{ ref("int_area_received") }} as received
    inner join {{ ref("measure") }} as measure
        on received.feed = measure.feed and received.month >= measure.valid_from
    where
        received.month in (select changed.month from changed)
        and not ({{ is_below_district("received.area_type") }} and measure.finest_area = 'district')
        -- Without the months before, a repeat cannot be told from a first.
        and coalesce(received.months_before, 0) >= coalesce(measure.lookback_months::integer, 0)
),

measured as (
    select
        coalesce(received.measure_id, summed.measure_id) as measure_id,
        coalesce(received.area_type, summed.area_type) as area_type,
        coalesce(received.area_code, summed.area_code) as area_code,
        coalesce(received.month, summed.month) as month,
        coalesce(summed.numerator, 0)::bigint as numerator,
        received.month is not null as is_received
    from received
    full outer join summed
        on
            received.measure_id = summed.measure_id
            and received.area_type = summed.area_type
            and received.area_code = summed.area_code
            and received.month = summed.month
)

select
    measured.*,
    changed.fingerprint
from measured
inner join changed on measured.month = changed.month
