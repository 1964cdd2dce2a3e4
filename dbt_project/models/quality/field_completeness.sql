-- One row per feed, month and monitored field: how many of the rows in force are in each bucket. A feed
-- joins by a line at the end.
{{ field_completeness("police", "street_crime") }}
union all
{{ field_completeness("police", "recorded_crime") }}
union all
{{ field_completeness("police", "incident") }}
union all
{{ field_completeness("hate", "report") }}
union all
{{ field_completeness("marac", "hearing") }}
union all
{{ field_completeness("fire", "incident") }}
union all
{{ field_completeness("council", "asb_report") }}
union all
{{ field_completeness("probation", "caseload") }}
union all
{{ field_completeness("youth", "disposal") }}
