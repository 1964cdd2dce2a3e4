-- One row per abolished district code and code that it led to, over however many successions: in how
-- many steps, and whether the old district was at each step the whole of the new one.
with recursive links as (
    select distinct
        old_code,
        new_code,
        count(*) over (partition by new_code) = 1
        and count(*) over (partition by old_code) = 1 as is_whole
    from (select distinct old_code, new_code from {{ ref("stg_reference__successor") }})
    where old_code != new_code
),

led_to as (
    select
        old_code,
        new_code,
        1 as steps,
        is_whole
    from links
    union all
    select
        led_to.old_code,
        links.new_code,
        led_to.steps + 1 as steps,
        led_to.is_whole and links.is_whole as is_whole
    from led_to
    inner join links on led_to.new_code = links.old_code
    -- A home's list may lead in a circle.
    where led_to.steps < 9 and led_to.old_code != links.new_code
)

select
    old_code,
    new_code,
    min(steps) as steps,
    bool_and(is_whole) as is_whole
from led_to
group by old_code, new_code
