-- One row per published table, area, offence group and twelve months of police recorded crime.
with source as (
    {{ snapshot_in_force(
        "reference__recorded_crime_benchmark",
        "reference/recorded_crime_benchmark",
        ["source_table", "period_end"]
    ) }}
),

force_years as (
    select
        source_table,
        period_end,
        force_code,
        force_name,
        null as csp_code,
        null as csp_name,
        null as district_code,
        offence,
        offence_count
    from source
    where source_table = 'force_rolling_year'
),

partnership_years as (
    select
        source_table,
        period_end,
        force_code,
        force_name,
        partnership_code as csp_code,
        partnership_name as csp_name,
        district_code,
        offences,
        unnest(json_keys(offences)) as offence
    from source
    where source_table = 'partnership_year'
),

every_year as (
    select * from force_years
    union all
    select
        * exclude (offences),
        {{ number_from_text("json_extract_string(offences, '$.\"' || offence || '\"')", "bigint") }}
            as offence_count
    from partnership_years
),

renamed as (
    select
        source_table,
        (period_end - interval 1 year + interval 1 day)::date as period_start,
        period_end,
        trim(force_code) as police_force_area_code,
        trim(force_name) as police_force_area_name,
        csp_code,
        trim(csp_name) as csp_name,
        district_code,
        offence,
        offence_count as offences
    from every_year
)

select * from renamed
