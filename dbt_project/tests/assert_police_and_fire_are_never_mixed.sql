-- No indicator divides or counts across partners that count different things: the measures of its
-- numerator and denominator come from one feed. Arson of the police is never added to fires.
select
    register.indicator_id,
    numerators.feed as numerator_feed,
    denominators.feed as denominator_feed
from {{ ref("indicator_register") }} as register
inner join {{ ref("measure") }} as numerators on register.numerator_measure = numerators.measure_id
inner join {{ ref("measure") }} as denominators on register.denominator_measure = denominators.measure_id
where numerators.feed != denominators.feed
