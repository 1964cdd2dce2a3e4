{#-
    Which force makes years of an area not comparable: one that recorded events there in some of them and
    did not send every month of all of them. Its silence would read as a fall, its arrival as a rise.

    `spans` names a relation of indicator_id, indicator_version, area_type, area_code, first_start and
    last_start (first days of the years compared, which end in one month). Gives a row per span that such a force
    breaks, with the force, its events and the year it sent least of. A neighbour's few events along the
    border break nothing: while they are fewer than a tenth of the chance spread of all (the square root
    of their number) they move the test's z by less than that (`stopped_force_spread_share`).
-#}
{% macro forces_that_stopped(spans) -%}
    select
        indicator_id,
        indicator_version,
        area_type,
        area_code,
        first_start,
        last_start,
        arg_max(force_name, (events, force_name)) as force_name,
        arg_max(events, (events, force_name)) as events,
        arg_max(fewest_months, (events, force_name)) as fewest_months,
        arg_max(fewest_in, (events, force_name)) as fewest_in
    from (
        select
            recorded.*,
            sum(recorded.events) over (
                partition by
                    indicator_id, indicator_version, area_type, area_code, first_start, last_start
            ) as all_events,
            sent.fewest_months,
            sent.fewest_in
        from (
            select
                spans.indicator_id,
                spans.indicator_version,
                spans.area_type,
                spans.area_code,
                spans.first_start,
                spans.last_start,
                force_area.force_name,
                sum(force_area.events) as events
            from {{ spans }} as spans
            inner join {{ ref("int_force_area_year") }} as force_area
                on
                    spans.indicator_id = force_area.indicator_id
                    and spans.indicator_version = force_area.indicator_version
                    and spans.area_type = force_area.area_type
                    and spans.area_code = force_area.area_code
                    and force_area.period_start between spans.first_start and spans.last_start
                    and month(force_area.period_start) = month(spans.last_start)
            group by all
        ) as recorded
        inner join (
            select
                spans.first_start,
                spans.last_start,
                force_year.force_name,
                min(force_year.months_received) as fewest_months,
                arg_min(
                    force_year.period_start, (force_year.months_received, force_year.period_start)
                ) as fewest_in
            from (select distinct first_start, last_start from {{ spans }}) as spans
            inner join {{ ref("int_force_year") }} as force_year
                on
                    force_year.period_start between spans.first_start and spans.last_start
                    and month(force_year.period_start) = month(spans.last_start)
            group by all
        ) as sent using (first_start, last_start, force_name)
    )
    where
        fewest_months < 12
        and events >= {{ threshold("stopped_force_spread_share") }} * sqrt(all_events)
    group by indicator_id, indicator_version, area_type, area_code, first_start, last_start
{%- endmacro %}

{#- The sentence for whoever reads the verdict; `stopped` is the alias of the macro above. -#}
{% macro stopped_reason(stopped) -%}
    {{ stopped }}.force_name || ' recorded ' || {{ stopped }}.events
    || ' of the events compared and sent ' || {{ stopped }}.fewest_months || ' of 12 months of '
    || {{ year_label(stopped ~ ".fewest_in") }}
{%- endmacro %}
