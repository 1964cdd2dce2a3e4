{#-
    The rows of a snapshot feed that are in force: of two files for the same snapshot (the same
    edition, vintage, mid-year ...) the later one wins, by effective_at, then name. The key is what its
    columns mean, not how they are written; a row without one is of no snapshot (the contracts reject
    such a row, unless it was loaded by an earlier one and its file is gone).
-#}
{% macro snapshot_in_force(source_table, feed, key) -%}
    select source.*
    from {{ source("raw", source_table) }} as source
    inner join {{ source("quality", "loaded_file") }} as loaded_file
        on source._file_id = loaded_file.file_id and loaded_file.feed = '{{ feed }}'
    where true {%- for column in key %} and source.{{ column }} is not null {%- endfor %}
    qualify
        rank() over (
            {% if key -%} partition by source.{{ key | join(", source.") }} {%- endif %}
            order by
                loaded_file.effective_at desc, loaded_file.file_name desc, loaded_file.file_id desc
        ) = 1
{%- endmacro %}
