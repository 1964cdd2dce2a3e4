-- One row per feed, source within it, month, district and file: how many of the rows in force the file
-- gave. What a figure came from, and how much each month brought.
{{ feed_month_file("police", "street_crime") }}
union all
{{ feed_month_file("police", "recorded_crime") }}
union all
{{ feed_month_file("police", "incident") }}
union all
{{ feed_month_file("hate", "report") }}
union all
{{ feed_month_file("marac", "hearing") }}
union all
{{ feed_month_file("fire", "incident") }}
union all
{{ feed_month_file("council", "asb_report") }}
union all
{{ feed_month_file("probation", "caseload") }}
union all
{{ feed_month_file("youth", "disposal") }}
