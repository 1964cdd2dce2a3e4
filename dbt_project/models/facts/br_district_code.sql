-- One row per district code that anybody may send: the district of this home's tables that it counts in.
-- A district of the settings is itself, and what it took the place of counts in it; any other district of
-- the lookup is itself. A code of neither has no row: nobody can say where it lies.
with lookup as (
    select distinct district_code
    from {{ ref("stg_reference__lsoa_lookup") }}
    where district_code is not null
),

home as (
    select distinct district_code from {{ ref("int_setting_district") }} where status != 'unknown'
),

succession as (
    select * from {{ ref("int_district_succession") }}
),

-- The nearest of its successors that the home names; of two as near neither.
led_home as (
    select
        succession.old_code,
        succession.new_code,
        succession.is_whole
    from succession
    inner join home on succession.new_code = home.district_code
    qualify
        rank() over (partition by succession.old_code order by succession.steps) = 1
        and count(*) over (partition by succession.old_code, succession.steps) = 1
),

codes as (
    select district_code as sent_code from lookup
    union
    select district_code as sent_code from home
    union
    select old_code as sent_code from led_home
),

placed as (
    select
        codes.sent_code,
        case
            when home.district_code is not null then codes.sent_code
            when led_home.new_code is not null then led_home.new_code
            else codes.sent_code
        end as district_code,
        home.district_code is not null or coalesce(led_home.is_whole, true) as is_whole,
        lookup.district_code is not null as is_in_lookup
    from codes
    left join lookup on codes.sent_code = lookup.district_code
    left join home on codes.sent_code = home.district_code
    left join led_home on codes.sent_code = led_home.old_code
)

select
    placed.sent_code,
    placed.district_code,
    placed.is_whole
from placed
-- A district without an LSOA is none of the home's tables.
where placed.district_code in (select other.district_code from placed as other where other.is_in_lookup)
