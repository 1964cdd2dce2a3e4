{#-
    What is built again tonight: the partitions whose content changed.

    Each incremental model keeps, on every row, the fingerprint of the inputs its partition was
    built from. A partition is built again when the fingerprint of its inputs is another than the
    one it holds, whatever happened in between: a late file, a killed run, a corrected lookup.
    dbt's delete+insert then replaces the partition whole.

    The models give their `unique_key` as one text, `"month"` or `"source, month"`: dbt-duckdb then deletes
    `where (source, month) in (select ...)`. A list of columns it turns into a join of every old row of a
    partition with every new one: a correction of 27 months was 16 thousand million pairs (measured 2026-11).

    `inputs` names a CTE or relation with the partition's columns and `fingerprint`.
-#}
{% macro changed_partitions(inputs, partition) -%}
    select inputs.*
    from {{ inputs }} as inputs
    {% if is_incremental() -%}
    where not exists (
        select 1
        from (
            select distinct {{ partition | join(", ") }}, fingerprint
            from {{ this }}
        ) as built
        where
            built.fingerprint = inputs.fingerprint
            {% for column in partition -%}
            and built.{{ column }} = inputs.{{ column }}
            {% endfor -%}
    )
    {%- endif %}
{%- endmacro %}
