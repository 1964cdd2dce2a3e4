-- `volume.<feed>.<month>`: a check of each month that is far outside what is expected of one source or more.
-- It blocks unless the month is accepted; accepted it stays a check, so that its waiver is seen to be needed
-- no more.
with sources as (
    select
        *,
        concat_ws('; ', sentence, why_accepted) as told,
        why_accepted is null as failed
    from {{ ref("far_month") }}
),

months as (
    select
        feed,
        check_id,
        count(*) as records,
        count(*) filter (where failed) as failed_records,
        list(told order by source) as all_told,
        list(told order by source) filter (where failed) as failed_told
    from sources
    group by feed, check_id
),

found as (
    select
        feed,
        check_id,
        records,
        failed_records,
        {{ listed("coalesce(failed_told, all_told)", "; ") }} as observed,
        {{ listed("coalesce(failed_told, all_told)", "; ") }}
        || case
            when failed_records > 0
                then
                    '. Ask the partner for a whole extract; if the change is true, waive ' || check_id
                    || ' in waivers.csv'
            else ''
        end as message
    from months
)

{{ check_rows("volume", "within the band that its history gives, or accepted", check_id="check_id") }}
