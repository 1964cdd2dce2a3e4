"""That a number without a source, and a sentence that is not its claim's, are found."""

import pytest

from assessment.proof import faults

CLAIMS = {"a.b": "Crime in A & B fell by 7.0 %."}
SOUND = (
    "<!doctype html><html><head><meta charset='utf-8'><style>p{margin:1px}</style></head><body>"
    "<h1>Crime<br>and more</h1>"
    '<p>Said: <a data-claim="a.b">Crime in A &amp; B fell by 7.0 %.</a></p>'
    '<table data-source="mart"><tr><td>12</td></tr></table><p>No figure.</p></body></html>'
)


def test_a_page_whose_numbers_have_sources_is_sound() -> None:
    assert faults(SOUND, CLAIMS) == []


@pytest.mark.parametrize(
    ("was", "became", "found"),
    [
        ("No figure.", "About 12 events.", "no source"),
        ("and more", "of 2011", "no source"),
        ('data-source="mart"', "", "no source"),
        ("by 7.0 %", "by 8.0 %", "not the claim's words"),
        ("fell", "rose", "not the claim's words"),
        ('data-claim="a.b"', 'data-claim="a.c"', "no such claim"),
        ('data-claim="a.b"', "", "no source"),
    ],
)
def test_a_number_of_nobody_is_found(was: str, became: str, found: str) -> None:
    assert was in SOUND
    assert [fault.split(":")[0] for fault in faults(SOUND.replace(was, became), CLAIMS)] == [found]
