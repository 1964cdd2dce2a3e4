"""What goes out after a run, received by real servers; a channel that fails says so and no more."""

import contextlib
import datetime
import email
import email.policy
import http.server
import ipaddress
import json
import socket
import socketserver
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.alerts import Alert, Message, message, send, unready
from warehouse.home import CSP_YML, Home
from warehouse.settings import Alerts, Settings, Smtp, parse_settings

SETTINGS = parse_settings(CSP_YML)
ALERTS = [
    Alert("late", "police/street_crime", "Nothing came for 2 months. Ask the partner."),
    Alert("blocked", "street_crime.months", "3 months are empty. Land them again."),
    Alert("late", "fire/incident", "Nothing came for 1 month. Ask the partner."),
]
TOLD = message("Blaby Cömmunity", "run-1", ALERTS)
# A server that hangs is given up after this; what answers at all answers far sooner.
SHORT = 1.0
LONG = 20.0
HUSH = "hush hush"


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Hook(http.server.ThreadingHTTPServer):
    """Answers each POST with the next of `answers` (the last for ever) and keeps what it got."""

    daemon_threads = True

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.gate = threading.Event()
        self.drips = False
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook/token"


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        answers = self.server.answers
        code = answers.pop(0) if len(answers) > 1 else answers[0]
        if self.server.drips:
            with contextlib.suppress(OSError):
                while not self.server.gate.wait(0.05):
                    self.wfile.write(b"H")
            return
        if code == 0:
            self.server.gate.wait(LONG)
            return
        self.send_response(code)
        if 300 <= code < 400:
            self.send_header("Location", self.server.address)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.received.append((self.path, dict(self.headers), b"GET"))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Post:
    """A mail server in a thread. Recipients and senders in `refusals` get their code instead."""

    tls: ssl.SSLContext | None = None
    offers: tuple[str, ...] = ()
    wrapped: bool = False
    refusals: dict[str, int] = field(default_factory=dict)
    answers_data: list[int] = field(default_factory=lambda: [250])
    quits: int = 221
    received: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    port: int = 0

    @contextlib.contextmanager
    def open(self) -> Iterator["Post"]:
        post = self

        class Handler(_Dialogue):
            pass

        Handler.post = post

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        server = Server(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        with serving(server):
            yield self

    def smtp(self, **changed: Any) -> Smtp:
        return Smtp(
            **{
                "host": "127.0.0.1",
                "port": self.port,
                "sender": "csp@example.org",
                "recipients": ["a@example.org", "b@example.org"],
                "security": "none",
                **changed,
            }
        )


class _Dialogue(socketserver.BaseRequestHandler):
    post: Post

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client may leave at any point
            if self.post.wrapped:
                self._encrypt()
            self._talk()

    def _encrypt(self) -> None:
        assert self.post.tls is not None
        self.request = self.post.tls.wrap_socket(self.request, server_side=True)

    def _say(self, *lines: str) -> None:
        for number, line in enumerate(lines, 1):
            code, _, rest = line.partition(" ")
            between = " " if number == len(lines) else "-"
            self.request.sendall(f"{code}{between}{rest}\r\n".encode())

    def _talk(self) -> None:
        self._say("220 here")
        sender, recipients = "", list[str]()
        file = self.request.makefile("rb")
        while line := file.readline().decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            self.post.spoken.append(verb.upper())
            match verb.upper():
                case "EHLO":
                    self._say("250 here", *(f"250 {offer}" for offer in self.post.offers))
                case "HELO" | "RSET" | "NOOP":
                    self._say("250 here")
                case "STARTTLS":
                    self._say("220 go on")
                    self._encrypt()
                    file = self.request.makefile("rb")
                case "AUTH":
                    given = b64decode(rest.split()[1])
                    self.post.logins.append(given)
                    right = given == f"\0csp\0{HUSH}".encode()
                    # A server that repeats what it was sent must not be quoted.
                    self._say("235 in" if right else f"535 not {given.decode()!r}")
                case "MAIL":
                    sender, recipients = rest.split("<")[1].split(">")[0], []
                    self._say(f"{self.post.refusals.get(sender, 250)} sender")
                case "RCPT":
                    recipient = rest.split("<")[1].split(">")[0]
                    code = self.post.refusals.get(recipient, 250)
                    recipients += [recipient] if code == 250 else []
                    self._say(f"{code} recipient")
                case "DATA":
                    self._say("354 go on")
                    lines = list(iter(file.readline, b".\r\n"))
                    codes = self.post.answers_data
                    code = codes.pop(0) if len(codes) > 1 else codes[0]
                    body = b"".join(line.removeprefix(b".") for line in lines)
                    parsed = email.message_from_bytes(body, policy=email.policy.default)
                    assert isinstance(parsed, EmailMessage)
                    self.post.numbers.append(parsed["Message-ID"])
                    if code == 250:
                        self.post.received.append((sender, recipients, parsed))
                    self._say(f"{code} data")
                case "QUIT":
                    self._say(f"{self.post.quits} leave")
                    return
                case _:
                    self._say("502 unknown")


def through(
    home: Home,
    webhook: str | None = None,
    smtp: Smtp | None = None,
    told: Message = TOLD,
    timeout: float = LONG,
) -> list[str]:
    settings = SETTINGS.model_copy(update={"alerts": Alerts(webhook=webhook, smtp=smtp)})
    return send(settings, home, told, timeout=timeout, pause=0.05)


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content()).replace("\r\n", "\n")


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 by itself, with its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """What a server of this machine encrypts with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is one this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def password(home: Home) -> Path:
    path = home.root / "smtp.password"
    path.write_text(HUSH + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_one_message_lists_every_alert_by_kind() -> None:
    assert TOLD.subject == "Blaby Cömmunity: 1 blocked, 2 late"
    assert TOLD.text == (
        "Nightly run of Blaby Cömmunity\n"
        "Run run-1\n"
        "\n"
        "Blocked\n"
        "* street_crime.months: 3 months are empty. Land them again.\n"
        "\n"
        "Late\n"
        "* police/street_crime: Nothing came for 2 months. Ask the partner.\n"
        "* fire/incident: Nothing came for 1 month. Ask the partner.\n"
        "\n"
        "`csp status` shows how the home stands."
    )
    assert list(TOLD.content) == ["partnership", "run_id", "subject", "text", "alerts"]
    assert TOLD.content["text"] == TOLD.text
    assert TOLD.content["alerts"][0] == {
        "kind": "blocked",
        "subject": "street_crime.months",
        "sentence": "3 months are empty. Land them again.",
    }


def test_scores_are_counted_and_no_alert_at_all_is_a_message_too() -> None:
    scores = [Alert("score", feed, "87 of 100.") for feed in ("a/b", "c/d")]
    assert message("P", "r", scores).subject == "P: 2 quality scores"
    assert message("P", "r", scores[1:]).subject == "P: 1 quality score"
    assert message("P", "r", []).subject == "P: nothing to act on"


@given(st.text(), st.text(), st.text())
def test_no_name_adds_a_line(partnership: str, subject: str, sentence: str) -> None:
    told = message(partnership, "run", [Alert("failed", subject, sentence)])
    assert told.subject.isprintable()
    assert len(told.text.splitlines()) == 7
    told.text.encode()


def test_without_channels_nothing_is_sent(home: Home) -> None:
    assert through(home) == []


def test_a_webhook_receives_the_object(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    hook = Hook(204)
    with serving(hook):
        assert through(home, hook.address) == []
    [(path, headers, body)] = hook.received
    assert path == "/hook/token"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == TOLD.content


def test_a_webhook_over_tls_is_used_only_if_its_certificate_is_trusted(
    home: Home, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook(200)
    hook.socket = tls.wrap_socket(hook.socket, server_side=True)
    hook.handle_error = lambda *_: None  # type: ignore[method-assign]
    address = hook.address.replace("http:", "https:")
    with serving(hook):
        [sentence] = through(home, address)
        assert "its certificate is not trusted here (self" in sentence
        assert hook.received == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert through(home, address) == []
    assert len(hook.received) == 1


@pytest.mark.parametrize(
    ("answers", "tries", "said"),
    [
        ((500,), 2, "it answered 500; if it does so again, tell who runs it"),
        ((429, 200), 2, None),
        ((503, 200), 2, None),
        ((404,), 1, "it answered 404; write the address it gave you as webhook in csp.yml"),
        ((302,), 1, "it answered 302, which names another address, and none is followed"),
        ((307,), 1, "it answered 307, which names another address, and none is followed"),
    ],
)
def test_what_a_webhook_answers(
    home: Home, answers: tuple[int, ...], tries: int, said: str | None
) -> None:
    hook = Hook(*answers)
    with serving(hook):
        sentences = through(home, hook.address)
    assert [json.loads(body) for _, _, body in hook.received] == [TOLD.content] * tries
    assert len(sentences) == (said is not None)
    for sentence in sentences:
        assert sentence.startswith(f"The alert by the webhook at 127.0.0.1:{hook.server_port}: ")
        assert said is not None
        assert said in sentence
        assert "token" not in sentence


@pytest.mark.parametrize("channel", ["webhook", "mail"])
def test_a_closed_port_is_a_sentence(home: Home, channel: str) -> None:
    port = closed_port()
    if channel == "webhook":
        [sentence] = through(home, f"http://127.0.0.1:{port}/token")
    else:
        [sentence] = through(home, smtp=Post(port=port).smtp())
    assert "it cannot be reached (Connection refused); see that csp.yml" in sentence
    assert str(port) in sentence


@pytest.mark.parametrize("security", ["none", "tls"])
@pytest.mark.parametrize("channel", ["webhook", "mail"])
def test_a_server_that_says_nothing_is_given_up(home: Home, channel: str, security: str) -> None:
    with silent() as port:
        began = time.monotonic()
        if channel == "webhook":
            scheme = "http" if security == "none" else "https"
            said = through(home, f"{scheme}://127.0.0.1:{port}/token", timeout=SHORT)
        else:
            said = through(home, smtp=Post(port=port).smtp(security=security), timeout=SHORT)
        took = time.monotonic() - began
    assert len(said) == 1
    assert "did not answer within 1 seconds; the message may have arrived." in said[0]
    assert SHORT <= took < LONG / 2


def test_a_webhook_that_took_the_message_and_hangs_gets_it_once(home: Home) -> None:
    hook = Hook(0)
    with serving(hook):
        [sentence] = through(home, hook.address, timeout=SHORT)
        hook.gate.set()
    assert "the message may have arrived" in sentence
    assert len(hook.received) == 1


def test_an_answer_that_drips_for_ever_does_not_hold_the_night(home: Home) -> None:
    hook = Hook(200)
    hook.drips = True
    with serving(hook):
        began = time.monotonic()
        [sentence] = through(home, hook.address, timeout=SHORT)
        took = time.monotonic() - began
        hook.gate.set()
    assert "it did not end within 2.05 seconds; the message may have arrived" in sentence
    assert took < LONG / 2


def test_something_else_than_a_web_server_is_a_sentence(home: Home) -> None:
    with Post().open() as post:
        [sentence] = through(home, f"http://127.0.0.1:{post.port}/token")
    assert "what answers there is not a web server; see webhook in csp.yml." in sentence


def test_a_mail_reaches_every_recipient(home: Home) -> None:
    with Post().open() as post:
        assert through(home, smtp=post.smtp()) == []
    [(sender, recipients, letter)] = post.received
    assert sender == "csp@example.org"
    assert recipients == ["a@example.org", "b@example.org"]
    assert letter["From"] == "csp@example.org"
    assert letter["To"] == "a@example.org, b@example.org"
    assert letter["Subject"] == TOLD.subject
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"]
    assert letter["Message-ID"].endswith("@example.org>")
    assert text_of(letter) == TOLD.text + "\n"
    assert "AUTH" not in post.spoken


def test_names_cannot_add_headers_or_end_the_mail(home: Home) -> None:
    told = message(
        "Blaby\r\nBcc: x@example.org\r\n\r\n.\r\nQUIT",
        "run\n1",
        [Alert("failed", "a\u2028b", "one\r\n.\r\nMAIL FROM:<x@example.org>\x1b[2J")],
    )
    with Post().open() as post:
        assert through(home, smtp=post.smtp(), told=told) == []
        made = Message("one\r\nBcc: x@example.org", ".\n.\nend", {})
        assert through(home, smtp=post.smtp(), told=made) == []
    assert [recipients for _, recipients, _ in post.received] == [
        ["a@example.org", "b@example.org"]
    ] * 2
    first, second = (letter for _, _, letter in post.received)
    assert first["Bcc"] is None
    assert first["Subject"] == "Blaby Bcc: x@example.org . QUIT: 1 failed"
    assert "* a b: one . MAIL FROM:<x@example.org>\ufffd[2J\n" in text_of(first)
    assert second["Bcc"] is None
    assert text_of(second) == ".\n.\nend\n"


def test_a_refused_recipient_is_named_and_the_others_are_served_once(home: Home) -> None:
    with Post(refusals={"b@example.org": 550}).open() as post:
        [sentence] = through(home, smtp=post.smtp())
    assert sentence == (
        f"The alert by mail through 127.0.0.1, port {post.port}: it took the message, but it "
        "refuses b@example.org (550); see recipients in csp.yml."
    )
    assert [recipients for _, recipients, _ in post.received] == [["a@example.org"]]


@pytest.mark.parametrize(
    ("refusals", "tries", "said"),
    [
        (
            {"a@example.org": 550, "b@example.org": 551},
            1,
            "it refuses a@example.org (550), b@example.org (551); see recipients in csp.yml",
        ),
        ({"a@example.org": 451, "b@example.org": 451}, 2, "it refuses a@example.org (451)"),
        ({"csp@example.org": 553}, 1, "it refuses the sender csp@example.org (553); see sender"),
        ({"csp@example.org": 451}, 2, "it refuses the sender csp@example.org (451); see sender"),
    ],
)
def test_who_is_refused(home: Home, refusals: dict[str, int], tries: int, said: str) -> None:
    with Post(refusals=refusals).open() as post:
        [sentence] = through(home, smtp=post.smtp())
    assert said in sentence
    assert post.spoken.count("MAIL") == tries
    assert post.received == []


def test_a_mail_that_is_put_off_is_sent_again_under_the_same_number(home: Home) -> None:
    with Post(answers_data=[451, 250]).open() as post:
        assert through(home, smtp=post.smtp()) == []
        assert len(post.received) == 1
        assert len(post.numbers) == 2
        assert len(set(post.numbers)) == 1
        post.answers_data = [554]
        [sentence] = through(home, smtp=post.smtp())
    assert "it answered 554; if it does so again, tell who runs it" in sentence
    assert len(post.numbers) == 3
    assert len(set(post.numbers)) == 2


def test_a_mail_that_was_taken_is_not_sent_again_whatever_follows(home: Home) -> None:
    with Post(quits=421).open() as post:
        assert through(home, smtp=post.smtp()) == []
    assert len(post.received) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.usefixtures("trusted")
def test_a_password_goes_over_encryption_alone(
    home: Home, tls: ssl.SSLContext, password: Path, security: str
) -> None:
    offers = ("AUTH PLAIN", "STARTTLS")
    with Post(tls=tls, offers=offers, wrapped=security == "tls").open() as post:
        smtp = post.smtp(security=security, user="csp", password_file=password.name)
        assert through(home, smtp=smtp) == []
        assert len(post.received) == 1
        password.write_text("Sesame1\n", encoding="utf-8")
        [sentence] = through(home, smtp=smtp)
    assert post.logins == [b"\0csp\0" + HUSH.encode(), b"\0csp\0Sesame1"]
    assert "it refuses the user and password (535); see user in csp.yml" in sentence
    assert "Sesame1" not in sentence
    assert "STARTTLS" in post.spoken or security == "tls"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_server_whose_certificate_is_not_trusted_gets_nothing(
    home: Home, tls: ssl.SSLContext, password: Path, security: str
) -> None:
    with Post(tls=tls, offers=("STARTTLS",), wrapped=security == "tls").open() as post:
        smtp = post.smtp(security=security, user="csp", password_file=password.name)
        [sentence] = through(home, smtp=smtp)
    assert "its certificate is not trusted here (self" in sentence
    assert post.logins == []
    assert post.received == []


def test_a_server_without_the_encryption_set_gets_nothing(home: Home, password: Path) -> None:
    with Post(offers=("AUTH PLAIN",)).open() as post:
        for security, said in (
            ("starttls", "it does not offer encryption after the greeting; see port, security"),
            ("tls", "no encrypted connection came about (WRONG_VERSION_NUMBER)"),
        ):
            smtp = post.smtp(security=security, user="csp", password_file=password.name)
            [sentence] = through(home, smtp=smtp)
            assert said in sentence
    assert post.logins == []
    assert post.received == []


@pytest.mark.usefixtures("trusted")
def test_a_server_without_logins_is_told_apart(
    home: Home, tls: ssl.SSLContext, password: Path
) -> None:
    with Post(tls=tls, wrapped=True).open() as post:
        smtp = post.smtp(security="tls", user="csp", password_file=password.name)
        [sentence] = through(home, smtp=smtp)
    assert "it does not offer a login; see port, security and user in csp.yml" in sentence


@pytest.fixture
def kept(home: Home) -> Path:
    """A file of the home, of its owner alone, for a webhook's address."""
    path = home.root / "webhook.address"
    path.touch(mode=0o600)
    return path


def test_a_webhooks_address_may_stand_in_a_file_or_in_the_environment(
    home: Home, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook(200, 404)
    kept.write_text(f"{hook.address}\n", encoding="utf-8")
    monkeypatch.setenv("CSP_TEST_WEBHOOK", hook.address)
    with serving(hook):
        for where in ({"webhook_file": kept.name}, {"webhook_env": "CSP_TEST_WEBHOOK"}):
            settings = SETTINGS.model_copy(update={"alerts": Alerts.model_validate(where)})
            assert unready(settings, home) == []
            said = send(settings, home, TOLD, SHORT, 0)
    assert len(hook.received) == 2
    [sentence] = said
    assert sentence.startswith(f"The alert by the webhook at 127.0.0.1:{hook.server_port}: ")
    assert "token" not in sentence


@pytest.mark.usefixtures("trusted")
def test_a_password_may_stand_in_the_environment(
    home: Home, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSP_TEST_PASSWORD", HUSH)
    with Post(tls=tls, offers=("AUTH PLAIN",), wrapped=True).open() as post:
        smtp = post.smtp(security="tls", user="csp", password_env="CSP_TEST_PASSWORD")  # noqa: S106
        assert through(home, smtp=smtp) == []
    assert post.logins == [b"\0csp\0" + HUSH.encode()]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "the variable CSP_TEST_WEBHOOK is not set where csp runs; set it to the address"),
        ("", "the variable CSP_TEST_WEBHOOK is not set where csp runs"),
        ("http://x/token\nhttp://y/token", "must hold an address in one line"),
        ("ftp://example.org/token", "what CSP_TEST_WEBHOOK holds will not do: this is not an http"),
        ("https://me:token@example.org/", "what CSP_TEST_WEBHOOK holds will not do"),
    ],
)
def test_an_address_that_will_not_do_is_a_sentence_and_told_before_the_night(
    home: Home, monkeypatch: pytest.MonkeyPatch, value: str | None, said: str
) -> None:
    monkeypatch.delenv("CSP_TEST_WEBHOOK", raising=False)
    if value is not None:
        monkeypatch.setenv("CSP_TEST_WEBHOOK", value)
    alerts = Alerts(webhook_env="CSP_TEST_WEBHOOK")
    settings = SETTINGS.model_copy(update={"alerts": alerts})
    for sentences in (send(settings, home, TOLD, SHORT, 0), unready(settings, home)):
        [sentence] = sentences
        assert said in sentence
        assert "token" not in sentence


def test_an_address_in_a_file_that_others_read_is_not_used(home: Home, kept: Path) -> None:
    hook = Hook(200)
    kept.write_text(hook.address, encoding="utf-8")
    kept.chmod(0o640)
    settings = SETTINGS.model_copy(update={"alerts": Alerts(webhook_file=kept.name)})
    with serving(hook):
        [sentence] = send(settings, home, TOLD, SHORT, 0)
    assert f"other users can read the address's file {kept}, so it is not used" in sentence
    assert hook.received == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "is not there; write the password into it"),
        (lambda path: path.chmod(0o640), "so it is not used; take their access away: chmod 600"),
        (lambda path: path.write_text(""), "must hold a password in one line"),
        (lambda path: path.write_text("Sesame1\nSesame2\n"), "must hold a password in one line"),
        (lambda path: path.write_text("Sésame1\n"), "must hold a password in one line"),
        (lambda path: path.write_bytes(b"Sesame1\xff"), "cannot be read: it is not UTF-8 text"),
    ],
)
def test_a_password_file_that_will_not_do_is_a_sentence(
    home: Home, password: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(password)
    with Post().open() as post:
        smtp = post.smtp(security="tls", user="csp", password_file=password.name)
        [sentence] = through(home, smtp=smtp)
    assert said in sentence
    assert str(password) in sentence
    assert "same1" not in sentence
    assert post.spoken == []


def test_a_channel_that_fails_leaves_the_other_one_alone(home: Home) -> None:
    hook = Hook(404)
    with serving(hook), Post().open() as post:
        [sentence] = through(home, hook.address, post.smtp())
        assert "the webhook" in sentence
        assert len(post.received) == 1
        hook.answers, post.refusals = [200], {"csp@example.org": 553}
        [sentence] = through(home, hook.address, post.smtp())
        assert "mail through" in sentence
        post.refusals, hook.answers = {}, [200]
        assert through(home, hook.address, post.smtp()) == []
    assert (len(hook.received), len(post.received)) == (3, 2)


def test_a_fault_of_our_own_is_a_sentence_too(home: Home) -> None:
    hook = Hook(200)
    with serving(hook):
        [sentence] = through(home, hook.address, told=Message("s", "t", {"text": {1, 2}}))
    assert "it failed (TypeError)" in sentence


def test_the_default_is_ten_seconds(home: Home) -> None:
    assert isinstance(SETTINGS, Settings)
    assert send.__defaults__ == (10.0, 2.0)
    assert send(SETTINGS, home, TOLD) == []
