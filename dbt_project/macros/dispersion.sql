{#-
    How much more the counts of months vary than by chance alone, net of area and season.

    `cells` names a relation group_id, area_year (one area in one complete year), month (its calendar
    month) and events, a row for each of the twelve months, zero or not. Expected is row total x
    column total / total; dispersion is Pearson's chi-square over the cells that expect enough, per
    degree of freedom, and never under 1 (quasi-Poisson: Wedderburn 1974; McCullagh and Nelder 1989).
    Area-years of few events are left out: their cells expect too little.
    Gives group_id, dispersion, area_years, events, degrees_of_freedom, one row per group that has an
    area-year left. Summed as decimals: in the order of two threads the last digit of a floating sum
    would differ from run to run.
-#}
{% macro pearson_dispersion(cells) -%}
    with row_totals as (
        select
            group_id,
            area_year,
            sum(events)::double as row_events
        from {{ cells }}
        group by group_id, area_year
        having sum(events) >= {{ threshold("dispersion_least_events") }}
    ),

    kept as (
        select
            cells.group_id,
            cells.month,
            cells.events,
            row_totals.row_events
        from {{ cells }} as cells
        inner join row_totals
            on cells.group_id = row_totals.group_id and cells.area_year = row_totals.area_year
    ),

    column_totals as (
        select
            group_id,
            month,
            sum(events)::double as column_events
        from kept
        group by group_id, month
    ),

    totals as (
        select
            group_id,
            count(*) as area_years,
            sum(row_events) as total_events
        from row_totals
        group by group_id
    ),

    expectations as (
        select
            kept.group_id,
            kept.events,
            kept.row_events * column_totals.column_events / totals.total_events as expected
        from kept
        inner join column_totals
            on kept.group_id = column_totals.group_id and kept.month = column_totals.month
        inner join totals on kept.group_id = totals.group_id
    ),

    chi_squares as (
        select
            group_id,
            sum(((events - expected) * (events - expected) / expected)::decimal(38, 15))::double
                as chi_square
        from expectations
        where expected >= {{ threshold("dispersion_least_expected") }}
        group by group_id
    )

    select
        totals.group_id,
        totals.area_years,
        totals.total_events::bigint as events,
        -- Twelve months: eleven are free in each area-year but the last.
        (totals.area_years - 1) * 11 as degrees_of_freedom,
        case
            when totals.area_years >= {{ threshold("dispersion_least_area_years") }}
                then
                    greatest(
                        coalesce(chi_squares.chi_square / ((totals.area_years - 1) * 11), 1e0), 1e0
                    )
            else 1e0
        end as dispersion
    from totals
    left join chi_squares on totals.group_id = chi_squares.group_id
{%- endmacro %}
