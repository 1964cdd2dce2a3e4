-- No crime id twice within a force whose ids are keys.
select
    force_name,
    crime_key,
    count(*) as times
from {{ ref("int_street_crime_event") }}
where has_key
group by force_name, crime_key
having count(*) > 1
