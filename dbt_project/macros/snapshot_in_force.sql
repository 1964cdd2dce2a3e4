{#-
    The rows of a snapshot feed that are in force: of two files for the same snapshot (the same
    edition, vintage, mid-year ...) the one landed later wins, by modification time, then name.
-#}
{% macro snapshot_in_force(source_table, feed, key) -%}
    select source.*
    from {{ source("raw", source_table) }} as source
    inner join {{ source("quality", "load_audit") }} as load_audit
        on
            source._file_id = load_audit.file_id
            and load_audit.feed = '{{ feed }}'
            and load_audit.status = 'loaded'
    qualify
        rank() over (
            {% if key -%} partition by {{ key | join(", ") }} {%- endif %}
            order by
                load_audit.landed_at desc, load_audit.file_name desc, load_audit.file_id desc
        ) = 1
{%- endmacro %}
