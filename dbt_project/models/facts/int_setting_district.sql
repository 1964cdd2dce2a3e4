-- One row per role, district that the settings name, and most similar group it is a member of, as the lookup
-- knows it: itself; the district that took its place; or, where the lookup is older than it, itself, made of
-- those it took the place of.
with settings as (
    select role, area_code as setting_code, group_code
    from {{ source("raw", "setting_area") }}
    where role in ('focus', 'county_district', 'most_similar')
),

lookup as (
    select distinct district_code from {{ ref("stg_reference__lsoa_lookup") }}
),

succession as (
    select * from {{ ref("int_district_succession") }}
),

later as (
    select
        settings.setting_code,
        succession.new_code
    from (select distinct setting_code from settings) as settings
    inner join succession on settings.setting_code = succession.old_code
    inner join lookup on succession.new_code = lookup.district_code
    qualify
        rank() over (partition by settings.setting_code order by succession.steps) = 1
        -- Of several that took its place none is the district.
        and count(*) over (partition by settings.setting_code, succession.steps) = 1
),

earlier as (
    select distinct succession.new_code as setting_code
    from succession
    inner join lookup on succession.old_code = lookup.district_code
)

select
    settings.role,
    settings.setting_code,
    settings.group_code,
    case when lookup.district_code is null then later.new_code end as replaced_by,
    case
        when lookup.district_code is not null then 'known'
        when later.new_code is not null then 'abolished'
        when earlier.setting_code is not null then 'newer than the lookup'
        else 'unknown'
    end as status,
    coalesce(
        case when lookup.district_code is null then later.new_code end, settings.setting_code
    ) as district_code
from settings
left join lookup on settings.setting_code = lookup.district_code
left join later on settings.setting_code = later.setting_code
left join earlier on settings.setting_code = earlier.setting_code
