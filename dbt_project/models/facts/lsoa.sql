-- One row per LSOA code of either vintage: its district, and the LSOA of the home's own vintage it
-- stands for. An LSOA that the lookup lists under two districts belongs to the first.
with lookup as (
    select * from {{ ref("stg_reference__lsoa_lookup") }}
),

geography as (
    select value as vintage
    from {{ source("raw", "setting") }}
    where key = 'geography'
),

codes as (
    select
        line_number,
        lsoa_2011_code as lsoa_code,
        lsoa_2011_name as lsoa_name,
        'lsoa_2011' as vintage,
        lsoa_2021_code as other_code,
        district_code,
        district_name
    from lookup
    union all
    select
        line_number,
        lsoa_2021_code as lsoa_code,
        lsoa_2021_name as lsoa_name,
        'lsoa_2021' as vintage,
        lsoa_2011_code as other_code,
        district_code,
        district_name
    from lookup
),

by_code as (
    select
        lsoa_code,
        -- A code of both vintages keeps its name of 2011, which names the district it was in.
        arg_min(lsoa_name, struct_pack(vintage := vintage, line_number := line_number))
            as lsoa_name,
        arg_min(district_code, line_number) as district_code,
        arg_min(district_name, line_number) as district_name,
        bool_or(vintage = 'lsoa_2011') as is_lsoa_2011,
        bool_or(vintage = 'lsoa_2021') as is_lsoa_2021,
        -- Counterparts in the other vintage; one means that the code can be carried over.
        count(distinct other_code) filter (where other_code != lsoa_code) as counterparts,
        min(other_code) filter (where other_code != lsoa_code) as counterpart
    from codes
    where lsoa_code is not null
    group by lsoa_code
),

carried as (
    select
        by_code.*,
        case
            when geography.vintage = 'lsoa_2011' and by_code.is_lsoa_2011 then by_code.lsoa_code
            when geography.vintage = 'lsoa_2021' and by_code.is_lsoa_2021 then by_code.lsoa_code
            when by_code.counterparts = 1 then by_code.counterpart
        end as geography_lsoa_code
    from by_code
    cross join geography
),

-- Street crime carries codes of 2011. The parts of an LSOA that was split since can receive none of
-- its events: they have no rows, rather than years of zeros.
reachable as (
    select distinct geography_lsoa_code
    from carried
    where is_lsoa_2011 and geography_lsoa_code is not null
)

select
    lsoa_code,
    lsoa_name,
    district_code,
    district_name,
    is_lsoa_2011,
    is_lsoa_2021,
    geography_lsoa_code,
    lsoa_code in (select geography_lsoa_code from reachable) as is_in_geography
from carried
