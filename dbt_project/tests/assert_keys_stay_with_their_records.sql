{{ config(severity="warn", meta={"dimension": "consistency"}) }}
-- A later file's row replaces the earlier one of the same key. Where it is of another month and of
-- another kind at once, it is hardly the same record: a number was given twice, or was rounded, and a
-- record that stood is lost.
{% set kinds = {"offence_code": normal_offence_code("offence_code")} -%}
with sent as (
    {% for feed in var("feeds") if feed.kind -%}
    {%- set extract = source("raw", feed.feed | replace("/", "__")) -%}
    {%- set kind = kinds.get(feed.kind, feed.kind) -%}
    {{ "union all" if not loop.first }}
    select
        '{{ feed.feed }}' as feed,
        {{ feed.record_key }} as record_key,
        date_trunc('month', {{ feed.date }}) as month,
        {{ kind }} as kind,
        _file_id as file_id,
        _line_number as line_number
    from {{ extract }}
    -- Dates, which take most of the time, are read of the keys alone that came with several kinds.
    where
        {{ feed.record_key }} in (
            select {{ feed.record_key }}
            from {{ extract }}
            group by {{ feed.record_key }}
            having min({{ kind }}) != max({{ kind }})
        )
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
