-- No district that the settings name was abolished before the lookup in force: it counts as the one that
-- took its place, under a name and a population that the settings do not say.
select
    settings.setting_code,
    'csp.yml, ' || {{ setting_keys("settings.role") }} || ': ' || settings.setting_code
    || ' was abolished; it counts as ' || settings.district_code || ' ('
    || coalesce(district.district_name, 'of no known name') || '). Write that code.' as sentence
from {{ ref("int_setting_district") }} as settings
left join {{ ref("dim_district") }} as district on settings.district_code = district.district_code
where settings.status = 'abolished'
group by settings.setting_code, settings.district_code, district.district_name
