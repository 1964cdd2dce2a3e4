"""Each wrong setting is named, with its line and the mend."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import UsageError
from warehouse.home import CSP_YML, Home
from warehouse.settings import Settings, load_settings, parse_settings


def said(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_settings(text)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("geography:", "geografy:", "line 19, geografy: there is no such setting; write geography"),
        ("geography: lsoa_2011", "", "geography: this setting is missing; add it"),
        (
            "geography: lsoa_2011",
            "geography: lsoa_2020",
            "line 19, geography: 'lsoa_2020' is not known; write lsoa_2011 or lsoa_2021",
        ),
        (
            "focus_areas: [E07000129]",
            "focus_areas: [E0700012]",
            "line 7, focus_areas.0: 'E0700012' is not the code of a district of England or Wales; "
            "write one such as E07000129",
        ),
        (
            "focus_areas: [E07000129]",
            "focus_areas: [E07000999]",
            "focus_areas: E07000999 is not among county.districts; add it there",
        ),
        (
            "focus_areas: [E07000129]",
            "focus_areas: E07000129",
            "focus_areas: 'E07000129' will not do; write a list",
        ),
        ("focus_areas: [E07000129]", "focus_areas: []", "focus_areas: this is empty"),
        (
            "most_similar_group: []",
            "most_similar_group: [E07000026, E07000026]",
            "most_similar_group: E07000026 is listed twice",
        ),
        (
            "most_similar_group: []",
            "most_similar_group: {E07000129: [E07000026, E07000026]}",
            "line 16, most_similar_group.E07000129: E07000026 is listed twice",
        ),
        (
            "most_similar_group: []",
            "most_similar_group: {E0700012: [E07000026]}",
            "line 16, most_similar_group.E0700012: 'E0700012' is not the code of a district",
        ),
        (
            "most_similar_group: []",
            "most_similar_group: {E07000129: E07000026}",
            "line 16, most_similar_group.E07000129: 'E07000026' will not do; write a list such as",
        ),
        (
            "most_similar_group: []",
            "most_similar_group: {E07000026: [E07000129]}",
            "most_similar_group: E07000026 is not among focus_areas; a group is that of one of",
        ),
        ("most_similar_group: []", "most_similar_group: 3", "most_similar_group: 3 will not do"),
        ("  code: E10000018", "  kode: E10000018", "county.kode: there is no such setting"),
        ("# threads: 2", "threads: two #", "line 25, threads: 'two' will not do; write a whole"),
        ("# threads: 2", "threads: 0 #", "threads: 0 will not do; write a number of at least 1"),
        ("# memory_limit: 1400MB", "memory_limit: 30% #", "write an amount of memory such as"),
        (
            "# threads: 2",
            "threads: 257 #",
            "write a number of at most 256",
        ),
        (
            "# memory_limit: 1400MB",
            "memory_limit: 0MB #",
            "line 24, memory_limit: '0MB' is too little for a run; write at least 256MB",
        ),
        ("# memory_limit: 1400MB", "memory_limit: 255.9MB #", "write at least 256MB"),
        ("# memory_limit: 1400MB", "memory_limit: 0.2 GiB #", "write at least 256MB"),
        (
            "# memory_limit: 1400MB",
            "memory_limit: \u0665\u0660\u0660MB #",
            "write an amount of memory such as",
        ),
        ("# settle_seconds: 10", "settle_seconds: -1 #", "settle_seconds: -1 will not do"),
        (
            "# priority_weights: {}",
            "priority_weights: {harm: -1} #",
            "line 31, priority_weights.harm: -1 will not do; write a number of at least 0",
        ),
        ("# priority_weights: {}", "priority_weights: {harm: 1001} #", "a number of at most 1000"),
        ("# priority_weights: {}", "priority_weights: {harm: .nan} #", "priority_weights.harm: "),
        (
            "# priority_weights: {}",
            "priority_weights: {harms: 1} #",
            "priority_weights.harms: there is no such setting; write harm",
        ),
        (
            "# priority_weights: {}",
            "priority_weights: 3 #",
            "write the keys volume, harm, direction, comparison or target, indented below it",
        ),
        (
            "# priority_weights: {}",
            "priority_weights: {volume: 0, harm: 0, direction: 0, comparison: 0, target: 0} #",
            "line 31, priority_weights: every weight is 0, which orders nothing",
        ),
        ("# webserver_port: 3000", "webserver_port: 70000 #", "webserver_port: 70000 will not"),
        (
            "# assessment_year_end: null",
            "assessment_year_end: 13 #",
            "line 32, assessment_year_end: 13 will not do; write a number of at most 12",
        ),
        ("# assessment_year_end: null", "assessment_year_end: 0 #", "a number of at least 1"),
        ("# assessment_year_end: null", "assessment_year_end: Sept #", "write a whole number"),
        ("# threads: 2", "threads: 2\nthreads: 3 #", "line 26: threads is set twice"),
        ("[E07000129]", "[E07000129", r"line 10, column 1: this is not YAML"),
        ("partnership: Blaby", "partnership: a: b", "line 4, column 15: this is not YAML"),
        ("# threads: 2", "threads: 2020-13-45 #", "a value cannot be read; put it in quotes"),
    ],
)
def test_message_names_line_key_and_mend(old: str, new: str, expected: str) -> None:
    message = said(CSP_YML.replace(old, new, 1))
    assert expected in message
    assert message.startswith("csp.yml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *[("# memory_limit: 1400MB", f"memory_limit: {e} #") for e in ("256MB", "0.25 GiB", "1TB")],
        *[("# threads: 2", f"threads: {number} #") for number in (1, 256)],
        *[("# assessment_year_end: null", f"assessment_year_end: {end} #") for end in (1, 12)],
    ],
)
def test_the_bounds_themselves_will_do(old: str, new: str) -> None:
    settings = parse_settings(CSP_YML.replace(old, new, 1))
    key, value = new.removesuffix(" #").split(": ")
    assert str(getattr(settings, key)) == value


def test_a_weight_that_is_not_named_is_one() -> None:
    written = "priority_weights: {harm: 2, target: 0} #"
    settings = parse_settings(CSP_YML.replace("# priority_weights: {}", written, 1))
    assert settings.priority_weights.model_dump() == {
        "volume": 1,
        "harm": 2,
        "direction": 1,
        "comparison": 1,
        "target": 0,
    }


def test_every_wrong_key_is_reported_at_once() -> None:
    message = said(CSP_YML.replace("geography:", "geografy:"))
    assert "(2 problems)" in message
    assert "geografy" in message
    assert re.search(r"\bgeography: this setting is missing", message)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "csp.yml, line 2, column 8: an alias (*) is not taken"),
        ("a: " + "[" * 100_000, "column 23: this is nested deeper than 20 levels"),
        ("".join("  " * n + "a:\n" for n in range(300)), "nested deeper than 20 levels"),
        ("a: [" + "x," * 100_000 + "]", "this has more than 20,000 values"),
        ("a: x\n" * 100_000, "this is longer than 256 KiB"),
        ("password: *Sesame", "an alias (*) is not taken"),
        ("password: !Sesame x", "this is not YAML; check"),
        ('password: "\\Sesame"', "this is not YAML; check"),
        ("password: a\0b", "it holds a letter that no text has"),
        ("port: " + "9" * 5_000, "a value cannot be read; put it in quotes"),
    ],
)
def test_a_settings_file_is_read_within_bounds_and_not_quoted(text: str, says: str) -> None:
    message = said(text)
    assert says in message
    assert "Sesame" not in message


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a list\n", "words"])
def test_a_file_without_settings_says_so(text: str) -> None:
    assert "no settings are in it" in said(text)


def test_a_file_that_is_not_text_says_so(home: Home) -> None:
    home.csp_yml.write_bytes(b"partnership: \xff\xfe")
    with pytest.raises(UsageError, match="cannot be read: it is not UTF-8 text"):
        load_settings(home)


def test_a_byte_order_mark_is_accepted(home: Home) -> None:
    home.csp_yml.write_bytes(b"\xef\xbb\xbf" + CSP_YML.encode())
    assert load_settings(home).geography == "lsoa_2011"


def test_every_optional_key_of_the_template_has_the_default_it_shows() -> None:
    shown = re.sub(r"^# (\w+: \S+ +#)", r"\1", CSP_YML, flags=re.MULTILINE)
    assert shown.count("\nthreads: 2") == 1
    assert parse_settings(shown) == parse_settings(CSP_YML)
    assert set(re.findall(r"^(\w+):", shown, re.MULTILINE)) == set(Settings.model_fields)


# The example of the template, made settings; the line of its key behind the template.
EXAMPLE = re.sub(r"^# ?", "", CSP_YML[CSP_YML.rindex("# alerts:\n") :], flags=re.MULTILINE)
LINE = CSP_YML.count("\n") + 1


def test_the_addresses_of_the_template_will_do_as_they_stand() -> None:
    assert [address.partition(":")[0] for address in parse_settings(CSP_YML + EXAMPLE).alerts] == [
        "file",
        "mailtos",
        "jsons",
    ]


@pytest.mark.parametrize("written", ["", "alerts: []\n"])
def test_no_address_need_be_set(written: str) -> None:
    assert parse_settings(CSP_YML + written).alerts == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("\n  webhook: https://example.org/secret", "alerts: this will not do; write a list of"),
        (" https://example.org/secret", "such as [jsons://chat.example.org/hook] for a webhook"),
        ("", "alerts: this will not do; write a list of addresses"),
        *[
            (f"\n  - {address}", f"line {LINE + 1}, alerts.0: this ")
            for address in (
                "chat.example.org/secret",
                '"https://example.org/secret\\r\\nHost: x"',
                "[https://example.org/secret]",
                "env:A-secret",
                "env:1secret",
                "file:",
                "{file: secret}",
            )
        ],
        ("\n  - *secret", f"line {LINE + 1}, column 5: an alias (*) is not taken"),
        ("\n  - !secret x", f"line {LINE + 1}, column 5: this is not YAML; check"),
    ],
)
def test_a_wrong_address_is_named_and_no_secret_of_it(written: str, expected: str) -> None:
    message = said(f"{CSP_YML}alerts:{written}\n")
    assert expected in message
    assert "secret" not in message


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o602])
def test_a_file_with_a_secret_that_others_may_read_is_refused(home: Home, mode: int) -> None:
    address = "jsons://chat.example.org/hook/secret"
    home.csp_yml.write_text(f"{CSP_YML}\nalerts:\n  - {address}\n", encoding="utf-8")
    home.csp_yml.chmod(mode)
    with pytest.raises(UsageError) as caught:
        load_settings(home)
    assert f"chmod 600 {home.csp_yml}; or keep the address elsewhere" in str(caught.value)
    assert "/hook" not in str(caught.value)
    home.csp_yml.chmod(0o600)
    assert load_settings(home).alerts == [address]
    assert "/hook" not in repr(load_settings(home))


@pytest.mark.parametrize("entry", ["file:alerts.addresses", "env:CSP_ALERTS"])
def test_a_file_that_names_where_a_secret_is_may_be_read(home: Home, entry: str) -> None:
    home.csp_yml.write_text(f"{CSP_YML}\nalerts:\n  - {entry}\n", encoding="utf-8")
    assert load_settings(home).alerts == [entry]


def judged(text: str) -> str:
    """The message of a wrong text, or a good one's words."""
    try:
        return f"csp.yml: {parse_settings(text)}"
    except UsageError as error:
        return str(error)


@given(st.text(max_size=200))
def test_any_text_is_settings_or_one_plain_sentence(text: str) -> None:
    assert judged(text).startswith("csp.yml")


@given(st.characters(), st.integers(0, len(CSP_YML)))
def test_any_damage_to_the_template_is_settings_or_one_plain_sentence(letter: str, at: int) -> None:
    assert judged(CSP_YML[:at] + letter + CSP_YML[at + 1 :]).startswith("csp.yml")


def test_a_group_is_each_focus_areas_own_or_one_for_all() -> None:
    two = CSP_YML.replace("focus_areas: [E07000129]", "focus_areas: [E07000129, E07000132]")
    for said, expected in (
        ("[]", {"E07000129": [], "E07000132": []}),
        # A focus area belongs to its own group, named in it or not.
        (
            "[E07000129, W06000015]",
            {"E07000129": ["W06000015"], "E07000132": ["E07000129", "W06000015"]},
        ),
        ("{E07000132: [E08000016]}", {"E07000132": ["E08000016"]}),
    ):
        settings = parse_settings(two.replace("group: []", f"group: {said}"))
        assert settings.similar_districts() == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{smallest_count: 0}", "disclosure.smallest_count: 0 will not do; write a number of at"),
        ("{secondary: maybe}", "disclosure.secondary: 'maybe' will not do; write true or false"),
        ("{smallest: 5}", "disclosure.smallest: there is no such setting; write smallest_count"),
    ],
)
def test_a_wrong_setting_of_disclosure_is_named(written: str, expected: str) -> None:
    text = CSP_YML.replace("# disclosure: {}", f"disclosure: {written} #", 1)
    assert expected in said(text)


def test_small_counts_are_protected_unless_a_setting_says_otherwise() -> None:
    assert parse_settings(CSP_YML).disclosure.model_dump() == {
        "partner_figures": True,
        "smallest_count": 5,
        "hide_zeros": False,
        "secondary": True,
    }
