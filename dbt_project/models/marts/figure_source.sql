{{ config(meta={"published": true, "public": "none", "counts": "records"}) }}
-- One row per feed, area, year and file: how many of the rows in force of that area and year
-- the file gave, with the hash of its bytes. What an indicator's feeds (`indicator.feeds`) made of a
-- year came from these files and no others.
with given as (
    select
        feed_month_file.feed,
        year.period_type,
        year.period_start,
        year.period_end,
        year.period_label,
        feed_month_file.district_code,
        case
            when feed_month_file.feed = 'police/street_crime' then feed_month_file.source
            else home_force.force_name
        end as force_name,
        feed_month_file.file_id,
        feed_month_file.records
    from {{ ref("feed_month_file") }} as feed_month_file
    inner join {{ ref("br_month_year") }} as year on feed_month_file.month = year.month
    cross join {{ ref("int_home_force") }} as home_force
),

areas as (
    select
        given.feed,
        area.area_type,
        area.area_code,
        given.period_type,
        given.period_start,
        given.period_end,
        given.period_label,
        given.file_id,
        given.records
    from given
    inner join {{ ref("br_area_part") }} as area
        on given.district_code = area.place_code
    union all
    select
        given.feed,
        case when which.placed then 'force' else 'not_located' end as area_type,
        forces.force_code as area_code,
        given.period_type,
        given.period_start,
        given.period_end,
        given.period_label,
        given.file_id,
        given.records
    from given
    cross join (values (true), (false)) as which (placed)
    inner join {{ ref("dim_police_force") }} as forces on given.force_name = forces.force_name
    where which.placed or given.district_code is null
),

summed as (
    select
        feed,
        area_type,
        area_code,
        period_type,
        period_start,
        period_end,
        period_label,
        file_id,
        sum(records)::bigint as records
    from areas
    group by all
)

select
    summed.feed,
    summed.area_type,
    summed.area_code,
    dim_area.area_name,
    summed.period_type,
    summed.period_start,
    summed.period_end,
    summed.period_label,
    loaded_file.file_name,
    loaded_file.sha256,
    loaded_file.loaded_at,
    summed.records
from summed
inner join {{ source("quality", "loaded_file") }} as loaded_file
    on summed.file_id = loaded_file.file_id
left join {{ ref("dim_area") }} as dim_area
    on summed.area_type = dim_area.area_type and summed.area_code = dim_area.area_code
