{{ config(materialized="table") }}
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
        is_domestic,
        has_linked_crime,
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
    -- Rowdy or not, a qualifier left blank does not say; other categories have none.
    select
        'asb_rowdy_nuisance_unknown' as measure_id,
        month,
        lsoa_code,
        district_code,
        created_at,
        events
    from incidents
    where category = 'Anti-social behaviour' and qualifier is null
    {% for measure, condition in [
        ("incidents_without_crime", "not has_linked_crime"),
        ("domestic_incidents", "is_domestic and not has_linked_crime"),
    ] -%}
    union all
    select
        {{ measure_or_its_unknown(measure, condition) }} as measure_id,
        month,
        lsoa_code,
        district_code,
        created_at,
        events
    from incidents
    where {{ is_or_may_be(condition) }}
    {% endfor %}
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
