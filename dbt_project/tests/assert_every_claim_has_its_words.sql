-- Every aspect and verdict has a sentence in seeds/assessment_wording.csv, and whatever its slots ask for
-- the claim has. A slot that is left shows as {slot}. The figure a commentary quotes stands in the sentence.
select
    aspect,
    verdict,
    section,
    count(*) as claims,
    min(sentence) as example
from {{ ref("assessment_claim") }}
where
    sentence is null or word_rule is null or contains(sentence, '{') or contains(sentence, '  ')
    or not contains(lower(sentence), lower(figure))
group by aspect, verdict, section
