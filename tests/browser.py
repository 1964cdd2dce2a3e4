"""A real browser for the tests of pages: Debian's Chromium, driven over the WebDriver protocol."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",  # a container's /dev/shm is often too small for a page
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The driver listens on this host: no proxy of the environment may come between.
OPENER = build_opener(ProxyHandler({}))


class Page:
    """A tab of the browser, and everything it asked for and complained of since it was opened."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._requests: list[str] = []
        self._errors: list[str] = []

    def open(self, page: Path | str, fragment: str = "") -> None:
        """Go to a file or an address, and return when it has loaded."""
        url = page.resolve().as_uri() if isinstance(page, Path) else page
        self._send("url", {"url": f"{url}#{fragment}" if fragment else url})

    def run(self, js: str, *args: object) -> Any:
        """What the body of a function returns, e.g. `return document.title`; args in JSON."""
        return self._send("execute/sync", {"script": js, "args": list(args)})

    def wait(self, js: str, seconds: float = 20) -> Any:
        """What the expression gives once it is true; fails the test if it does not become so."""
        until = time.monotonic() + seconds
        while not (value := self.run(f"return {js}")):
            if time.monotonic() > until:
                pytest.fail(f"not so after {seconds:g} s: {js}; {self.console()}")
            time.sleep(0.05)
        return value

    def text(self) -> str:
        """What a reader sees, hidden parts left out."""
        return str(self.run("return document.body.innerText"))

    def click(self, selector: str) -> None:
        """Click the first element of a CSS selector."""
        self.run("document.querySelector(arguments[0]).click()", selector)

    def requests(self) -> list[str]:
        """Every URL asked for, in order: the pages themselves too, but no data: and blob:."""
        for entry in self._send("se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            if event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                url = event["params"].get("url") or event["params"]["request"]["url"]
                if not url.startswith(("data:", "blob:")):
                    self._requests.append(url)
        return list(self._requests)

    def console(self) -> list[str]:
        """Every error in the console: what scripts logged and threw, what was refused or lost."""
        for entry in self._send("se/log", {"type": "browser"}):
            if entry["level"] == "SEVERE":
                self._errors.append(entry["message"])
        return list(self._errors)

    def forget(self) -> None:
        """Begin the lists of requests and of errors anew."""
        self.requests(), self.console()
        self._requests, self._errors = [], []

    def print_layout(self, width: int) -> None:
        """Lay the page out as for paper of that many CSS pixels between its margins."""
        self._command("Emulation.setEmulatedMedia", {"media": "print"})
        self._command("Emulation.setDeviceMetricsOverride", _metrics(width, 1000))

    def screenshot(self, file: Path) -> None:
        """Write the visible part as PNG."""
        file.write_bytes(base64.b64decode(self._send("screenshot")))

    def _command(self, name: str, parameters: dict[str, Any]) -> None:
        self._send("goog/cdp/execute", {"cmd": name, "params": parameters})

    def _send(self, command: str, body: dict[str, Any] | None = None) -> Any:
        return _ask(f"{self._session}/{command}", body)


@contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[Page]:
    """A fresh browser whose page is that many CSS pixels wide and high; skips without Chromium."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("Chromium is not installed: apt-get install chromium chromium-driver")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [driver, "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            root = f"http://127.0.0.1:{_port(process)}"
            session = _session(root, chromium, profile, width, height)
            try:
                page = Page(session)
                page.open("about:blank")  # away from the browser's own first page
                page.forget()
                yield page
            finally:
                _ask(session, method="DELETE")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its group: a stuck browser ends too
            process.communicate()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"started successfully on port (\d+)", line):
            return int(found[1])
    raise AssertionError("chromedriver did not start")


def _session(root: str, chromium: str, profile: str, width: int, height: int) -> str:
    options = {
        "binary": chromium,
        "args": [*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"],
    }
    capabilities = {
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
    }
    made = _ask(f"{root}/session", {"capabilities": {"alwaysMatch": capabilities}})
    session = f"{root}/session/{made['sessionId']}"
    # A window's size counts the browser's own bars; this is the page's.
    command = {"cmd": "Emulation.setDeviceMetricsOverride", "params": _metrics(width, height)}
    _ask(f"{session}/goog/cdp/execute", command)
    return session


def _metrics(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}


def _ask(url: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with OPENER.open(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except OSError as error:
        said = error.read().decode() if hasattr(error, "read") else ""
        raise AssertionError(f"chromedriver: {error} {said}") from error
