-- One row per report to a council, with its place. Where LSOA and district disagree the LSOA wins.
select
    report.report_id,
    report.received_date,
    date_trunc('month', report.received_date)::date as month,
    report.category,
    report.status,
    report.lsoa_code,
    lsoa.geography_lsoa_code,
    coalesce(lsoa.district_code, district.district_code) as district_code,
    report.status_bucket,
    {{ lsoa_bucket("report.lsoa_code_bucket", "lsoa") }} as lsoa_code_bucket,
    {{ district_bucket("district") }} as district_code_bucket,
    report.file_id,
    report.line_number
from {{ ref("stg_council__asb_report") }} as report
left join {{ ref("dim_lsoa") }} as lsoa on report.lsoa_code = lsoa.lsoa_code
left join {{ ref("br_district_code") }} as district on report.district_code = district.sent_code
