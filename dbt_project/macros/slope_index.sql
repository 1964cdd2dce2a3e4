{#-
    Slope and relative index of inequality over classes of people ordered by deprivation.

    `classes` names a relation group_id, class_number (1 the most deprived), population, value (a rate)
    and standard_error. A straight line is fitted to the values by least squares, weighted by
    population, on the ridit scale: each class stands at the middle of its people, all ranked from
    the most deprived (0) to the least (1). Gives per group the line's value at the two ends, their
    difference (slope index: the most deprived less the least) and ratio (relative index), as
    PHEindicatormethods' phe_sii with a multiplier below zero.

    Both ends are sums of the classes' values with fixed coefficients. Their variances, and so the
    limits, follow from the standard errors: normal for the difference, Fieller's (1954) for the
    ratio. phe_sii draws the values at random a hundred thousand times for the same limits. No ratio
    where the line is not above zero at both ends; no limits of it where the least deprived end is not
    told from zero.

    Sums are taken in the order of the classes: in that of two threads their last digit would differ.
-#}
{% macro slope_index(classes) -%}
    {%- set z = z_score("95") -%}
    select
        group_id,
        most_deprived,
        least_deprived,
        most_deprived - least_deprived as slope_index,
        most_deprived - least_deprived - {{ z }} * deviation as slope_lower_95,
        most_deprived - least_deprived + {{ z }} * deviation as slope_upper_95,
        case when has_ratio then most_deprived / least_deprived end as relative_index,
        case
            when has_ratio and bound > 0
                then greatest(0e0, (middle - sqrt(greatest(0e0, inside))) / bound)
        end as relative_lower_95,
        case
            when has_ratio and bound > 0 then (middle + sqrt(greatest(0e0, inside))) / bound
        end as relative_upper_95
    from (
        select
            *,
            sqrt(greatest(0e0, most_variance + least_variance - 2 * covariance)) as deviation,
            most_deprived > 0 and least_deprived > 0 as has_ratio,
            most_deprived * least_deprived - {{ z }} * {{ z }} * covariance as middle,
            power(least_deprived, 2) - {{ z }} * {{ z }} * least_variance as bound,
            power(most_deprived * least_deprived - {{ z }} * {{ z }} * covariance, 2)
            - (power(most_deprived, 2) - {{ z }} * {{ z }} * most_variance)
            * (power(least_deprived, 2) - {{ z }} * {{ z }} * least_variance) as inside
        from (
            select
                group_id,
                list_sum(list_transform(parts, lambda p: p.most * p.value)) as most_deprived,
                list_sum(list_transform(parts, lambda p: p.least * p.value)) as least_deprived,
                list_sum(list_transform(parts, lambda p: p.most * p.most * p.variance))
                    as most_variance,
                list_sum(list_transform(parts, lambda p: p.least * p.least * p.variance))
                    as least_variance,
                list_sum(list_transform(parts, lambda p: p.most * p.least * p.variance))
                    as covariance
            from (
                select
                    group_id,
                    list_transform(
                        classes,
                        lambda p: struct_pack(
                            most := p.share - p.share * p.ridit / (2 * spread),
                            least := p.share + p.share * p.ridit / (2 * spread),
                            value := p.value,
                            variance := p.variance
                        )
                    ) as parts
                from (
                    select
                        group_id,
                        classes,
                        nullif(
                            list_sum(
                                list_transform(classes, lambda p: p.share * p.ridit * p.ridit)
                            ),
                            0
                        ) as spread
                    from (
                        select
                            group_id,
                            list(
                                struct_pack(
                                    share := share,
                                    ridit := ridit,
                                    value := value,
                                    variance := power(standard_error, 2)
                                ) order by class_number
                            ) as classes
                        from (
                            select
                                group_id,
                                class_number,
                                value,
                                standard_error,
                                population * 1e0 / sum(population) over (partition by group_id)
                                    as share,
                                -- From the middle of all: the weighted mean is then zero.
                                (
                                    sum(population) over (
                                        partition by group_id order by class_number
                                    ) - population / 2e0
                                ) / sum(population) over (partition by group_id) - 0.5e0 as ridit
                            from {{ classes }}
                        ) as ranked
                        group by group_id
                    ) as collected
                ) as spreads
            ) as weighed
        ) as ends
    ) as varied
{%- endmacro %}
