-- One row per area, offence group and twelve months of police recorded crime as the Home Office
-- and ONS publish it. Rolling years overlap: they are compared, never summed.
with benchmark as (
    select * from {{ ref("stg_reference__recorded_crime_benchmark") }}
),

forces as (
    select distinct police_force_area_code, benchmark_name
    from {{ ref("dim_police_force") }}
    where benchmark_name is not null
)

select
    benchmark.source_table,
    case
        when benchmark.csp_code is not null then 'partnership'
        when benchmark.csp_name is not null then 'unassigned'
        -- Fraud is counted by national bodies, which the table lists among the forces.
        when benchmark.police_force_area_name in ('Action Fraud', 'CIFAS', 'UK Finance')
            then 'fraud_body'
        else 'force'
    end as benchmark_area_type,
    coalesce(
        benchmark.csp_code,
        benchmark.police_force_area_code,
        forces.police_force_area_code,
        benchmark.police_force_area_name
    ) as benchmark_area_code,
    coalesce(benchmark.csp_name, benchmark.police_force_area_name) as benchmark_area_name,
    coalesce(benchmark.police_force_area_code, forces.police_force_area_code)
        as police_force_area_code,
    benchmark.period_start,
    benchmark.period_end,
    benchmark.offence,
    benchmark.offences
from benchmark
left join forces on benchmark.police_force_area_name = forces.benchmark_name
where benchmark.offences is not null
