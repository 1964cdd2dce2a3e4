-- One row per measure, month, place and time of incidents reported to the police. What anti-social
-- behaviour is follows the scheme of the day: the class of 2006 held hoax calls and abandoned vehicles
-- too.
with incidents as (
    select
        month,
        geography_lsoa_code as lsoa_code,
        district_code,
        asb_scheme,
        category,
        qualifier,
        coalesce(is_domestic, false) and not has_linked_crime as is_domestic_without_crime,
        created_at,
        count(*) as events
    from {{ ref("fct_incident") }}
    group by all
),

schemes as (
    select * from {{ ref("asb_scheme") }}
),

counted as (
    select
        schemes.measure_id,
        incidents.month,
        incidents.lsoa_code,
        incidents.district_code,
        incidents.created_at,
        incidents.events
    from incidents
    inner join schemes
        on
            incidents.asb_scheme = schemes.scheme
            and incidents.category = schemes.category
            and coalesce(incidents.qualifier = schemes.qualifier, schemes.qualifier is null)
    union all
    select
        'domestic_incidents' as measure_id,
        month,
        lsoa_code,
        district_code,
        created_at,
        events
    from incidents
    where is_domestic_without_crime
)

select
    measure_id,
    month,
    lsoa_code,
    district_code,
    created_at,
    sum(events)::bigint as events
from counted
group by all
