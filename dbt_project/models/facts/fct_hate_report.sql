-- One row per hate report of any source: who took it, its strands, what is known of the victim, and
-- its place. Where LSOA and district disagree the LSOA wins.
select
    report.report_id,
    report.reported_date,
    date_trunc('month', report.reported_date)::date as month,
    report.source,
    report.kind,
    report.strands,
    report.offence_group,
    report.victim_gender,
    report.victim_age,
    report.victim_ethnicity,
    report.linked_crime_ref,
    report.lsoa_code,
    lsoa.geography_lsoa_code,
    coalesce(lsoa.district_code, district.district_code) as district_code,
    report.victim_gender_bucket,
    report.victim_age_bucket,
    report.victim_ethnicity_bucket,
    report.strands_bucket,
    report.offence_group_bucket,
    report.linked_crime_ref_bucket,
    {{ lsoa_bucket("report.lsoa_code_bucket", "lsoa") }} as lsoa_code_bucket,
    {{ district_bucket("district") }} as district_code_bucket,
    report.file_id,
    report.line_number
from {{ ref("stg_hate__report") }} as report
left join {{ ref("dim_lsoa") }} as lsoa on report.lsoa_code = lsoa.lsoa_code
left join {{ ref("br_district_code") }} as district on report.district_code = district.sent_code
