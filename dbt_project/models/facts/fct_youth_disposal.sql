-- One row per youth justice disposal. A young person enters the system once: at the earliest disposal
-- that is marked as a first entry, whatever later ones say.
with disposals as (
    select * from {{ ref("stg_youth__disposal") }}
),

first_entries as (
    select
        young_person_id,
        arg_min(disposal_id, struct_pack(disposal_date, disposal_id)) as disposal_id
    from disposals
    where first_entry
    group by young_person_id
)

select
    disposals.disposal_id,
    disposals.young_person_id,
    disposals.disposal_date,
    date_trunc('month', disposals.disposal_date)::date as month,
    disposals.tier,
    disposals.court_conviction as is_court_conviction,
    first_entries.disposal_id is not null as is_first_entry,
    disposals.first_entry as is_first_entry_as_sent,
    disposals.age,
    disposals.ethnicity,
    disposals.age_bucket,
    disposals.ethnicity_bucket,
    district.district_code,
    {{ district_bucket("district") }} as district_code_bucket,
    disposals.file_id,
    disposals.line_number
from disposals
left join first_entries on disposals.disposal_id = first_entries.disposal_id
left join {{ ref("br_district_code") }} as district
    on disposals.district_code = district.sent_code
