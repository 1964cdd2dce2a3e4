{#-
    What is built again tonight: the partitions whose inputs changed.

    A model that is built on what it holds keeps, on every row, the fingerprint of the inputs its
    partition was built from. `inputs` is a relation with one row per partition as it is to be: its
    columns and `fingerprint`. Whatever happened in between (a late file, a withdrawn one, a killed
    run, a corrected lookup), the model's pre-hook deletes every partition that is not of these, and
    the model then appends those that it lacks. Worth it where millions of rows accumulate: every other
    model is built whole.
-#}

{% macro delete_changed_partitions(inputs, partition) -%}
    {% if is_incremental() -%}
    delete from {{ this }}
    where ({{ partition }}, fingerprint) not in (select {{ partition }}, fingerprint from {{ inputs }})
    {%- endif %}
{%- endmacro %}

{% macro lacking_partitions(inputs, partition) -%}
    select *
    from {{ inputs }}
    {% if is_incremental() -%}
    where ({{ partition }}) not in (select {{ partition }} from {{ this }})
    {%- endif %}
{%- endmacro %}
