{#-
    The recent trend of public health's Fingertips: does a straight line through five years rise or
    fall beyond chance, whichever one of the years is left out?

    `points` names a relation with one row per year of each series: series_id, year_number (whole
    years), is_proportion, value, lower_95, upper_95, numerator, denominator. Every series has its
    five points, nothing missing.

    Rates: regression weighted by the inverse squared standard error, which is the width of the
    95 % limits over twice 1.96; chi-square is slope squared over its variance. Proportions:
    chi-square for linear trend (Cochran 1954, Armitage 1955), the slope that of the shares. The
    threshold is the 99.8 % point of chi-square with one degree of freedom.
    Public Health England, Fingertips technical guidance: recent trends (2018).
-#}
{% macro trend_threshold() -%}
    9.549535706083241e0
{%- endmacro %}

{% macro recent_trend(points) -%}
    select
        series_id,
        chi_square,
        slope,
        case
            when not is_defined then 'cannot be calculated'
            when coalesce(chi_square, 0) <= {{ trend_threshold() }} then 'no significant change'
            when not one_sign then 'no significant change'
            when slope > 0 then 'increasing'
            else 'decreasing'
        end as direction,
        case
            when not is_defined then 'too few records for a chi-square: an expected number is below five'
            when coalesce(chi_square, 0) <= {{ trend_threshold() }}
                then 'chi-square for trend is at or below 9.5495 (99.8 %)'
            when not one_sign then 'the direction depends on a single year'
            else 'chi-square for trend is above 9.5495 (99.8 %), whichever year is left out'
        end as reason
    from (
        select
            series_id,
            slope,
            power(slope, 2) * (wxx - wx * wx / w)
            -- Of proportions the weights are the records, and the variance is the pooled one.
            / case when is_proportion then nullif(pooled * (1 - pooled), 0) else 1 end
                as chi_square,
            not is_proportion or min_denominator * least(pooled, 1 - pooled) >= 5 as is_defined,
            -- Left out in turn, each year leaves a line of the same direction.
            list_bool_and(
                list_transform(
                    years,
                    lambda p: sign(
                        (
                            (w - p.w) * (wxy - p.w * p.x * p.y)
                            - (wx - p.w * p.x) * (wy - p.w * p.y)
                        ) / nullif(
                            (w - p.w) * (wxx - p.w * p.x * p.x)
                            - (wx - p.w * p.x) * (wx - p.w * p.x),
                            0
                        )
                    ) = sign(slope)
                )
            ) as one_sign
        from (
            select
                sums.*,
                (w * wxy - wx * wy) / nullif(w * wxx - wx * wx, 0) as slope
            from (
                select
                    series_id,
                    is_proportion,
                    years,
                    list_sum(list_transform(years, lambda p: p.w)) as w,
                    list_sum(list_transform(years, lambda p: p.w * p.x)) as wx,
                    list_sum(list_transform(years, lambda p: p.w * p.y)) as wy,
                    list_sum(list_transform(years, lambda p: p.w * p.x * p.x)) as wxx,
                    list_sum(list_transform(years, lambda p: p.w * p.x * p.y)) as wxy,
                    list_sum(list_transform(years, lambda p: p.events))
                    / nullif(list_sum(list_transform(years, lambda p: p.trials)), 0) as pooled,
                    list_min(list_transform(years, lambda p: p.trials)) as min_denominator
                from (
                    -- In the order of the years: in that of two threads the last digit of a sum would
                    -- differ from run to run.
                    select
                        series_id,
                        any_value(is_proportion) as is_proportion,
                        list(
                            struct_pack(
                                x := x,
                                y := y,
                                w := point_w,
                                events := events,
                                trials := trials
                            ) order by x
                        ) as years
                    from (
                        select
                            series_id,
                            is_proportion,
                            -- Small year numbers: squares of 2020 would cost half the digits.
                            (year_number - min(year_number) over (partition by series_id))::double
                                as x,
                            case
                                when is_proportion then numerator * 1e0 / denominator else value
                            end as y,
                            case
                                when is_proportion then denominator * 1e0
                                else
                                    power(
                                        2e0 * {{ z_score("95") }} / nullif(upper_95 - lower_95, 0),
                                        2
                                    )
                            end as point_w,
                            numerator * 1e0 as events,
                            denominator * 1e0 as trials
                        from {{ points }}
                    ) as weighted
                    group by series_id
                ) as collected
            ) as sums
        ) as lines
    ) as trends
{%- endmacro %}
