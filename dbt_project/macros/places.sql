{#- What places are called, and what of them adds up. -#}

{#- The district that an LSOA's name begins with: `Blaby` of `Blaby 001A`. -#}
{% macro named_after(lsoa_name) -%}
    regexp_replace({{ lsoa_name }}, ' [0-9]{3}[A-Z]$', '')
{%- endmacro %}

{#- The kind of area that a code of the ONS is of, by its first three characters. -#}
{% macro area_type_of_code(code) -%}
    case
        when left({{ code }}, 3) in ('E06', 'E07', 'E08', 'E09', 'W06') then 'district'
        when left({{ code }}, 3) in ('E10', 'E11') then 'county'
        when left({{ code }}, 3) = 'E12' then 'region'
        when left({{ code }}, 3) in ('E92', 'W92') then 'country'
        when left({{ code }}, 3) in ('E23', 'W15') then 'force'
        else 'other'
    end
{%- endmacro %}

{#-
    The code of the area that an estimate is of: of a district that was abolished the one that took its
    place, if it is the same place; an estimate of a part is none of the whole.
-#}
{% macro area_code_in_force(area_code) -%}
    coalesce(
        (
            select same_place.district_code
            from {{ ref("br_district_code") }} as same_place
            where same_place.sent_code = {{ area_code }} and same_place.is_whole
        ),
        {{ area_code }}
    )
{%- endmacro %}

{#-
    One row per district of this home that `published` has no figure of, and key: the sum over the
    districts it took the place of, where all of them are there, each itself or within a later one.

    `published` names a CTE of area_code, the keys (the first is mid_year) and the value.
-#}
{% macro summed_from_predecessors(published, keys, value) -%}
    with held as (
        select
            succession.new_code as district_code,
            published.*
        from {{ ref("int_district_succession") }} as succession
        inner join {{ published }} as published on succession.old_code = published.area_code
        anti join {{ published }} as own
            on succession.new_code = own.area_code and published.mid_year = own.mid_year
        where succession.new_code in (select district_code from {{ ref("dim_district") }})
    ),

    -- What is within another that is held would count twice.
    parts as (
        select held.*
        from held
        where
            not exists (
                select 1
                from {{ ref("int_district_succession") }} as within
                inner join held as wider on within.new_code = wider.area_code
                where
                    within.old_code = held.area_code
                    and wider.district_code = held.district_code
                    and wider.mid_year = held.mid_year
            )
    ),

    first_districts as (
        select
            new_code as district_code,
            old_code as first_code,
            count(*) over (partition by new_code) as first_codes
        from {{ ref("int_district_succession") }}
        where old_code not in (select new_code from {{ ref("int_district_succession") }})
    ),

    whole as (
        select
            parts.district_code,
            parts.mid_year
        from first_districts
        inner join (select distinct district_code, area_code, mid_year from parts) as parts
            on first_districts.district_code = parts.district_code
        left join {{ ref("int_district_succession") }} as within
            on
                first_districts.first_code = within.old_code
                and parts.area_code = within.new_code
        where first_districts.first_code = parts.area_code or within.new_code is not null
        group by parts.district_code, parts.mid_year, first_districts.first_codes
        having count(distinct first_districts.first_code) = first_districts.first_codes
    )

    select
        parts.district_code,
        {%- for key in keys %}
        parts.{{ key }},
        {%- endfor %}
        sum(parts.{{ value }})::bigint as {{ value }}
    from parts
    inner join whole on parts.district_code = whole.district_code and parts.mid_year = whole.mid_year
    group by all
{%- endmacro %}

{#- The keys of csp.yml that name the districts of the roles of a group of rows. -#}
{% macro setting_keys(role) -%}
    string_agg(
        distinct case {{ role }}
            when 'focus' then 'focus_areas'
            when 'county_district' then 'county.districts'
            when 'most_similar' then 'most_similar_group'
        end,
        ' and '
    )
{%- endmacro %}
