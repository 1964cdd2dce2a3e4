-- One row per pair of victim and perpetrator and day they were heard: two hearings on one day are one
-- case. A case is a repeat if the pair's LAST hearing was within twelve calendar months before, the
-- day itself included (NI 32, version 2), wherever that hearing was. Older text counts from the
-- hearing at which the case was INITIALLY heard (version 1): the first of the pair, or the first that
-- was later than twelve months after the one it counts from.
with recursive hearings as (
    select * from {{ ref("stg_marac__hearing") }}
),

cases as (
    select
        victim_id,
        perpetrator_id,
        hearing_date,
        min(referral_date) as referral_date,
        -- Of two rows of one day the one that says more, then the earlier.
        arg_min(referring_agency, struct_pack(file_id, line_number)) as referring_agency,
        bool_or(repeat_flag) as declared_repeat,
        arg_min(district_code, struct_pack(file_id, line_number)) as district_code,
        arg_min(file_id, struct_pack(file_id, line_number)) as file_id,
        arg_min(line_number, struct_pack(file_id, line_number)) as line_number,
        count(*) as hearings
    from hearings
    group by victim_id, perpetrator_id, hearing_date
),

in_order as (
    select
        *,
        row_number() over pair as nth,
        lag(hearing_date) over pair as previous_hearing_date
    from cases
    window pair as (partition by victim_id, perpetrator_id order by hearing_date)
),

since_first as (
    select
        victim_id,
        perpetrator_id,
        nth,
        hearing_date,
        hearing_date as initial_hearing_date
    from in_order
    where nth = 1
    union all
    select
        in_order.victim_id,
        in_order.perpetrator_id,
        in_order.nth,
        in_order.hearing_date,
        case
            when
                in_order.hearing_date
                <= since_first.initial_hearing_date + interval 12 month
                then since_first.initial_hearing_date
            else in_order.hearing_date
        end as initial_hearing_date
    from since_first
    inner join in_order
        on
            since_first.victim_id = in_order.victim_id
            and since_first.perpetrator_id = in_order.perpetrator_id
            and since_first.nth + 1 = in_order.nth
),

judged as (
    select
        in_order.*,
        since_first.initial_hearing_date,
        coalesce(
            in_order.hearing_date <= in_order.previous_hearing_date + interval 12 month, false
        ) as is_repeat,
        in_order.hearing_date > since_first.initial_hearing_date as is_repeat_since_first
    from in_order
    inner join since_first
        on
            in_order.victim_id = since_first.victim_id
            and in_order.perpetrator_id = since_first.perpetrator_id
            and in_order.nth = since_first.nth
)

select
    judged.victim_id,
    judged.perpetrator_id,
    judged.hearing_date,
    date_trunc('month', judged.hearing_date)::date as month,
    judged.referral_date,
    judged.referring_agency,
    judged.hearings,
    judged.previous_hearing_date,
    judged.initial_hearing_date,
    judged.is_repeat,
    judged.is_repeat_since_first,
    judged.declared_repeat,
    -- A blank declaration says nothing, so it disagrees with nothing.
    coalesce(judged.declared_repeat != judged.is_repeat, false) as is_disagreement,
    coalesce(judged.declared_repeat != judged.is_repeat_since_first, false)
        as is_disagreement_since_first,
    district.district_code,
    judged.file_id,
    judged.line_number
from judged
left join {{ ref("br_district_code") }} as district on judged.district_code = district.sent_code
