-- One row per feed and month: where the rows in force could be placed. A feed joins by a line at the end.
{{ feed_place("police", "street_crime") }}
union all
{{ feed_place("police", "recorded_crime") }}
union all
{{ feed_place("police", "incident") }}
union all
{{ feed_place("hate", "report") }}
union all
{{ feed_place("marac", "hearing", has_lsoa=false) }}
union all
{{ feed_place("fire", "incident") }}
union all
{{ feed_place("council", "asb_report") }}
union all
{{ feed_place("probation", "caseload") }}
union all
{{ feed_place("youth", "disposal", has_lsoa=false) }}
