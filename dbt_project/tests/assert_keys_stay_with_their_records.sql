{{ config(severity="warn", meta={"dimension": "consistency"}) }}
-- A later file's row replaces the earlier one of the same key. Where it is of another month and of
-- another kind at once, it is hardly the same record: a number was given twice, or was rounded, and a
-- record that stood is lost.
{% set feeds = [
    ("police/recorded_crime", "crime_ref", "recorded_date", normal_offence_code("offence_code")),
    ("police/incident", "incident_no", "created_at", "category"),
    ("hate/report", "report_id", "reported_date", "source"),
    ("marac/hearing", "case_id", "hearing_date", "victim_id"),
    ("fire/incident", "incident_no", "call_at", "incident_class"),
    ("council/asb_report", "report_id", "received_date", "category"),
    ("youth/disposal", "disposal_id", "disposal_date", "tier"),
] -%}
with sent as (
    {% for feed, key, date, kind in feeds -%}
    select
        '{{ feed }}' as feed,
        {{ key }} as record_key,
        date_trunc('month', {{ date }}) as month,
        {{ kind }} as kind,
        _file_id as file_id,
        _line_number as line_number
    from {{ source("raw", feed | replace("/", "__")) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

in_order as (
    select
        sent.*,
        lag((sent.month, sent.kind, sent.file_id)) over keyed as earlier,
        row_number() over keyed as sending,
        count(*) over (partition by sent.feed, sent.record_key) as sendings
    from sent
    inner join {{ source("quality", "loaded_file") }} as loaded_file
        on sent.file_id = loaded_file.file_id
    window keyed as (
        partition by sent.feed, sent.record_key
        order by loaded_file.effective_at, loaded_file.file_name, sent.file_id, sent.line_number
    )
)

select
    feed,
    record_key,
    file_id,
    line_number,
    earlier[3] as earlier_file_id
from in_order
where
    sending = sendings
    and sending > 1
    and month != earlier[1]
    and kind != earlier[2]
