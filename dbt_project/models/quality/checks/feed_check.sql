-- One row per check of a feed, as it stands now; a night keeps them in quality.check_result. A view, so that
-- what is loaded can be asked at any hour.
{% for check in [
    "reconciliation_check", "timeliness_check", "volume_check", "volume_month_check", "volume_drift_check",
    "coverage_check", "schema_check", "duplicates_check"
] -%}
select * from {{ ref(check) }}
{{ "union all" if not loop.last }}
{% endfor %}
