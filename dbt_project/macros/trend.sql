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
            any_value(is_defined) as is_defined,
            any_value(chi_square) as chi_square,
            any_value(slope) as slope,
            -- Left out in turn, each year leaves a line of the same direction.
            bool_and(sign(left_out) = sign(slope)) as one_sign
        from (
            select
                series_id,
                -- slope of all five, and of the four without this year
                (w * wxy - wx * wy) / nullif(w * wxx - wx * wx, 0) as slope,
                (
                    (w - point_w) * (wxy - point_w * x * y)
                    - (wx - point_w * x) * (wy - point_w * y)
                ) / nullif(
                    (w - point_w) * (wxx - point_w * x * x)
                    - (wx - point_w * x) * (wx - point_w * x),
                    0
                ) as left_out,
                power((w * wxy - wx * wy) / nullif(w * wxx - wx * wx, 0), 2)
                * (wxx - wx * wx / w)
                -- Of proportions the weights are the records, and the variance is the pooled one.
                / case when is_proportion then nullif(pooled * (1 - pooled), 0) else 1 end
                    as chi_square,
                not is_proportion
                or min_denominator * least(pooled, 1 - pooled) >= 5 as is_defined
            from (
                select
                    weighted.*,
                    sum(point_w) over series as w,
                    sum(point_w * x) over series as wx,
                    sum(point_w * y) over series as wy,
                    sum(point_w * x * x) over series as wxx,
                    sum(point_w * x * y) over series as wxy,
                    sum(events) over series / nullif(sum(trials) over series, 0) as pooled,
                    min(trials) over series as min_denominator
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
                                    2e0 * {{ z_score("95") }} / nullif(upper_95 - lower_95, 0), 2
                                )
                        end as point_w,
                        numerator * 1e0 as events,
                        denominator * 1e0 as trials
                    from {{ points }}
                ) as weighted
                -- In the order of the years: in that of two threads the last digit would
                -- differ from run to run.
                window
                    series as (
                        partition by series_id
                        order by x
                        rows between unbounded preceding and unbounded following
                    )
            ) as sums
        ) as lines
        group by series_id
    ) as trends
{%- endmacro %}
