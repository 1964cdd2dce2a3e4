-- One row per feed, area and month that the feed's extracts cover. Street crime is received force by
-- force: an area's extract is that of the force whose area it lies in, and what is made of several
-- districts or LSOAs is covered when each of them is. Any other feed is one partner's, for the whole
-- county at once, or for those districts of it that the feed ever speaks of.
with received_by_force as (
    select distinct
        'police/street_crime' as feed,
        extract.month,
        forces.force_code,
        forces.police_force_area_code
    from {{ ref("int_street_crime_extract") }} as extract
    inner join {{ ref("dim_police_force") }} as forces
        on extract.force_name = forces.force_name
),

received_whole as (
    select distinct
        period.feed,
        period.month,
        forces.force_code,
        forces.police_force_area_code
    from {{ source("raw", "month_received") }} as period
    cross join {{ ref("int_home_force") }} as home_force
    inner join {{ ref("dim_police_force") }} as forces
        on home_force.force_name = forces.force_name
    where period.feed != 'police/street_crime'
),

received as (
    select * from received_by_force
    union all
    select * from received_whole
),

districts as (
    select * from {{ ref("dim_district") }}
),

district_events as (
    select
        feed,
        district_code,
        sum(events) as events
    from {{ ref("measure_event") }}
    -- What may have happened would count an event many times.
    where district_code is not null and not ends_with(measure_id, '_unknown')
    group by feed, district_code
),

usual_events as (
    select
        district_events.feed,
        median(district_events.events) as events
    from district_events
    inner join districts on district_events.district_code = districts.district_code
    where districts.is_in_county
    group by district_events.feed
),

-- Which districts a partner's extract speaks of. In the county all, but one of which a feed that has
-- dozens for the others has never had an event: it is one council's own, say. Beyond it those of which it
-- speaks about as much as of the county's; a few events there are a border's.
districts_met as (
    select
        feeds.feed,
        districts.district_code
    from (select distinct feed from received_whole) as feeds
    cross join districts
    left join usual_events on feeds.feed = usual_events.feed
    left join district_events
        on
            feeds.feed = district_events.feed
            and districts.district_code = district_events.district_code
    where
        case
            when districts.is_in_county
                then
                    coalesce(usual_events.events, 0) < {{ threshold("own_district_least_events") }}
                    or coalesce(district_events.events, 0) > 0
            else
                district_events.events >= greatest(
                    1, {{ threshold("border_district_least_share") }} * usual_events.events
                )
        end
),

district_received as (
    select
        received_by_force.feed,
        received_by_force.month,
        districts.district_code
    from districts
    inner join received_by_force
        on districts.police_force_area_code = received_by_force.police_force_area_code
    union all
    select
        received_whole.feed,
        received_whole.month,
        districts.district_code
    from received_whole
    inner join districts_met on received_whole.feed = districts_met.feed
    inner join districts on districts_met.district_code = districts.district_code
    where
        districts.is_in_county
        or districts.police_force_area_code = received_whole.police_force_area_code
),

received_lsoas as (
    select
        district_received.feed,
        area.area_code,
        area.is_in_county,
        district_received.month
    from district_received
    inner join {{ ref("dim_area") }} as area
        on district_received.district_code = area.district_code
    inner join {{ ref("int_feed_vintage") }} as vintage
        on
            district_received.feed = vintage.feed
            and district_received.month between vintage.valid_from and vintage.valid_to
    where
        area.area_type = 'lsoa'
        and area.is_in_geography
        -- What codes of the other vintage cannot name would have false zeros: the parts of an LSOA that
        -- was split, or those that were merged.
        and (area.is_in_both_vintages or vintage.is_of_home)
        -- A feed without LSOAs has nothing to say of any.
        and district_received.feed not in (
            {%- for feed in var("feeds") if not feed.get("has_lsoa", true) -%}
            {{ ", " if not loop.first }}'{{ feed.feed }}'
            {%- endfor -%}
        )
),

received_places as (
    select
        feed,
        district_code as place_code,
        month
    from district_received
    union all
    select
        feed,
        area_code as place_code,
        month
    from received_lsoas
),

areas as (
    select
        feed,
        'lsoa' as area_type,
        area_code,
        month
    from received_lsoas
    where is_in_county
    union all
    select
        received_places.feed,
        part.area_type,
        part.area_code,
        received_places.month
    from received_places
    inner join {{ ref("br_area_part") }} as part
        on received_places.place_code = part.place_code
    where part.is_part
    group by
        received_places.feed, part.area_type, part.area_code, received_places.month, part.parts
    having count(*) = part.parts
    union all
    select distinct
        received.feed,
        area_types.area_type,
        received.force_code as area_code,
        received.month
    from received
    cross join (values ('force'), ('not_located')) as area_types (area_type)
)

select
    *,
    -- For what looks back: a repeat within twelve months needs those before.
    count(*) over (
        partition by feed, area_type, area_code
        order by month
        range between interval 12 month preceding and interval 1 month preceding
    ) as months_before
from areas
