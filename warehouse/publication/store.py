"""The publications kept: their folders, and which one is current."""

import contextlib
import os
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from warehouse.errors import CspError, UsageError
from warehouse.files import sync
from warehouse.home import Home
from warehouse.locking import RunLock
from warehouse.publication.manifest import (
    Manifest,
    changed_files,
    damaged_files,
    read_manifest,
)

ID = re.compile(r"(\d{8}T\d{6}Z)(?:-(\d+))?")
BUILDING = ".building-"
# Stands beside a finished folder until `current` points to it: after a kill in between, the
# folder was never published and is removed.
SWITCHING = ".switching-"
REMOVING = ".removing-"
LINK = ".current-"
PUBLIC = "public"
PUBLIC_ABOVE = ("parquet", "tables")

# What was published is written by nobody; these are read by the owner's group, too.
FILE_MODE = 0o440
FOLDER_MODE = 0o550
OF_GROUP = 0o070
# Of the public tier, and of the folders above it.
PUBLIC_FILE_MODE = 0o444
PUBLIC_FOLDER_MODE = 0o555


@dataclass(frozen=True)
class Publication:
    """One publication kept; `problem` says why its manifest cannot be read, if so."""

    id: str
    folder: Path
    is_current: bool
    run_id: str | None = None
    published_at: str | None = None
    source_files: int | None = None
    tables: int | None = None
    blocking_checks_passed: int | None = None
    problem: str | None = None


def list_publications(home: Home) -> list[Publication]:
    """What is kept, newest first."""
    current = current_folder(home)
    return [_describe(folder, current) for folder in reversed(_folders(home))]


def current_folder(home: Home) -> Path | None:
    """The folder `current` points to, or None before the first publication.

    Resolve once and read from the result: later reads of `current` may be another publication.
    """
    try:
        name = home.current.readlink().name
    except OSError:
        return None
    folder = home.published / name
    return folder if ID.fullmatch(name) and folder.is_dir() else None


def current_publication(home: Home) -> Publication | None:
    """The current publication, or None before the first."""
    folder = current_folder(home)
    return _describe(folder, folder) if folder else None


def named(home: Home, name: str) -> Path:
    """The folder of the kept publication of that id; UsageError where there is none."""
    folders = {folder.name: folder for folder in _folders(home)}
    if name not in folders:
        kept = ", ".join(reversed(folders)) or "none yet"
        raise UsageError(f"There is no publication {name}; kept: {kept}.")
    return folders[name]


def problems(publication: Publication, *, every_byte: bool = False) -> list[str]:
    """How a publication no longer is what its manifest says, one sentence each.

    Large files are read only where their size or time says that they changed, or with every_byte.
    """
    if publication.problem:
        return [publication.problem]
    compare = damaged_files if every_byte else changed_files
    try:
        return compare(publication.folder, read_manifest(publication.folder))
    except OSError as error:
        return [f"{error.filename or publication.folder} cannot be read: {error.strerror}"]


def newest(home: Home) -> tuple[Path, Manifest] | None:
    """The newest publication with a readable manifest, current or not."""
    for folder in reversed(_folders(home)):
        with contextlib.suppress(CspError):
            return folder, read_manifest(folder)
    return None


def new_id(home: Home, now: datetime) -> str:
    """An id after every id kept: the UTC second, with -2, -3 ... if it is taken.

    A clock that was set back does not make a publication older than those before it.
    """
    second = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    folders = _folders(home)
    if not folders:
        return second
    last, number = _order(folders[-1].name)
    return second if second > last else f"{last}-{number + 1}"


def make_current(
    home: Home, building: Path, publication_id: str, partner_group: str | None = None
) -> Path:
    """Make a finished, audited building folder the current publication, in one atomic step.

    Readers see the former publication or this one, whole. Everything is on disk before.
    partner_group: whose members read the partner tier; without it its owner alone does. The public
    tier is for all. Raises UsageError for a group that this user cannot give files to.
    """
    _protect(building, partner_group)
    for path in [*building.rglob("*"), building]:
        sync(path)
    marker = home.published / f"{SWITCHING}{publication_id}"
    marker.touch(mode=0o600)
    folder = home.published / publication_id
    building.rename(folder)
    _point_current(home, publication_id)
    marker.unlink()
    return folder


def _protect(building: Path, partner_group: str | None) -> None:
    """Give each file and folder the mode of its tier, whatever the umask was."""
    paths = {path: path.relative_to(building) for path in [building, *building.rglob("*")]}
    # The public ones last: a file of both tiers is one, by hard link.
    for path, inside in sorted(paths.items(), key=lambda item: _is_public(item[1])):
        folder = path.is_dir()
        if _is_public(inside):
            path.chmod(PUBLIC_FOLDER_MODE if folder else PUBLIC_FILE_MODE)
            continue
        mode = FOLDER_MODE if folder else FILE_MODE
        if partner_group is None:
            path.chmod(mode & ~OF_GROUP)
            continue
        try:
            shutil.chown(path, group=partner_group)
        except (LookupError, PermissionError) as error:
            raise UsageError(
                f"csp.yml, partner_group: {partner_group} is no group that this user may give "
                "files to. Make the user a member of it, or name another."
            ) from error
        path.chmod(mode)


def _is_public(inside: Path) -> bool:
    """Whether a path inside a publication is of the public tier, or a folder above it."""
    above = inside == Path() or inside.as_posix() in PUBLIC_ABOVE
    return above or PUBLIC in inside.parts[:2] or inside.name == f"{PUBLIC}.duckdb"


def prune(home: Home, keep: int, pinned: Collection[str] = ()) -> list[str]:
    """Remove the oldest beyond `keep`, never the current one nor those pinned; the ids removed."""
    current = current_folder(home)
    removed = []
    for folder in _folders(home)[:-keep]:
        if folder != current and folder.name not in pinned:
            _remove(home, folder)
            removed.append(folder.name)
    return removed


def clean(home: Home) -> list[str]:
    """Remove what a killed publish left; returns names. Call while holding the run lock."""
    if not home.published.is_dir():
        return []
    current = current_folder(home)
    removed = []
    for path in sorted(home.published.iterdir()):
        if path.name.startswith(SWITCHING):
            folder = home.published / path.name.removeprefix(SWITCHING)
            if folder.is_dir() and folder != current:
                _remove(home, folder)
                removed.append(folder.name)
            path.unlink()
        elif path.name.startswith(LINK):
            path.unlink()
        elif path.name.startswith((BUILDING, REMOVING)):
            _delete(path)
            removed.append(path.name)
    return removed


def rollback(home: Home, publication_id: str | None = None) -> Publication:
    """Make a kept publication current again: the one named, or the one before the current.

    Its files are first checked against its manifest. A run publishes again only when something
    new arrives, so a rollback stands over nights with nothing new. Raises UsageError where there
    is no such publication, CspError where a run is going on or the publication is damaged.
    """
    home.require()
    with RunLock(home):
        clean(home)
        folder = _chosen(home, publication_id)
        problems = damaged_files(folder, read_manifest(folder))
        if problems:
            raise CspError(
                f"Publication {folder.name} is damaged ({'; '.join(problems[:3])}); nothing was "
                "changed. Choose another of `csp publications`."
            )
        if folder != current_folder(home):
            _point_current(home, folder.name)
    return _describe(folder, folder)


def _chosen(home: Home, publication_id: str | None) -> Path:
    if publication_id is not None:
        return named(home, publication_id)
    folders, current = _folders(home), current_folder(home)
    earlier = [
        folder for folder in folders if current and _order(folder.name) < _order(current.name)
    ]
    if not earlier:
        raise UsageError(
            "There is no publication before the current one to go back to."
            if current
            else "Nothing is published yet: `csp run` makes the first publication."
        )
    return earlier[-1]


def _folders(home: Home) -> list[Path]:
    """The publications' folders, oldest first."""
    if not home.published.is_dir():
        return []
    unfinished = {
        path.name.removeprefix(SWITCHING) for path in home.published.glob(f"{SWITCHING}*")
    }
    current = current_folder(home)
    found = [
        path
        for path in home.published.iterdir()
        if ID.fullmatch(path.name)
        and path.is_dir()
        and not path.is_symlink()
        and (path.name not in unfinished or path == current)
    ]
    return sorted(found, key=lambda path: _order(path.name))


def _order(name: str) -> tuple[str, int]:
    match = ID.fullmatch(name)
    if match is None:
        raise ValueError(name)
    return match[1], int(match[2] or 1)


def _describe(folder: Path, current: Path | None) -> Publication:
    try:
        manifest = read_manifest(folder)
    except CspError as error:
        return Publication(folder.name, folder, folder == current, problem=str(error))
    return Publication(
        id=folder.name,
        folder=folder,
        is_current=folder == current,
        run_id=manifest.run_id,
        published_at=manifest.published_at,
        source_files=len(manifest.source_files),
        tables=len(manifest.tables.get("partner", {})),
        blocking_checks_passed=manifest.blocking_checks_passed,
    )


def _point_current(home: Home, name: str) -> None:
    """Point `current` at a publication: a rename over the old link, which no reader can miss."""
    link = home.published / f"{LINK}{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    sync(home.published)
    link.replace(home.current)
    sync(home.published)


def _remove(home: Home, folder: Path) -> None:
    """Take a publication out of the folder in one step, then delete it."""
    doomed = home.published / f"{REMOVING}{folder.name}"
    folder.rename(doomed)
    _delete(doomed)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for folder in [path, *(inner for inner in path.rglob("*") if inner.is_dir())]:
            folder.chmod(0o700)
        shutil.rmtree(path)
    else:
        path.unlink()
