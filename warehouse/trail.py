"""The trail: a line of access.log for each command that read or changed anything of a home.

A line says when, who, which command, of which publication, which tables, and how it ended. It never
holds a value or the text of a query.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.users import user_name

# The owner's group may add to it and read nothing of it.
MODE = 0o620


@dataclass
class Entry:
    """What a command says of itself while it goes on."""

    command: str
    publications: list[str] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)
    exit_status: int = 0


_current: ContextVar[Entry | None] = ContextVar("entry of the trail", default=None)


def tell(*publications: str, tables: Iterable[str] = ()) -> None:
    """Note which publications and tables the command going on has to do with."""
    entry = _current.get()
    if entry is not None:
        entry.publications += [each for each in publications if each not in entry.publications]
        entry.tables.update(tables)


@contextmanager
def recording(
    home: Home, command: str, unwritten: Callable[[str], None] = lambda problem: None
) -> Iterator[Entry]:
    """Write a line when the block ends, however it ends, if there is a home by then.

    unwritten: is told in a sentence why the line could not be written, which stops nothing: a full
    disk must not keep a night from being mended.
    """
    entry = Entry(command)
    before = _current.set(entry)
    try:
        yield entry
    except BaseException as error:
        entry.exit_status = error.exit_code if isinstance(error, CspError) else 1
        raise
    finally:
        _current.reset(before)
        if home.csp_yml.is_file():
            try:
                _append(home, entry)
            except OSError as error:
                unwritten(
                    f"this command is not in {home.access_log}: {error.strerror}. Its owner "
                    f"gives the group leave to add lines: chmod 620 {home.access_log}"
                )


def _append(home: Home, entry: Entry) -> None:
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "user": user_name(),
        "command": entry.command,
        "publications": entry.publications,
        "tables": sorted(entry.tables),
        "exit_status": entry.exit_status,
    }
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(home.access_log, flags)
    except FileNotFoundError:
        handle = os.open(home.access_log, flags | os.O_CREAT, 0o600)
        os.fchmod(handle, MODE)
    try:
        # One write: lines of two commands at once do not mix.
        os.write(handle, (json.dumps(line, ensure_ascii=False) + "\n").encode())
    finally:
        os.close(handle)
