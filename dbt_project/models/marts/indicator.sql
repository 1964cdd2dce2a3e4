{{ config(meta={"published": true, "public": "all", "counts": "nothing"}) }}
-- One row per indicator version: what it counts, over what, and how to read it.
select
    indicator_id,
    indicator_version,
    name,
    topic,
    kind,
    unit,
    multiplier,
    polarity,
    polarity_between_areas,
    numerator_definition,
    denominator_definition,
    feeds,
    national_indicator,
    valid_from,
    valid_to
from {{ ref("indicator_register") }}
