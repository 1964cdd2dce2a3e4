{#-
    The rows of an upsert feed that are in force: of every key its latest row. A later extract's row
    replaces an earlier one's, whole; a row absent from a later extract stays.
-#}
{% macro upsert_in_force(source_table, feed, key) -%}
    select source.*
    from {{ source("raw", source_table) }} as source
    inner join {{ source("quality", "loaded_file") }} as loaded_file
        on source._file_id = loaded_file.file_id and loaded_file.feed = '{{ feed }}'
    qualify
        row_number() over (
            partition by {{ key | join(", ") }}
            order by
                loaded_file.effective_at desc,
                loaded_file.file_name desc,
                loaded_file.file_id desc,
                source._line_number desc
        ) = 1
{%- endmacro %}
