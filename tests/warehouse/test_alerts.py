"""What goes out after a run, received by real servers; a service that fails says so and no more."""

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
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import alerts
from warehouse.alerts import Alert, Message, message, send, unready
from warehouse.home import CSP_YML, Home
from warehouse.settings import Settings, parse_settings

ALERTS = [
    Alert("late", "police/street_crime", "Nothing came for 2 months. Ask the partner."),
    Alert("blocked", "street_crime.months", "3 months are empty. Land them again."),
    Alert("late", "fire/incident", "Nothing came for 1 month. Ask the partner."),
]
SENT = message("Blaby Cömmunity", "run-1", ALERTS)
PASSWORD = "Sesame1"  # noqa: S105
# Far beyond what a loaded machine needs; a server that hangs is given up after SHORT.
LONG, SHORT = 60.0, 2.0


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(apprise.NotifyBase, "request_rate_per_sec", 0)


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

    def __init__(self, *answers: int, drips: bool = False) -> None:
        self.answers, self.drips = list(answers), drips
        self.received: list[Any] = []
        self.gate = threading.Event()
        super().__init__(("127.0.0.1", 0), _Answer)

    def handle_error(self, *_: object) -> None: ...

    def address(self, scheme: str = "json") -> str:
        return f"{scheme}://127.0.0.1:{self.server_address[1]}/hook/token"


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, json.loads(body)))
        with contextlib.suppress(OSError):
            while self.server.drips and not self.server.gate.wait(0.05):
                self.wfile.write(b"H")
        answers = self.server.answers
        code = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(code)
        if 300 <= code < 400:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.received.append((self.path, None))

    def log_message(self, *_: Any) -> None: ...


class Post(socketserver.ThreadingTCPServer):
    """A mail server; `wrapped` is encrypted from the first byte, else it offers STARTTLS."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None, wrapped: bool = False) -> None:
        self.tls, self.wrapped = tls, wrapped
        self.received: list[tuple[list[str], EmailMessage]] = []
        self.logins: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Dialogue)

    def handle_error(self, *_: object) -> None: ...

    def address(self, scheme: str = "mailto", user: str = "", more: str = "") -> str:
        return (
            f"{scheme}://{user}127.0.0.1:{self.server_address[1]}"
            f"?from=csp@example.org&to=a@example.org,b@example.org{more}"
        )


class _Dialogue(socketserver.BaseRequestHandler):
    server: Post

    def _say(self, *lines: str) -> None:
        self.request.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _encrypt(self) -> None:
        assert self.server.tls is not None
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)

    def handle(self) -> None:
        if self.server.wrapped:
            self._encrypt()
        self._say("220 here")
        recipients: list[str] = []
        file = self.request.makefile("rb")
        while line := file.readline().decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    offers = ["250-STARTTLS"] if self.server.tls and not self.server.wrapped else []
                    self._say("250-here", *offers, "250 AUTH PLAIN")
                case "STARTTLS":
                    self._say("220 go on")
                    self._encrypt()
                    file = self.request.makefile("rb")
                case "AUTH":
                    login = b64decode(rest.split()[1])
                    self.server.logins.append(login)
                    # A server that repeats what it was sent must not be quoted.
                    right = login.endswith(PASSWORD.encode())
                    self._say("235 in" if right else f"535 not {login.decode()!r}")
                case "RCPT":
                    recipients.append(rest.split("<")[1].split(">")[0])
                    self._say("250 yes")
                case "DATA":
                    self._say("354 go on")
                    lines = iter(file.readline, b".\r\n")
                    body = b"".join(line.removeprefix(b".") for line in lines)
                    parsed = email.message_from_bytes(body, policy=email.policy.default)
                    assert isinstance(parsed, EmailMessage)
                    self.server.received.append((recipients, parsed))
                    recipients = []
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 yes")


def settings(*addresses: str) -> Settings:
    listed = "".join(f"\n  - {address}" for address in addresses)
    return parse_settings(f"{CSP_YML}\nalerts:{listed or ' []'}\n")


def sent(home: Home, *addresses: str, told: Message = SENT, longest: float = LONG) -> list[str]:
    return send(settings(*addresses), home, told, longest)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 by itself, with its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .sign(key, hashes.SHA256())
    )
    path: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, form, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(pem))
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
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))


def test_one_message_lists_every_alert_by_kind() -> None:
    assert SENT.subject == "Blaby Cömmunity: 1 blocked, 2 late"
    assert SENT.text == (
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


def test_scores_are_counted_and_no_alert_at_all_is_a_message_too() -> None:
    scores = [Alert("score", feed, "87 of 100.") for feed in ("a/b", "c/d")]
    assert message("P", "r", scores).subject == "P: 2 quality scores"
    assert message("P", "r", scores[1:]).subject == "P: 1 quality score"
    assert message("P", "r", []).subject == "P: nothing to act on"


@given(st.text(), st.text(), st.text())
def test_no_name_adds_a_line(partnership: str, subject: str, sentence: str) -> None:
    made = message(partnership, "run", [Alert("failed", subject, sentence)])
    assert made.subject.isprintable()
    assert len(made.text.splitlines()) == 7
    made.text.encode()


def test_without_addresses_nothing_is_sent(home: Home) -> None:
    assert sent(home) == []


@pytest.mark.parametrize(
    ("answers", "tries", "expected"),
    [((204,), 1, None), ((503, 200), 2, None), ((500,), 2, "500"), ((302,), 2, "302")],
)
def test_what_a_webhook_answers(
    home: Home, answers: tuple[int, ...], tries: int, expected: str | None
) -> None:
    hook = Hook(*answers)
    with serving(hook):
        found = sent(home, hook.address())
    assert [path for path, _ in hook.received] == ["/hook/token"] * tries, "no redirect is followed"
    body = hook.received[0][1]
    assert (body["title"], body["message"]) == (SENT.subject, SENT.text)
    assert found == (
        [
            f"The alert by JSON was not taken (answer {expected}). See that its address is right, "
            "and that this machine may speak to it; if so, tell who runs it."
        ]
        if expected
        else []
    )


def test_a_mail_reaches_every_recipient(home: Home) -> None:
    post = Post()
    with serving(post):
        assert sent(home, post.address()) == []
    assert [recipients for recipients, _ in post.received] == [["a@example.org"], ["b@example.org"]]
    letter = post.received[0][1]
    assert letter["From"] == "csp@example.org"
    assert letter["Subject"] == SENT.subject
    assert post.logins == []
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "* fire/incident: Nothing came for 1 month." in plain.get_content()


def test_names_cannot_add_headers_or_end_the_mail(home: Home) -> None:
    alert = Alert("failed", "a\u2028b", "one\r\n.\r\nMAIL FROM:<x@example.org>\x1b[2J")
    made = message("Blaby\r\nBcc: x@example.org\r\n\r\n.\r\nQUIT", "run\n1", [alert])
    post = Post()
    with serving(post):
        assert sent(home, post.address(), told=made) == []
    assert [recipients for recipients, _ in post.received] == [["a@example.org"], ["b@example.org"]]
    letter = post.received[0][1]
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Blaby Bcc: x@example.org . QUIT: 1 failed"


@pytest.mark.parametrize("mode", ["starttls", "ssl"])
@pytest.mark.usefixtures("trusted")
def test_a_password_goes_over_encryption(home: Home, tls: ssl.SSLContext, mode: str) -> None:
    post = Post(tls, wrapped=mode == "ssl")
    with serving(post):
        right, wrong = (
            post.address("mailtos", f"csp:{password}@", f"&mode={mode}")
            for password in (PASSWORD, "Sesame2")
        )
        assert sent(home, right) == []
        assert post.logins[0].endswith(PASSWORD.encode())
        [sentence] = sent(home, wrong)
    assert len(post.received) == 2
    assert "Sesame" not in sentence


@pytest.mark.parametrize("kind", ["webhook", "starttls", "ssl"])
def test_a_server_whose_certificate_is_not_trusted_gets_nothing(
    home: Home, tls: ssl.SSLContext, kind: str
) -> None:
    server: Hook | Post
    if kind == "webhook":
        server = Hook(200)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        address = server.address("jsons")
    else:
        server = Post(tls, wrapped=kind == "ssl")
        address = server.address("mailtos", f"csp:{PASSWORD}@", f"&mode={kind}")
    with serving(server):
        [sentence] = sent(home, address)
    assert "was not taken" in sentence
    assert server.received == []
    assert isinstance(server, Hook) or server.logins == []


@pytest.mark.parametrize("scheme", ["json", "mailto"])
def test_a_password_is_not_sent_where_anyone_could_read_it(home: Home, scheme: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.1)
        port = listener.getsockname()[1]
        address = f"{scheme}://csp:{PASSWORD}@127.0.0.1:{port}?from=a@example.org&to=b@example.org"
        for found in (sent(home, address), unready(settings(address), home)):
            [sentence] = found
            assert f"Write {scheme}s:// in place of {scheme}://" in sentence
            assert PASSWORD not in sentence
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    "address", ["json://127.0.0.1:{}/token", "mailto://127.0.0.1:{}?from=csp@example.org"]
)
def test_a_closed_port_is_a_sentence(home: Home, address: str) -> None:
    [sentence] = sent(home, address.format(closed_port()))
    assert "was not taken. See that its address is right" in sentence


def test_an_answer_that_drips_for_ever_does_not_hold_the_night(home: Home) -> None:
    hook = Hook(200, drips=True)
    with serving(hook):
        began = time.monotonic()
        [sentence] = sent(home, hook.address(), longest=SHORT)
        took = time.monotonic() - began
        pools = [each for each in threading.enumerate() if "Executor" in each.name]
        hook.gate.set()
    assert pools == [], "they would keep the process from ending"
    assert "did not end in time; it may have arrived all the same" in sentence
    assert took < LONG / 2


def test_a_service_that_fails_leaves_the_other_ones_alone(home: Home) -> None:
    hook, post = Hook(404), Post()
    with serving(hook), serving(post):
        assert len(sent(home, "slack://token", hook.address(), post.address())) == 2
    assert len(hook.received) == len(post.received) == 2


def test_addresses_stand_in_files_and_in_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook(200)
    kept = home.root / "alerts.addresses"
    kept.touch(mode=0o600)
    kept.write_text(f"{hook.address()}\n\n{hook.address()}\n", encoding="utf-8")
    monkeypatch.setenv("CSP_TEST_ALERTS", hook.address())
    with serving(hook):
        entries = [f"file:{kept.name}", "env:CSP_TEST_ALERTS"]
        assert unready(settings(*entries), home) == []
        assert sent(home, *entries) == []
    assert len(hook.received) == 3


@pytest.mark.parametrize(
    ("content", "mode", "expected"),
    [
        (None, 0o600, "cannot be read: No such file or directory"),
        (b"", 0o600, "is empty. Write one address a line into it."),
        (b"Sesame1\xff", 0o600, "is not UTF-8 text"),
        (b"json://127.0.0.1/Sesame1", 0o640, "other users can read it. Take it from them: chmod"),
        (b"Sesame1://127.0.0.1/Sesame1", 0o600, "file:alerts: it is none that Apprise knows"),
        (b"Sesame1", 0o600, "file:alerts: it is none that Apprise knows"),
    ],
)
def test_an_address_that_will_not_do_is_a_sentence_before_and_after_the_night(
    home: Home, content: bytes | None, mode: int, expected: str
) -> None:
    if content is not None:
        (home.root / "alerts").write_bytes(content)
        (home.root / "alerts").chmod(mode)
    for found in (sent(home, "file:alerts"), unready(settings("file:alerts"), home)):
        [sentence] = found
        assert expected in sentence
        assert "Sesame1" not in sentence


def test_a_variable_that_is_not_set_is_a_sentence(home: Home) -> None:
    [sentence] = unready(settings("env:CSP_TEST_ALERTS"), home)
    assert "env:CSP_TEST_ALERTS: the variable is not set where csp runs" in sentence
