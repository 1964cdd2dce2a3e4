{#-
    The rows of a snapshot feed that are in force: of two files for the same snapshot (the same
    edition, vintage, mid-year ...) the one landed later wins, by modification time, then name. The
    key is what its columns mean, not how they are written; a row without one is of no snapshot (the
    contracts reject such a row, unless it was loaded by an earlier one and its file is gone).
-#}
{% macro snapshot_in_force(source_table, feed, key) -%}
    select source.*
    from {{ source("raw", source_table) }} as source
    inner join {{ source("quality", "load_audit") }} as load_audit
        on
            source._file_id = load_audit.file_id
            and load_audit.feed = '{{ feed }}'
            and load_audit.status = 'loaded'
    where true {%- for column in key %} and source.{{ column }} is not null {%- endfor %}
    qualify
        rank() over (
            {% if key -%} partition by source.{{ key | join(", source.") }} {%- endif %}
            order by
                load_audit.landed_at desc, load_audit.file_name desc, load_audit.file_id desc
        ) = 1
{%- endmacro %}
