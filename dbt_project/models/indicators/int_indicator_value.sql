{{ config(materialized="view") }}
-- One row per indicator, area and period: what is counted from records, and what surveys estimate.
-- Limits of counts and rates are widened here and not where they are made: every new month moves the
-- dispersion a little, and would build the values of all periods again.
select
    measured.* exclude (fingerprint) replace (
        {% for limit in ["lower_95", "upper_95", "lower_998", "upper_998"] -%}
        {{ widened_limit("measured." ~ limit, "measured.value", "dispersion.dispersion") }} as {{ limit }}
        {{- "," if not loop.last }}
        {% endfor -%}
    ),
    dispersion.dispersion
from {{ ref("int_measured_value") }} as measured
left join {{ ref("indicator_dispersion") }} as dispersion
    on
        measured.indicator_id = dispersion.indicator_id
        and measured.indicator_version = dispersion.indicator_version
        and measured.area_type = dispersion.area_type
union all by name
select *
from {{ ref("int_survey_value") }}
