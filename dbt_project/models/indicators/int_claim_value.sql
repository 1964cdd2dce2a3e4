-- One row per thing that can be said of a subject, an area and a year, whoever says it: what it is worth,
-- what it rests on, and the verdict of the mart it is read from. The assessment's own claims and the
-- figures of other people's documents are both evaluated here. A subject is an indicator or
-- `<table>.<field>`, with a category where there are several.
with shape as (
    select
        null::varchar as indicator_id,
        null::integer as indicator_version,
        null::varchar as category,
        null::varchar as category_name,
        null::varchar as aspect,
        null::varchar as area_type,
        null::varchar as area_code,
        null::varchar as period_label,
        null::varchar as comparator_type,
        null::varchar as comparator_code,
        null::varchar as comparator_name,
        null::varchar as unit,
        null::double as value,
        null::double as previous_value,
        null::double as comparator_value,
        null::bigint as numerator,
        null::bigint as previous_numerator,
        null::bigint as denominator,
        null::bigint as previous_denominator,
        null::bigint as unknown,
        null::bigint as other_denominator,
        null::double as lower_95,
        null::double as upper_95,
        null::double as lowest_possible,
        null::double as highest_possible,
        null::double as p_value,
        null::varchar as test,
        null::varchar as verdict,
        null::varchar as judgement,
        null::varchar as reason,
        null::varchar as names,
        null::varchar as made_of,
        null::bigint as ordering,
        null::integer as months_received,
        null::varchar as source_table
    where false
),

everything as (
    select * from shape
    {% for part in [
        "int_claim_indicator", "int_claim_place", "int_claim_account", "int_claim_subject",
    ] -%}
    union all by name
    select * from {{ ref(part) }}
    {% endfor %}
)

select
    * replace (
        numerator::bigint as numerator,
        denominator::bigint as denominator,
        months_received::integer as months_received
    ),
    concat_ws('.', indicator_id, category) as subject,
    concat_ws(
        '; ',
        indicator_id,
        category,
        area_type || ' ' || area_code,
        period_label,
        nullif(concat_ws(' ', comparator_type, comparator_code), '')
    ) as source_key
from everything
