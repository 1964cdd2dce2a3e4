"""The landing folder: which files are complete, and how one is taken, kept and cleared."""

import errno
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from warehouse.errors import FileRefused
from warehouse.files import link_or_copy, sha256_of, sync, write_whole
from warehouse.home import Home

# Programs that deliver files write under such a name and rename at the end.
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
BLOCK = 1 << 20
PUT_ELSEWHERE = "put files into landing/<partner>/<feed>/ (`csp feeds` lists the feeds)"
OWN_IT = "make the user that runs csp the owner of the folder, with chown"
LONGEST_NAME = 255  # bytes, of ext4, XFS and APFS


@dataclass(frozen=True)
class Landed:
    """One file (or link) in a feed's landing folder, as the listing found it."""

    feed: str
    path: Path
    size: int
    mtime_ns: int
    inode: int
    is_link: bool = False
    ctime_ns: int = 0

    @property
    def name(self) -> str:
        """The file's name as text that any table or page can hold."""
        name = os.fsencode(self.path.name).decode("utf-8", "replace")
        return _fitting("".join(letter if letter.isprintable() else "�" for letter in name))

    @property
    def landed_at(self) -> datetime:
        """Modification time, UTC without zone, to the microsecond a TIMESTAMP holds."""
        last = (datetime.max - datetime(1970, 1, 1)) // timedelta(microseconds=1)
        since = min(self.mtime_ns // 1000, last)
        return datetime(1970, 1, 1) + timedelta(microseconds=since)

    @property
    def lay_there_at(self) -> datetime:
        """A moment at which it lay in landing already (UTC without zone), whatever its own time."""
        return datetime(1970, 1, 1) + timedelta(microseconds=self.ctime_ns // 1000)

    @property
    def newness(self) -> tuple[int, str]:
        """Sort key: of two files of a feed, the greater is the newer."""
        return self.mtime_ns, self.name

    def unchanged(self) -> bool:
        """Whether the file is still, byte for byte as far as its entry tells, the one listed."""
        try:
            now = self.path.lstat()
        except FileNotFoundError:
            return False
        return (now.st_size, now.st_mtime_ns, now.st_ino) == (self.size, self.mtime_ns, self.inode)


@dataclass
class Listing:
    """What lies in landing: files in order of newness, and what is none of ours."""

    files: list[Landed] = field(default_factory=list)
    unfinished: list[Landed] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def listing(home: Home, feeds: Collection[str]) -> Listing:
    """The landed files of the feeds, oldest first within each feed, and messages about the rest.

    Folders that are no feed's, folders inside a feed's and special files are reported and left
    alone; names that begin with a dot are passed over (programs that deliver files use them).
    """
    found = Listing()
    for partner in _entries(home.landing):
        if not partner.is_dir(follow_symlinks=False):
            found.messages.append(_stray(home, partner, "lies outside a feed's folder"))
            continue
        for feed in _entries(Path(partner.path)):
            name = f"{partner.name}/{feed.name}"
            if not feed.is_dir(follow_symlinks=False):
                found.messages.append(_stray(home, feed, "lies outside a feed's folder"))
            elif not os.access(feed.path, os.R_OK | os.X_OK):
                found.messages.append(_stray(home, feed, "cannot be read by this user", OWN_IT))
            elif name in feeds:
                _list_feed(home, name, Path(feed.path), found)
            elif any(_entries(Path(feed.path))):
                found.messages.append(_stray(home, feed, "is the folder of no known feed"))
    found.files.sort(key=lambda landed: (landed.feed, *landed.newness))
    return found


def waiting(home: Home, feeds: Collection[str]) -> list[dict[str, Any]] | None:
    """The files that lie in landing: {"feed", "files", "oldest"} for each feed with one.

    oldest: modification time, UTC. None where this user may not look.
    """
    try:
        found = listing(home, feeds)
    except OSError:
        return None
    by_feed: dict[str, list[Landed]] = {}
    for landed in [*found.files, *found.unfinished]:
        by_feed.setdefault(landed.feed, []).append(landed)
    return [
        {
            "feed": feed,
            "files": len(files),
            "oldest": min(landed.landed_at for landed in files).isoformat(timespec="seconds") + "Z",
        }
        for feed, files in sorted(by_feed.items())
    ]


def settle(
    found: Listing,
    seconds: float,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[list[Landed], list[Landed]]:
    """Split the files into (complete, still being written).

    A file that has not changed for `seconds` is complete. If some are younger, wait once, no
    longer than that, and look again: one that changed meanwhile is left for the next run.
    """
    if not found.files:
        return [], found.unfinished
    # A time ahead of the clock (a sender's clock, kept by the copy) says nothing: age 0.
    youngest = min(max(0.0, now() - landed.mtime_ns / 1e9) for landed in found.files)
    if youngest < seconds:
        sleep(seconds - youngest)
    complete: list[Landed] = []
    growing: list[Landed] = []
    for landed in found.files:
        (complete if landed.unchanged() else growing).append(landed)
    return complete, growing + found.unfinished


def take(landed: Landed, folder: Path, max_bytes: int) -> tuple[Path, str] | None:
    """A private copy of the landed file in `folder`, and its SHA-256; None if it changed meanwhile.

    What is hashed, read and archived are the same bytes, whatever happens to the landed file. The
    copy has its modification time, which is its place in time (`csp rebuild` reads it).
    A file over `max_bytes` is linked instead of copied: it will be refused unread.
    Raises OSError when it cannot be read or copied.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = folder / landed.name
    copy.unlink(missing_ok=True)
    digest = hashlib.sha256()
    # A link put in the file's place since the listing is not followed; a pipe would not block.
    source = os.open(landed.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(source, "rb") as file:
        if os.fstat(file.fileno()).st_ino != landed.inode:
            return None
        if landed.size > max_bytes:
            # A link to another's file would stay its sender's, to write and to chmod.
            ours = landed.path.lstat().st_uid == os.geteuid()
            (link_or_copy if ours else shutil.copyfile)(landed.path, copy)
            while block := file.read(BLOCK):
                digest.update(block)
        else:
            with copy.open("wb") as out:
                while block := file.read(BLOCK):
                    digest.update(block)
                    out.write(block)
                out.flush()
                os.utime(out.fileno(), ns=(landed.mtime_ns, landed.mtime_ns))
                os.fsync(out.fileno())
    if not landed.unchanged():
        copy.unlink()
        return None
    return copy, digest.hexdigest()


def keep(copy: Path, folder: Path, sha256: str) -> Path:
    """Move a private copy to its place in archive or refused, read-only; the place.

    The place bears the file's name; where other bytes of that name lie there already, the name
    carries the beginning of the hash. Doing it twice, as after a crash, ends in the same place.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / copy.name
    if place.exists() and sha256_of(place) != sha256:
        place = folder / with_mark(copy.name, sha256)
    copy.chmod(0o400)
    try:
        copy.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:  # archive on a disk of its own: copy, then rename there
            raise
        draft = folder / f".{sha256[:12]}.draft"
        shutil.copy2(copy, draft)
        sync(draft)
        draft.chmod(0o400)
        draft.replace(place)
        copy.unlink()
    sync(folder)
    return place


def with_mark(name: str, sha256: str) -> str:
    """The name with the beginning of the hash, where other bytes have the name already."""
    first, dot, rest = name.partition(".")
    return _fitting(f"{first}.{sha256[:12]}{dot}{rest}")


def explain(place: Path, feed: str, name: str, sha256: str, refused: FileRefused) -> None:
    """Write `place`.reason.json: why the file (or member) was refused and what to do."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reason = {
        "feed": feed,
        "file": name,
        "sha256": sha256,
        "reason": refused.reason,
        "line": refused.line,
        "column": refused.column,
        "what_to_do": refused.what_to_do,
        "refused_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_whole(reason_file(place), json.dumps(reason, indent=2, ensure_ascii=False) + "\n")


def reason_file(place: Path) -> Path:
    """Where it is explained why the file at `place` (of a zip's member: its name) was refused."""
    return place.with_name(_fitting(f"{place.name}.reason.json"))


def clear(landed: Landed) -> None:
    """Take the file out of landing, unless another has been put in its place since."""
    if landed.unchanged():
        landed.path.unlink()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not entry.name.startswith(".")),
            key=lambda entry: entry.name,
        )


def _list_feed(home: Home, feed: str, folder: Path, found: Listing) -> None:
    for entry in _entries(folder):
        try:
            about = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # taken back since
            continue
        landed = Landed(
            feed,
            Path(entry.path),
            about.st_size,
            about.st_mtime_ns,
            about.st_ino,
            stat.S_ISLNK(about.st_mode),
            about.st_ctime_ns,
        )
        if stat.S_ISDIR(about.st_mode):
            found.messages.append(_stray(home, entry, "is a folder inside a feed's folder"))
        elif not (stat.S_ISREG(about.st_mode) or landed.is_link):
            found.messages.append(_stray(home, entry, "is not a file"))
        elif entry.name.lower().endswith(UNFINISHED):
            found.unfinished.append(landed)
        else:
            found.files.append(landed)


def _stray(home: Home, entry: os.DirEntry[str], what: str, mend: str = PUT_ELSEWHERE) -> str:
    place = os.fsencode(os.path.relpath(entry.path, home.root)).decode("utf-8", "replace")
    return f"{place} {what} and was left alone: {mend}."


def _fitting(name: str) -> str:
    """The name, cut in its middle if the file system would not take it."""
    if len(os.fsencode(name)) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:12]
    head = name.encode()[:150].decode(errors="ignore")
    tail = name.encode()[-60:].decode(errors="ignore")
    return f"{head}~{mark}~{tail}"
