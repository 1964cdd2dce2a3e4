{{ config(meta={"published": true, "public": "none", "counts": "events and people"}) }}
-- One row per figure of a published assessment: what it states beside what the warehouse gives, and what
-- became of it.
select
    figure_id,
    statement,
    area_code,
    area_name,
    period_label,
    indicator_id,
    aspect,
    stated_value,
    stated_number,
    recomputed_value,
    recomputed_number,
    recomputed_area_name,
    verdict,
    found_by,
    explanation
from {{ ref("int_judged_figure") }}
