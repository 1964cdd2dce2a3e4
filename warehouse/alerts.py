"""One message when a nightly run asks for someone, through the channels that csp.yml sets.

A message says which checks, feeds and runs, and how many: whoever reads the chat or the mail need
not be one who may read records.
"""

import contextlib
import http.client
import json
import os
import re
import smtplib
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from warehouse.home import READABLE_BY_OTHERS, Home
from warehouse.settings import Alerts, Settings, Smtp, web_address

TIMEOUT_SECONDS = 10.0
PAUSE_SECONDS = 2.0
# Answers of a web server that pass by themselves, besides its own troubles (from 500 on).
BUSY = (408, 425, 429)

Kind = Literal["blocked", "failed", "late", "score"]
HEADINGS: dict[Kind, str] = {
    "blocked": "Blocked",
    "failed": "Failed",
    "late": "Late",
    "score": "Quality score",
}


@dataclass(frozen=True)
class Alert:
    """One thing that asks for someone.

    subject: the run, feed or check it is about; sentence: what is wrong and what to do. Neither
    may quote a record: both are sent as they are.
    """

    kind: Kind
    subject: str
    sentence: str


@dataclass(frozen=True)
class Message:
    """What goes out. `content` is the object a webhook is sent; many chats show its key text."""

    subject: str
    text: str
    content: dict[str, Any]


class _NotSent(Exception):  # noqa: N818 - nothing is wrong with the run
    """Why a channel did not take the message; `passing` if it may a little later."""

    def __init__(self, why: str, passing: bool = False) -> None:
        super().__init__(why)
        self.passing = passing


def message(partnership: str, run_id: str, alerts: Sequence[Alert]) -> Message:
    """One message of all alerts of a run, those of one kind together."""
    partnership, run_id = _line(partnership), _line(run_id)
    told = [
        Alert(kind, _line(alert.subject), _line(alert.sentence))
        for kind in HEADINGS
        for alert in alerts
        if alert.kind == kind
    ]
    counts: list[str] = []
    text = [f"Nightly run of {partnership}", f"Run {run_id}"]
    for kind, heading in HEADINGS.items():
        of_kind = [alert for alert in told if alert.kind == kind]
        if of_kind:
            several = "s" if kind == "score" and len(of_kind) > 1 else ""
            counts.append(f"{len(of_kind)} {heading.lower()}{several}")
            text += ["", heading, *(f"* {alert.subject}: {alert.sentence}" for alert in of_kind)]
    subject = f"{partnership}: {', '.join(counts) or 'nothing to act on'}"
    whole = "\n".join([*text, "", "`csp status` shows how the home stands."])
    content = {
        "partnership": partnership,
        "run_id": run_id,
        "subject": subject,
        "text": whole,
        "alerts": [asdict(alert) for alert in told],
    }
    return Message(subject, whole, content)


def send(
    settings: Settings,
    home: Home,
    message: Message,
    timeout: float = TIMEOUT_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> list[str]:
    """Send the message over each channel that is set; a sentence for each that failed.

    Raises nothing: a message that fails must not fail the night. What may pass by itself is tried
    once more after the pause (seconds); a server that does not answer within the timeout is not,
    for it may have taken the message. Channels go out at once, and none holds up the night for
    longer than two tries take. No sentence quotes a password or the path of a webhook.
    """
    channels: dict[str, Callable[[], None]] = {}
    smtp = settings.alerts.smtp
    unset: list[str] = []
    if settings.alerts.has_webhook:
        try:
            webhook = _address(settings.alerts, home)
        except _NotSent as error:
            unset.append(f"The alert by the webhook: {error}.")
        else:
            channels[f"the webhook at {urlsplit(webhook).netloc}"] = lambda: _post(
                webhook, message, timeout
            )
    if smtp is not None:
        # The same for both tries, so that a mail that arrived twice is shown once.
        number = make_msgid(domain=smtp.sender.rpartition("@")[2])
        channels[f"mail through {smtp.host}, port {smtp.port}"] = lambda: _mail(
            smtp, home, message, number, timeout
        )
    longest = 2 * timeout + pause
    unended = f"it did not end within {longest:g} seconds; the message may have arrived"
    said: dict[str, str | None] = dict.fromkeys(channels, unended)

    def tell(name: str, attempt: Callable[[], None]) -> None:
        said[name] = _twice(attempt, pause)

    # A socket's timeout bounds each wait, not their sum nor the look-up of a name: threads do.
    threads: list[threading.Thread] = []
    deadline = time.monotonic() + longest
    for name, attempt in channels.items():
        thread = threading.Thread(target=tell, args=(name, attempt), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            said[name] = "the machine is too busy to begin; see how many processes run on it"
        else:
            threads.append(thread)
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return unset + [
        f"The alert by {name}: {why}." for name, why in list(said.items()) if why is not None
    ]


def unready(settings: Settings, home: Home) -> list[str]:
    """A sentence for each channel whose secret cannot be had; sends nothing, quotes nothing."""
    problems = []
    for name, look in (
        ("the webhook", lambda: settings.alerts.has_webhook and _address(settings.alerts, home)),
        ("mail", lambda: settings.alerts.smtp and _password(settings.alerts.smtp, home)),
    ):
        try:
            look()
        except _NotSent as error:
            problems.append(f"No alert can go out by {name}: {error}.")
    return problems


def _twice(attempt: Callable[[], None], pause: float) -> str | None:
    """Why the last attempt failed, or None if one did not."""
    why: str | None = None
    for wait in (0.0, pause):
        time.sleep(wait)
        try:
            attempt()
            return None
        except _NotSent as error:
            why = str(error)
            if not error.passing:
                break
        except Exception as error:  # its own words might quote what it was given
            why = f"it failed ({type(error).__name__})"
            break
    return why


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a POST that is redirected would arrive elsewhere, or as an empty GET."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(address: str, message: Message, timeout: float) -> None:
    # Proxies of the environment are those of whoever started the run, not of the home.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    request = urllib.request.Request(
        address,
        json.dumps(message.content).encode("ascii"),
        {"Content-Type": "application/json", "User-Agent": "csp-warehouse"},
        method="POST",
    )
    try:
        opener.open(request, timeout=timeout).close()
    except urllib.error.HTTPError as error:
        error.close()
        raise _answered(error.code) from error
    except OSError as error:
        raise _unreached(error, timeout) from error
    except http.client.HTTPException as error:
        raise _NotSent("what answers there is not a web server; see webhook in csp.yml") from error


def _answered(code: int) -> _NotSent:
    if code >= 500 or code in BUSY:
        return _NotSent(f"it answered {code}; if it does so again, tell who runs it", passing=True)
    if 300 <= code < 400:
        return _NotSent(
            f"it answered {code}, which names another address, and none is followed; "
            "write the address meant as webhook in csp.yml"
        )
    return _NotSent(f"it answered {code}; write the address it gave you as webhook in csp.yml")


def _mail(smtp: Smtp, home: Home, message: Message, number: str, timeout: float) -> None:
    password = _password(smtp, home)
    try:
        client = _connected(smtp, timeout)
        try:
            if smtp.user is not None and password is not None:
                client.login(smtp.user, password)
            refused = client.send_message(_letter(smtp, message, number))
            with contextlib.suppress(OSError):  # the message is theirs, however they take leave
                client.quit()
        finally:
            client.close()
    except OSError as error:
        raise _not_mailed(smtp, error, timeout) from error
    if refused:
        raise _NotSent(f"it took the message, but {_refusing(refused)}")


def _connected(smtp: Smtp, timeout: float) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=timeout, context=trusted)
    client = smtplib.SMTP(smtp.host, smtp.port, timeout=timeout)
    if smtp.security == "starttls":
        try:
            client.starttls(context=trusted)
        except BaseException:
            client.close()
            raise
    return client


def _letter(smtp: Smtp, message: Message, number: str) -> EmailMessage:
    letter = EmailMessage(SMTP)
    letter["From"] = smtp.sender
    letter["To"] = ", ".join(smtp.recipients)
    letter["Subject"] = _line(message.subject)
    letter["Date"] = localtime()
    letter["Message-ID"] = number
    letter["Auto-Submitted"] = "auto-generated"  # nobody's notice of absence is sent back
    # Seven-bit lines of a limited length: any server takes them.
    letter.set_content(message.text, cte="quoted-printable")
    return letter


def _address(alerts: Alerts, home: Home) -> str:
    """The webhook's address, wherever it stands."""
    address = alerts.webhook or _secret(
        "address", alerts.webhook_file, alerts.webhook_env, home.root
    )
    try:
        return web_address(address or "")
    except ValueError as error:
        where = alerts.webhook_file or alerts.webhook_env
        raise _NotSent(f"what {where} holds will not do: {error}") from error


def _password(smtp: Smtp, home: Home) -> str | None:
    return _secret("password", smtp.password_file, smtp.password_env, home.root)


def _secret(what: str, file: str | None, variable: str | None, root: Path) -> str | None:
    """The secret that a file below `root` or a variable of the environment holds; None of neither.

    Raises _NotSent, which quotes none of it.
    """
    if variable is not None:
        secret, place = os.environ.get(variable, ""), f"the variable {variable}"
        if not secret:
            raise _NotSent(
                f"{place} is not set where csp runs; set it to the {what}, for a service with "
                "EnvironmentFile="
            )
    elif file is not None:
        path = root / file
        secret, place = _secret_of_file(what, path), f"the file {path}"
    else:
        return None
    if not re.fullmatch(r"[ -~]+", secret):
        article = "an" if what[0] in "aeiou" else "a"
        raise _NotSent(
            f"{place} must hold {article} {what} in one line, of letters without accents, "
            "digits and signs, and nothing else"
        )
    return secret


def _secret_of_file(what: str, path: Path) -> str:
    try:
        if not path.is_file():
            raise _NotSent(f"the {what}'s file {path} is not there; write the {what} into it")
        if path.stat().st_mode & READABLE_BY_OTHERS:
            raise _NotSent(
                f"other users can read the {what}'s file {path}, so it is not used; "
                f"take their access away: chmod 600 {path}"
            )
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _NotSent(f"the {what}'s file {path} cannot be read: {said}") from error


def _not_mailed(smtp: Smtp, error: OSError, timeout: float) -> _NotSent:
    """The reason in words that quote no answer: a server may repeat what it was sent."""
    if _timed_out(error) or not isinstance(error, smtplib.SMTPException):
        return _unreached(error, timeout)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return _NotSent(_refusing(error.recipients), any(map(_passes, codes)))
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _NotSent(
            f"it refuses the sender {smtp.sender} ({error.smtp_code}); see sender in csp.yml",
            _passes(error.smtp_code),
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _NotSent(
            f"it refuses the user and password ({error.smtp_code}); see user in csp.yml and the "
            f"password in {smtp.password_file or smtp.password_env}",
            _passes(error.smtp_code),
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        what = "encryption after the greeting" if "STARTTLS" in str(error) else "a login"
        return _NotSent(f"it does not offer {what}; see port, security and user in csp.yml")
    if isinstance(error, smtplib.SMTPResponseException):
        return _NotSent(
            f"it answered {error.smtp_code}; if it does so again, tell who runs it",
            _passes(error.smtp_code),
        )
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _NotSent(
            "it broke off; if it does so again, see port and security in csp.yml", passing=True
        )
    return _NotSent(f"mail is not possible with it ({type(error).__name__}); tell who runs it")


def _passes(code: int) -> bool:
    return 400 <= code < 500


def _refusing(refused: dict[str, tuple[int, bytes]]) -> str:
    whom = ", ".join(f"{recipient} ({code})" for recipient, (code, _) in sorted(refused.items()))
    return f"it refuses {whom}; see recipients in csp.yml"


def _unreached(error: OSError, timeout: float) -> _NotSent:
    """Why no server was spoken to."""
    if _timed_out(error):
        return _NotSent(
            f"it did not answer within {timeout:g} seconds; the message may have arrived"
        )
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return _NotSent(
            f"its certificate is not trusted here ({reason.verify_message}); tell who runs it"
        )
    if isinstance(reason, ssl.SSLError):
        return _NotSent(
            f"no encrypted connection came about ({reason.reason}); see that csp.yml names the "
            "port and the kind of encryption it offers"
        )
    if isinstance(reason, socket.gaierror):
        return _NotSent(
            f"its name is not known here ({reason.strerror}); see that csp.yml names it rightly",
            passing=True,
        )
    said = (reason.strerror if isinstance(reason, OSError) else None) or "the connection broke off"
    return _NotSent(
        f"it cannot be reached ({said}); see that csp.yml names it rightly, and that this machine "
        "may speak to it",
        passing=True,
    )


def _timed_out(error: BaseException | None) -> bool:
    while error is not None:
        reason = getattr(error, "reason", None)
        if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
            return True
        error = error.__context__
    return False


def _line(text: str) -> str:
    """The text in one line: an end of line would be a header, or another alert, of its own."""
    line = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)
