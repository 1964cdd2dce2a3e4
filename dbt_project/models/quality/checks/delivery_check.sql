-- One row per check of what was delivered, as it stands now; a night keeps them in quality.check_result.
{% for check in [
    "volume_check", "volume_month_check", "volume_drift_check", "coverage_check", "schema_check",
    "duplicates_check"
] -%}
select * from {{ ref(check) }}
{{ "union all" if not loop.last }}
{% endfor %}
