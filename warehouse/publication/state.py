"""What a publication would be computed from: equal states give equal publications."""

import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb

from warehouse.files import sha256_of
from warehouse.home import Home
from warehouse.home_tables import waivers_of
from warehouse.publication.store import current_folder, newest
from warehouse.settings import Settings
from warehouse.versions import definitions_hash, package_versions, software_version

# Settings that decide how a run works, not what it finds.
WITHOUT_EFFECT = frozenset(
    {
        "keep_publications",
        "settle_seconds",
        "memory_limit",
        "threads",
        "max_file_mb",
        "max_zip_members",
        "max_zip_ratio",
        "webserver_port",
        "alerts",
        "partner_group",
    }
)


def input_state(home: Home, settings: Settings, con: duckdb.DuckDBPyConnection) -> str:
    """A SHA-256 over everything the published tables depend on.

    The loaded files with their places in time (a newer file replaces an older one's month) and the
    contracts they were read by, those held or withdrawn, the settings, the home's standards and
    waivers and which of these have expired, the analysts' commentary, the definitions and the
    software's versions.
    """
    files = con.execute(
        "select feed, file_name, sha256, contract_sha256, status, "
        "coalesce(effective_at, landed_at)::varchar from quality.load_audit "
        "where status in ('loaded', 'held', 'withdrawn') order by file_id, file_name, sha256"
    ).fetchall()
    chosen = settings.model_dump(mode="json", exclude=set(WITHOUT_EFFECT))
    home_files = {
        path.name: sha256_of(path) if path.is_file() else None
        for path in (home.standards_file, home.waivers_file, home.removals_file)
    }
    texts = {
        path.relative_to(home.commentary).as_posix(): _hash_of(path)
        for path in sorted(home.commentary.rglob("*.md"))
        if path.is_file() and not path.is_symlink()
    }
    # The night after a waiver ends must not be one on which nothing changed.
    expired = [
        waiver.check_id for waiver in waivers_of(con).values() if waiver.expires < date.today()
    ]
    whole = [
        files,
        expired,
        chosen,
        home_files,
        texts,
        definitions_hash(),
        software_version(),
        package_versions(),
    ]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _hash_of(text: Path) -> str | None:
    """The hash of a commentary; one that cannot be read stops no night."""
    try:
        return sha256_of(text)
    except OSError:
        return None


def is_unchanged(home: Home, settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a run would publish again what was published last, so that it need not.

    Compares with the newest publication, not with the current one: after a rollback the next
    night must not bring back what was just taken away, until something new arrives.
    """
    last = newest(home)
    if last is None or current_folder(home) is None:
        return False
    return last[1].input_state == input_state(home, settings, con)
