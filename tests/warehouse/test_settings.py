"""Each wrong setting is named, with its line and the mend."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import UsageError
from warehouse.home import CSP_YML, Home
from warehouse.settings import Alerts, Settings, load_settings, parse_settings


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
        ("# webserver_port: 3000", "webserver_port: 70000 #", "webserver_port: 70000 will not"),
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
    ],
)
def test_the_bounds_themselves_will_do(old: str, new: str) -> None:
    settings = parse_settings(CSP_YML.replace(old, new, 1))
    key, value = new.removesuffix(" #").split(": ")
    assert str(getattr(settings, key)) == value


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


CHANNELS = CSP_YML[CSP_YML.index("# alerts:\n") :].replace("# ", "", 1).replace("\n# ", "\n")
# Of the first key of the channels, as they stand behind the template.
LINE = CSP_YML.count("\n") + 2
KEPT = "  webhook_file: webhook.address"
WEBHOOK = "  webhook: https://chat.example.org/hook"


def test_the_channels_of_the_template_will_do_as_they_stand() -> None:
    alerts = parse_settings(CSP_YML + CHANNELS).alerts
    assert (alerts.webhook_file, alerts.webhook) == ("webhook.address", None)
    assert alerts.smtp is not None
    assert (alerts.smtp.host, alerts.smtp.port, alerts.smtp.security) == (
        "mail.example.org",
        587,
        "starttls",
    )
    assert alerts.smtp.recipients == ["analyst@example.org"]
    assert (alerts.smtp.user, alerts.smtp.password_file) == ("csp", "smtp.password")


@pytest.mark.parametrize("written", ["", "alerts: {}\n"])
def test_no_channel_need_be_set(written: str) -> None:
    assert parse_settings(CSP_YML + written).alerts == Alerts()


@pytest.mark.parametrize("left", ["webhook", "smtp"])
def test_one_channel_is_enough(left: str) -> None:
    webhook, smtp = CHANNELS.split("  smtp:\n")
    text = webhook if left == "webhook" else f"alerts:\n  smtp:\n{smtp}"
    alerts = parse_settings(CSP_YML + text).alerts
    assert (alerts.has_webhook, alerts.smtp is not None) == (
        left == "webhook",
        left == "smtp",
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "    port: 587",
            "    prot: 587",
            "alerts.smtp.prot: there is no such setting; write port if that is meant",
        ),
        (
            "  webhook_file:",
            "  teams:",
            "alerts.teams: there is no such setting; keys are webhook, webhook_file, webhook_env,",
        ),
        ("port: 587", "port: 70000", "alerts.smtp.port: 70000 will not do; write a number of at"),
        ("port: 587", "port: 0", "alerts.smtp.port: 0 will not do; write a number of at least 1"),
        ("port: 587", "port: '587'", "alerts.smtp.port: '587' will not do; write a whole number"),
        (
            "    recipients: [analyst@example.org]\n",
            "",
            f"line {LINE + 1}, alerts.smtp.recipients: this setting is missing",
        ),
        ("[analyst@example.org]", "[]", "alerts.smtp.recipients: this is empty"),
        (
            "[analyst@example.org]",
            "analyst@example.org",
            "'analyst@example.org' will not do; write a list such as [csp@example.org]",
        ),
        (
            "[analyst@example.org]",
            "[a@example.org, a@example.org]",
            "alerts.smtp.recipients: a@example.org is listed twice; list each once",
        ),
        (
            "sender: csp@example.org",
            'sender: "csp@example.org\\r\\nBcc: x@example.org"',
            "is not a mail address; write one such as csp@example.org",
        ),
        ("host: mail.", "host: smtp://mail.", "is not the name of a mail server; write one such"),
        (
            "security: starttls",
            "security: ssl",
            "alerts.smtp.security: 'ssl' is not known; write none, starttls or tls",
        ),
        ("security: starttls", "security: none", "alerts.smtp: with security none anyone on the"),
        ("    user: csp  ", "#", "alerts.smtp: user and password_file (or password_env) belong"),
        (
            CHANNELS,
            "alerts:\n",
            "alerts: this will not do; write the keys webhook, webhook_file, webhook_env or smtp",
        ),
        (
            CHANNELS,
            "alerts:\n  smtp: secret\n",
            f"line {LINE}, alerts.smtp: this will not do; write the keys host, port, sender, "
            "recipients and security, indented below it",
        ),
        *[
            (KEPT, f"  webhook: {address}", f"line {LINE}, alerts.webhook: this ")
            for address in (
                "ftp://example.org/secret",
                "chat.example.org/secret",
                "https://user:secret@example.org/",
                "https://example.org:x/secret",
                "https://example..org/secret",
                '"https://example.org/secret\\r\\nHost: x"',
                "[https://example.org/secret]",
            )
        ],
        *[
            (KEPT, f"  webhook_env: {value}", f"line {LINE}, alerts.webhook_env: this ")
            for value in ("https://example.org/secret", "A-secret", "[secret]", "'1secret'")
        ],
        (KEPT, "  webhook_file: {a: secret}", "alerts.webhook_file: this will not do; write text"),
        (
            KEPT,
            f"{KEPT}\n  webhook_env: A",
            "alerts: webhook_file and webhook_env are both set; keep one of them",
        ),
        (
            "    password_file: smtp.password",
            "    password_file: smtp.password\n    password_env: A",
            "alerts.smtp: password_file and password_env are both set; keep one of them",
        ),
        (
            KEPT,
            "  webhook: *secret",
            f"line {LINE}, column 12: an alias (*) is not taken; write the value out",
        ),
        (KEPT, "  webhook: !secret x", f"line {LINE}, column 12: this is not YAML; check"),
    ],
)
def test_a_wrong_channel_is_named_and_no_secret_of_it(old: str, new: str, expected: str) -> None:
    assert old in CHANNELS
    message = said(CSP_YML + CHANNELS.replace(old, new, 1))
    assert expected in message
    assert "secret" not in message


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o602])
def test_a_file_with_a_secret_that_others_may_read_is_refused(home: Home, mode: int) -> None:
    home.csp_yml.write_text(f"{CSP_YML}\nalerts:\n{WEBHOOK}/secret\n", encoding="utf-8")
    home.csp_yml.chmod(mode)
    with pytest.raises(UsageError) as caught:
        load_settings(home)
    assert f"chmod 600 {home.csp_yml}; or keep the address elsewhere" in str(caught.value)
    assert "/hook" not in str(caught.value)
    home.csp_yml.chmod(0o600)
    alerts = load_settings(home).alerts
    assert alerts.webhook == "https://chat.example.org/hook/secret"
    assert "/hook" not in repr(load_settings(home))


@pytest.mark.parametrize("key", ["webhook_file: webhook.address", "webhook_env: CSP_WEBHOOK"])
def test_a_file_that_names_where_a_secret_is_may_be_read(home: Home, key: str) -> None:
    home.csp_yml.write_text(f"{CSP_YML}\nalerts:\n  {key}\n", encoding="utf-8")
    assert load_settings(home).alerts.has_webhook


@pytest.mark.parametrize("port", [1, 65535])
@pytest.mark.parametrize("host", ["localhost", "192.0.2.1", "2001:db8::1", "smtp_relay"])
def test_hosts_and_ports_that_will_do(host: str, port: int) -> None:
    text = CHANNELS.replace("mail.example.org", f'"{host}"').replace("587", f"{port}")
    smtp = parse_settings(CSP_YML + text).alerts.smtp
    assert smtp is not None
    assert (smtp.host, smtp.port) == (host, port)


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
