-- A part is never more than its whole: repeats of cases, custody of convictions, reoffenders of the
-- caseload, a kind of fires of the fires.
with parts (part, whole) as (
    values
        ('marac_repeats', 'marac_cases'),
        ('marac_repeats_since_first', 'marac_cases'),
        ('custodial_sentences', 'court_convictions'),
        ('court_convictions', 'youth_disposals'),
        ('first_time_entrants', 'youth_disposals'),
        ('caseload_reoffenders', 'caseload_offenders'),
        ('deliberate_primary_fires', 'deliberate_fires'),
        ('hate_offences', 'hate_reports'),
        ('violence_domestic', 'violence_against_the_person'),
        ('violence_against_the_person', 'all_crime'),
        ('serious_acquisitive_crime', 'all_crime')
)

select
    part.measure_id,
    part.area_type,
    part.area_code,
    part.month,
    part.numerator,
    whole.numerator as whole_numerator
from parts
inner join {{ ref("measure_area_month") }} as part on parts.part = part.measure_id
inner join {{ ref("measure_area_month") }} as whole
    on
        parts.whole = whole.measure_id
        and part.area_type = whole.area_type
        and part.area_code = whole.area_code
        and part.month = whole.month
where part.numerator > whole.numerator
