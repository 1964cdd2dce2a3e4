{#- A feed's monitored rows: what its completeness, its places and its lineage are counted of. -#}

{#- The view that has them: for `ref`. -#}
{% macro rows_of(feed) -%}
int_{{ feed | replace("/", "__") }}_row
{%- endmacro %}

{#-
    A feed's monitored rows, from its fact: when and where each was, the line that said it, and the bucket of
    each monitored field, a column `<field>_bucket`. The key is a pseudonym; no value of the record is here.
-#}
{% macro monitored_rows(feed) -%}
{%- for declared in var("feeds") if declared.feed == feed -%}
select
    {{ declared.source or "'" ~ feed.split("/")[0] ~ "'" }} as source,
    month,
    file_id,
    line_number,
    {{ declared.record_key or "null::varchar" }} as record_key,
    {{ "geography_lsoa_code," if declared.get("has_lsoa", true) }}
    district_code,
    columns('.*_bucket$')
from {{ ref(declared.fact) }}
{%- endfor -%}
{%- endmacro %}
