"""Certificates of what was removed for good: counts, hashes and dates, never a value."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.files import write_whole
from warehouse.home import OWNER_ONLY, Home
from warehouse.users import user_name
from warehouse.versions import software_version


def certify(home: Home, what: str, content: dict[str, Any]) -> Path:
    """Write the certificate of an erasure, a purge or a rotation, and never again; its place."""
    home.certificates.mkdir(mode=OWNER_ONLY, exist_ok=True)
    now = datetime.now(UTC)
    said = {
        "certificate": what,
        "at": now.isoformat(timespec="seconds"),
        "by": user_name(),
        "software_version": software_version(),
        **content,
    }
    place = home.certificates / f"{now:%Y%m%dT%H%M%S%fZ}-{what}.json"
    write_whole(place, json.dumps(said, indent=2) + "\n", 0o400, replace=False)
    return place
