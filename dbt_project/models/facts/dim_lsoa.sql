-- One row per LSOA code of either vintage: its district, and the LSOA of the home's own vintage it
-- stands for, where it is one and no other. An LSOA that the lookup lists under two districts belongs to
-- the one it is named after, else to the first.
with lookup as (
    select
        pairs.*,
        district.district_code as home_district_code
    from {{ ref("stg_reference__lsoa_lookup") }} as pairs
    left join {{ ref("br_district_code") }} as district on pairs.district_code = district.sent_code
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
        change_indicator,
        home_district_code as district_code,
        district_name
    from lookup
    union all
    select
        line_number,
        lsoa_2021_code as lsoa_code,
        lsoa_2021_name as lsoa_name,
        'lsoa_2021' as vintage,
        lsoa_2011_code as other_code,
        change_indicator,
        home_district_code as district_code,
        district_name
    from lookup
),

by_code as (
    select
        lsoa_code,
        -- A code of both vintages keeps its name of 2011, which names the district it was in.
        arg_min(lsoa_name, struct_pack(vintage := vintage, line_number := line_number))
            as lsoa_name,
        arg_min(
            district_code,
            struct_pack(
                is_of_another_name
                := {{ named_after("lsoa_name") }} is distinct from district_name,
                line_number := line_number
            )
        ) as district_code,
        bool_or(vintage = 'lsoa_2011') as is_lsoa_2011,
        bool_or(vintage = 'lsoa_2021') as is_lsoa_2021,
        -- Counterparts in the other vintage; one means that the code can be carried over, but for
        -- irregular changes, where the one may hold part of the other alone.
        count(distinct other_code) filter (where other_code != lsoa_code) as counterparts,
        min(other_code) filter (where other_code != lsoa_code) as counterpart,
        coalesce(bool_or(change_indicator = 'X'), false) as is_irregular
    from codes
    where lsoa_code is not null
    group by lsoa_code
),

carried as (
    select
        by_code.*,
        geography.vintage,
        case
            when geography.vintage = 'lsoa_2011' and by_code.is_lsoa_2011 then by_code.lsoa_code
            when geography.vintage = 'lsoa_2021' and by_code.is_lsoa_2021 then by_code.lsoa_code
            when by_code.counterparts = 1 and not by_code.is_irregular then by_code.counterpart
        end as geography_lsoa_code
    from by_code
    cross join geography
),

-- LSOAs that events with a code of the other vintage can be placed in.
reached as (
    select distinct geography_lsoa_code
    from carried
    where
        geography_lsoa_code is not null
        and case when vintage = 'lsoa_2011' then is_lsoa_2021 else is_lsoa_2011 end
)

select
    lsoa_code,
    lsoa_name,
    district_code,
    is_lsoa_2011,
    is_lsoa_2021,
    geography_lsoa_code,
    geography_lsoa_code is not null and geography_lsoa_code = lsoa_code as is_in_geography,
    lsoa_code in (select geography_lsoa_code from reached) as is_in_both_vintages
from carried
