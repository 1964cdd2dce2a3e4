"""Whether `csp up` serves a home, and which of its triggers somebody turned off."""

import contextlib
import json
import os
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import quote

from warehouse.home import Home
from warehouse.locking import holder

# Dagster's table of what was turned on or off; what never was has no row.
STOPPED = "select instigator_body from instigators where status = 'STOPPED'"


def state(home: Home) -> dict[str, Any] | None:
    """{"running": {"pid", "started_at"} or None, "stopped": names of schedules and sensors}.

    None where this user may not look. Dagster's own file is read, for importing Dagster takes
    longer than an answer may.
    """
    if not os.access(home.dagster, os.R_OK | os.X_OK):
        return None
    held = holder(home.service_lock_file)
    running = held and {key: held[key] for key in ("pid", "started_at")}
    return {"running": running, "stopped": _stopped(home)}


def _stopped(home: Home) -> list[str]:
    path = home.dagster / "schedules" / "schedules.db"
    found = []
    # Before Dagster made the file nothing was turned off.
    with (
        contextlib.suppress(sqlite3.Error, OSError),
        closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as con,
    ):
        for (body,) in con.execute(STOPPED).fetchall():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                found.append(str(json.loads(body)["origin"]["job_name"]))
    return sorted(found)
