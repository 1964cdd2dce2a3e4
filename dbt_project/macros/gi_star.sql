{#-
    Getis-Ord Gi* with binary weights, the area itself included (Ord and Getis 1995).

    `areas` names a relation group_id, area_code, x (the value; every area of the study region once
    per group); `neighbours` one of area_code, neighbour_code. Gives group_id, area_code, gi_star_z;
    NULL where every area has the same value. Sums are taken in the order of the values: in the order
    of two threads they would differ from run to run in their last digit.
-#}
{% macro gi_star(areas, neighbours) -%}
    select
        local_sums.group_id,
        local_sums.area_code,
        (local_sums.local_x - whole.mean_x * local_sums.weight)
        / nullif(
            whole.deviation_x * sqrt(
                (
                    whole.n * local_sums.weight
                    - local_sums.weight * local_sums.weight
                ) * 1e0 / nullif(whole.n - 1, 0)
            ),
            0
        ) as gi_star_z
    from (
        select
            areas.group_id,
            areas.area_code,
            areas.x + coalesce(list_sum(list(near.x order by near.x)), 0) as local_x,
            1 + count(near.x) as weight
        from {{ areas }} as areas
        left join {{ neighbours }} as neighbours on areas.area_code = neighbours.area_code
        left join {{ areas }} as near
            on
                areas.group_id = near.group_id
                and neighbours.neighbour_code = near.area_code
        group by areas.group_id, areas.area_code, areas.x
    ) as local_sums
    inner join (
        select
            group_id,
            count(x) as n,
            list_avg(list(x order by x)) as mean_x,
            list_stddev_pop(list(x order by x)) as deviation_x
        from {{ areas }}
        group by group_id
    ) as whole on local_sums.group_id = whole.group_id
{%- endmacro %}
