"""One message when a nightly run asks for someone, through the services that csp.yml names.

A message says which checks, feeds and runs, and how many: whoever reads the chat or the mail need
not be one who may read records.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from warehouse.home import READABLE_BY_OTHERS, Home
from warehouse.settings import Settings

if TYPE_CHECKING:
    from apprise import NotifyBase

# For both tries of all services together; a name that is slow to look up counts.
LONGEST_SECONDS = 30.0
PAUSE_SECONDS = 2.0

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
    """What goes out: one line, and a text of several."""

    subject: str
    text: str


def message(partnership: str, run_id: str, alerts: Sequence[Alert]) -> Message:
    """One message of all alerts of a run, those of one kind together."""
    counts: list[str] = []
    text = [f"Nightly run of {_line(partnership)}", f"Run {_line(run_id)}"]
    for kind, heading in HEADINGS.items():
        of_kind = [alert for alert in alerts if alert.kind == kind]
        if of_kind:
            several = "s" if kind == "score" and len(of_kind) > 1 else ""
            counts.append(f"{len(of_kind)} {heading.lower()}{several}")
            lines = [f"* {_line(alert.subject)}: {_line(alert.sentence)}" for alert in of_kind]
            text += ["", heading, *lines]
    subject = f"{_line(partnership)}: {', '.join(counts) or 'nothing to act on'}"
    return Message(subject, "\n".join([*text, "", "`csp status` shows how the home stands."]))


def send(
    settings: Settings, home: Home, message: Message, longest: float = LONGEST_SECONDS
) -> list[str]:
    """Send the message to every service at once; a sentence for each that did not take it.

    Raises nothing: a message that fails must not fail the night. A service is tried twice, is
    given up after `longest` seconds, and its redirects are not followed. No sentence quotes an
    address, which may be a password.
    """
    services, failed = _services(settings, home)
    reasons: list[str | None] = [
        "did not end in time; it may have arrived all the same." for _ in services
    ]

    def deliver(number: int, service: "NotifyBase") -> None:
        reasons[number] = _delivered(service, message)

    # Threads of our own: those of Apprise's time limit would keep the process from ending.
    threads = [
        threading.Thread(target=deliver, args=entry, daemon=True) for entry in enumerate(services)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + longest
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return failed + [
        f"The alert by {service.service_name} {reason}"
        for service, reason in zip(services, list(reasons), strict=True)
        if reason is not None
    ]


def unready(settings: Settings, home: Home) -> list[str]:
    """A sentence for each address that cannot be had or will not do; sends nothing."""
    return _services(settings, home)[1]


def _services(settings: Settings, home: Home) -> tuple[list["NotifyBase"], list[str]]:
    """What the addresses stand for, and a sentence for each that stands for nothing."""
    import apprise  # takes a while, and most runs have nothing to send

    logging.getLogger("apprise").propagate = False  # it would talk on the terminal, of addresses
    asset = apprise.AppriseAsset(
        app_id="csp",
        default_service_retry=1,
        default_service_wait=PAUSE_SECONDS,
        http_redirects=False,  # a message that is redirected would arrive elsewhere
        service_timeout=0,
        storage_mode="memory",
    )
    services: list[NotifyBase] = []
    problems: list[str] = []
    for entry in settings.alerts:
        found = _addresses(entry, home)
        if isinstance(found, str):
            problems.append(f"No alert can go out by {found}")
            continue
        place = "alerts in csp.yml" if len(found) == 1 and found[0] == entry else entry
        for address in found:
            service = apprise.Apprise.instantiate(address, asset=asset)
            kind = address.partition(":")[0]
            if service is None:
                problems.append(
                    f"No alert can go out by an address of {place}: it is none that Apprise "
                    "knows. Its documentation has an example for each service."
                )
            elif service.password and service.protocol and not service.secure:
                problems.append(
                    f"No alert can go out by an address of {place}: anyone on the way could read "
                    f"the password. Write {kind}s:// in place of {kind}://, or leave user and "
                    "password out."
                )
            else:
                services.append(service)
    return services, problems


def _addresses(entry: str, home: Home) -> list[str] | str:
    """The addresses of an entry of the setting; what is wrong with where they should stand."""
    kind, _, name = entry.partition(":")
    if kind == "env":
        lines = os.environ.get(name, "").split()
        if not lines:
            return (
                f"{entry}: the variable is not set where csp runs. Set it to the address, for a "
                "service with EnvironmentFile=."
            )
    elif kind == "file":
        path = home.root / name
        try:
            if path.stat().st_mode & READABLE_BY_OTHERS:
                return f"{entry}: other users can read it. Take it from them: chmod 600 {path}"
            lines = path.read_text(encoding="utf-8").split()
        except OSError as error:
            return f"{entry}: {path} cannot be read: {error.strerror}."
        except UnicodeDecodeError:
            return f"{entry}: {path} is not UTF-8 text."
        if not lines:
            return f"{entry}: {path} is empty. Write one address a line into it."
    else:
        lines = [entry]
    return lines


def _delivered(service: "NotifyBase", message: Message) -> str | None:
    """Why a service did not take the message, with no word of what it answered but the code."""
    import apprise

    try:
        alone = apprise.Apprise(service, asset=service.asset)
        found = alone.notify(body=message.text, title=message.subject, body_format="text")
    except Exception as error:  # its own words might quote what it was given
        return f"failed ({type(error).__name__})."
    if found:
        return None
    code = re.search(r"error=(\d{3})", " ".join(entry.message for entry in found.logs()))
    answer = f" (answer {code[1]})" if code else ""
    return (
        f"was not taken{answer}. See that its address is right, and that this machine may speak to "
        "it; if so, tell who runs it."
    )


def _line(text: str) -> str:
    """The text in one line: an end of line would be a header, or another alert, of its own."""
    line = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)
