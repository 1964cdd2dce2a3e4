{#-
    The rows of an upsert feed that are in force: of every key its latest row. A later extract's row
    replaces an earlier one's, whole; a row absent from a later extract stays.
-#}
{% macro upsert_in_force(source_table, feed, key) -%}
    select source.*
    from {{ source("raw", source_table) }} as source
    inner join {{ source("quality", "load_audit") }} as load_audit
        on
            source._file_id = load_audit.file_id
            and load_audit.feed = '{{ feed }}'
            and load_audit.status = 'loaded'
    qualify
        row_number() over (
            partition by {{ key | join(", ") }}
            order by
                load_audit.landed_at desc,
                load_audit.file_name desc,
                load_audit.file_id desc,
                source._line_number desc
        ) = 1
{%- endmacro %}
