-- The indicator values by one script, without tests, increments, documentation or seams: from the
-- raw tables to one table `hand_written`. Its figures must be those of marts.indicator_value.
-- An LSOA that is listed under two districts belongs to the one it is named after.
create temp table place as
with codes as (
    select lsoa_2011_code as lsoa_code, lsoa_2011_name as lsoa_name, * from raw.reference__lsoa_lookup
    union all by name
    select lsoa_2021_code as lsoa_code, lsoa_2021_name as lsoa_name, * from raw.reference__lsoa_lookup
    where lsoa_2021_code not in (
        select lsoa_2011_code from raw.reference__lsoa_lookup where lsoa_2011_code is not null
    )
)
select
    lsoa_code,
    arg_min(
        district_code,
        (regexp_replace(lsoa_name, ' [0-9]{3}[A-Z]$', '') is distinct from district_name, _line_number)
    ) as district_code
from codes
where lsoa_code is not null
group by lsoa_code;

create temp table district as
with lookup as (select distinct district_code, district_name, force_code from raw.reference__csp_lookup),
renamed as (
    select
        l.district_code,
        mode(c.force_code) as force_code
    from raw.reference__lsoa_lookup as l
    inner join lookup as c
        on c.district_name = regexp_replace(l.lsoa_2011_name, ' [0-9]{3}[A-Z]$', '')
    group by 1
)
select
    d.district_code,
    coalesce(any_value(lookup.force_code), any_value(renamed.force_code)) as force_code,
    bool_or(a.area_code is not null) as in_county
from (select distinct district_code from place) as d
left join lookup on d.district_code = lookup.district_code
left join renamed on d.district_code = renamed.district_code
left join raw.setting_area as a on d.district_code = a.area_code and a.role = 'county_district'
group by 1;

create temp table force as
select
    met.force_name,
    coalesce(any_value(area.force_code), met.force_name) as force_code,
    any_value(area.force_code) as area_code
from (select distinct period_key as force_name from raw.load_period where feed = 'police/street_crime') as met
left join seeds.police_force as known on met.force_name = known.force_name
left join (select distinct force_code, force_name from raw.reference__csp_lookup) as area
    on area.force_name = coalesce(
        known.police_force_area_name,
        regexp_replace(met.force_name, ' (Police Service|Police|Constabulary)$', '')
    )
group by met.force_name;

create temp table received as
with best as (
    select p.period_key as force_name, p.month, p.file_id
    from raw.load_period as p
    inner join quality.load_audit as a on p.file_id = a.file_id and a.status = 'loaded'
    where p.feed = 'police/street_crime'
    qualify row_number() over (
        partition by p.period_key, p.month order by coalesce(a.effective_at, a.landed_at) desc, a.file_name desc
    ) = 1
)
select * from best;

-- Crimes once: the earliest month, the latest row's attributes.
create temp table crime as
with sent as (
    select
        r.force_name,
        r.month,
        s.crime_type,
        s.lsoa_code,
        case when r.force_name != 'Police Service of Northern Ireland' then s.crime_id end as k,
        s._line_number as line
    from raw.police__street_crime as s
    inner join received as r
        on
            s._file_id = r.file_id
            and s.falls_within = r.force_name
            and s.month = strftime(r.month, '%Y-%m')
),
twice as (
    select force_name, k, min(month) as first_month, max((month, line)) as latest
    from sent
    where k is not null
    group by force_name, k
    having count(*) > 1
),
once as (
    select s.force_name, coalesce(t.first_month, s.month) as month, s.crime_type, s.lsoa_code
    from sent as s
    left join twice as t on s.force_name = t.force_name and s.k = t.k
    where t.k is null or t.latest = (s.month, s.line)
)
select
    force_name, month, crime_type, lsoa_code, place.district_code, count(*) as n
from once
left join place using (lsoa_code)
group by all;

create temp table measured as
select 'street_' || replace(replace(lower(crime_type), ' ', '_'), '-', '_') as indicator_id, * exclude (crime_type)
from crime
union all
select 'street_all_crime', * exclude (crime_type)
from crime
where crime_type != 'Anti-social behaviour';

create temp table county as select area_code from raw.setting_area where role = 'county';

create temp table counted as
with by_area as (
    select indicator_id, 'lsoa' as area_type, lsoa_code as area_code, month, n
    from measured inner join district using (district_code) where in_county
    union all
    select indicator_id, 'district', district_code, month, n from measured where district_code is not null
    union all
    select indicator_id, 'county', (from county), month, n
    from measured inner join district using (district_code) where in_county
    union all
    select indicator_id, 'force', force.force_code, month, n from measured inner join force using (force_name)
    union all
    select indicator_id, 'not_located', force.force_code, month, n
    from measured inner join force using (force_name) where district_code is null
),
force_months as (
    select distinct force.force_code, force.area_code, received.month
    from received inner join force using (force_name)
),
district_months as (
    select district.district_code, district.in_county, force_months.month
    from district inner join force_months on district.force_code = force_months.area_code
),
areas as (
    select 'lsoa' as area_type, place.lsoa_code as area_code, month
    from district_months
    inner join place using (district_code)
    where in_county and place.lsoa_code in (select lsoa_2011_code from raw.reference__lsoa_lookup)
    union all
    select 'district', district_code, month from district_months
    union all
    select 'county', (from county), month from district_months where in_county
    group by month having count(*) = (select count(*) from district where in_county)
    union all
    select 'force', force_code, month from force_months
    union all
    select 'not_located', force_code, month from force_months
)
select
    coalesce(z.indicator_id, e.indicator_id) as indicator_id,
    coalesce(z.area_type, e.area_type) as area_type,
    coalesce(z.area_code, e.area_code) as area_code,
    coalesce(z.month, e.month) as month,
    coalesce(e.n, 0) as n,
    z.month is not null as is_received
from (
    select m.measure_id as indicator_id, areas.*
    from areas
    inner join seeds.measure as m on areas.month >= m.valid_from and m.feed = 'police/street_crime'
) as z
full join (
    select indicator_id, area_type, area_code, month, sum(n) as n from by_area group by all
) as e
    on
        z.indicator_id = e.indicator_id and z.area_type = e.area_type
        and z.area_code = e.area_code and z.month = e.month;

create temp table population as
with district_years as (
    select district_code, year::integer as mid_year, nullif(population_by_year ->> year, '')::double::bigint as people
    from (select *, unnest(json_keys(population_by_year)) as year from raw.reference__district_population)
),
lsoa_years as (
    select lsoa_code, mid_year::integer as mid_year, replace(population, ',', '')::double::bigint as people
    from raw.reference__lsoa_population
),
districts as (
    select * from district_years
    union all
    select place.district_code, mid_year, sum(people)
    from lsoa_years inner join place using (lsoa_code)
    where place.district_code not in (select district_code from district_years)
    group by all
),
estimates as (
    select 'lsoa' as area_type, lsoa_code as area_code, mid_year, people from lsoa_years
    union all
    select 'district', * from districts
    union all
    select 'county', (from county), mid_year, sum(people)
    from districts inner join district using (district_code)
    where in_county
    group by mid_year
    having count(*) = (select count(*) from district where in_county)
    union all
    select 'force', d.force_code, mid_year, sum(people)
    from districts inner join district as d using (district_code)
    where d.force_code is not null
    group by d.force_code, mid_year
    having count(*) = (select count(*) from district as o where o.force_code = d.force_code)
)
select area_type, area_code, fy, people, mid_year
from estimates
cross join (
    select distinct year(month) - case when month(month) < 4 then 1 else 0 end as fy from counted
)
qualify row_number() over (
    partition by area_type, area_code, fy order by mid_year > fy, abs(mid_year - fy)
) = 1;

create table hand_written as
with periods as (
    select
        indicator_id, area_type, area_code, 'month' as period_type, month as period_start,
        year(month) - case when month(month) < 4 then 1 else 0 end as fy,
        n, is_received::integer as received, 1 as months
    from counted
    union all
    select
        indicator_id, area_type, area_code, 'financial_year',
        make_date(year(month) - case when month(month) < 4 then 1 else 0 end, 4, 1) as start,
        any_value(year(month) - case when month(month) < 4 then 1 else 0 end),
        sum(n), count(*) filter (where is_received), 12
    from counted
    group by all
    union all
    select
        indicator_id, area_type, area_code, 'rolling_12m', (month - interval 11 month)::date,
        year(month) - case when month(month) < 4 then 1 else 0 end, n, received, 12
    from (
        select
            *,
            sum(n) over twelve as n12,
            count(*) filter (where is_received) over twelve as received
        from counted
        where area_type != 'lsoa'
        window twelve as (
            partition by indicator_id, area_type, area_code order by month
            range between interval 11 month preceding and current row
        )
    ) as w (indicator_id, area_type, area_code, month, unused, is_received, n, received)
    where received = 12
),
rated as (
    select periods.*, people, mid_year, case when received > 0 then 1000e0 / nullif(people, 0) end as scale
    from periods
    left join population using (area_type, area_code, fy)
)
select
    indicator_id,
    area_type,
    area_code,
    period_type,
    period_start,
    n::bigint as numerator,
    people::bigint as denominator,
    mid_year as population_year,
    case when received > 0 then n * 1000e0 / nullif(people, 0) end as value,
    scale * case when n < 10 then l95 else n * power(1 - 1 / (9e0 * n) - 1.959963984540054e0 / (3 * sqrt(n)), 3) end as lower_95,
    scale * case when n < 10 then u95 else (n + 1) * power(1 - 1 / (9e0 * (n + 1)) + 1.959963984540054e0 / (3 * sqrt(n + 1)), 3) end as upper_95,
    scale * case when n < 10 then l998 else n * power(1 - 1 / (9e0 * n) - 3.090232306167814e0 / (3 * sqrt(n)), 3) end as lower_998,
    scale * case when n < 10 then u998 else (n + 1) * power(1 - 1 / (9e0 * (n + 1)) + 3.090232306167814e0 / (3 * sqrt(n + 1)), 3) end as upper_998,
    received = months as is_complete
from rated
left join exact_poisson on n = events;
