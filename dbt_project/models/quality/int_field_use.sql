{{ config(materialized="view") }}
-- One row per monitored field and what reads it: an indicator of the register, which is made of one
-- measure or two, or a published table.
select distinct
    use.feed,
    use.field,
    'indicator' as reader_type,
    register.indicator_id as reader
from {{ ref("field_use") }} as use
inner join {{ ref("measure") }} as measure
    on
        use.used_by = measure.measure_id
        or (use.used_by = '*' and use.feed = measure.feed)
inner join {{ ref("indicator_register") }} as register
    on measure.measure_id in (register.numerator_measure, register.denominator_measure)
union all
select
    feed,
    field,
    'table' as reader_type,
    split_part(used_by, '.', 2) as reader
from {{ ref("field_use") }}
where starts_with(used_by, 'marts.')
