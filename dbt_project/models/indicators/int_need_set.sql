-- One row per set of one to three of the eight needs, and need in it: 92 sets, named by their needs in
-- alphabetical order. All of them are looked at, since a tree that splits by one need at a time misses
-- needs that matter only together.
with needs as (
    select unnest([
        'accommodation', 'alcohol', 'attitudes', 'drugs', 'education', 'lifestyles',
        'relationships', 'thinking'
    ]) as need
),

sets as (
    select [need] as members
    from needs
    union all
    select [one.need, two.need] as members
    from needs as one
    inner join needs as two on one.need < two.need
    union all
    select [one.need, two.need, three.need] as members
    from needs as one
    inner join needs as two on one.need < two.need
    inner join needs as three on two.need < three.need
)

select
    array_to_string(members, '+') as needs,
    len(members) as size,
    unnest(members) as need
from sets
