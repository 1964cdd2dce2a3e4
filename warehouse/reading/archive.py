"""Unpack a landed file safely into plain members, one batch ahead of whoever loads them.

A landed file is a plain file, a gzip of one, or a zip of many. Nothing in an archive is believed:
sizes are counted on the bytes really unpacked, names never become paths, links and encrypted
members are refused. A bad member is refused alone, so that the good ones load.
"""

import functools
import gzip
import hashlib
import lzma
import re
import stat
import threading
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from warehouse.contract import Contract
from warehouse.errors import FileRefused
from warehouse.faults import refusing
from warehouse.files import sha256_of
from warehouse.reading.content import Expected, require_content, require_small_directory
from warehouse.reading.names import MemberNames, Verdict, plain_name
from warehouse.reading.textfile import TextFile, open_text
from warehouse.reading.workbook import HARMLESS_BYTES, LAND_AGAIN, check_workbook

# About what DuckDB reads in the time the next batch takes to unpack; measured 2026-11 on the
# all-forces archive (80 members, 159 MB): 16 to 64 MB differ by less than the noise.
BATCH_BYTES = 40 << 20
BATCH_MEMBERS = 400
BLOCK = 1 << 20
# A member's size as its directory states it may be any number; an audit table holds 63 bits.
LARGEST_STATED = (1 << 63) - 1
# The bytes before a member's data, at least (APPNOTE 4.3.7).
LOCAL_HEADER_BYTES = 30
# What a damaged member makes a decompressor say.
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)


@dataclass(frozen=True)
class Limits:
    """How much a landed file may unpack to: bytes a member, members, and unpacked/packed bytes."""

    max_bytes: int = 2 << 30
    max_members: int = 20_000
    max_ratio: int = 200


@dataclass(frozen=True)
class Member:
    """One file to read: a landed file itself, or a member of a landed zip, unpacked to `path`."""

    name: str
    label: str  # 'file.csv' or 'archive.zip/folder/member.csv'
    size: int = 0  # bytes, unpacked
    sha256: str = ""  # of those bytes; empty if they could not be read
    path: Path | None = None
    text: TextFile | None = None  # of a csv: its encoding and shape
    refused: FileRefused | None = None
    skipped: str | None = None  # the reason, of a member the feed does not want


def batches(
    path: Path,
    contract: Contract,
    limits: Limits,
    workdir: Path,
    batch_bytes: int = BATCH_BYTES,
) -> Generator[list[Member], None, None]:
    """The members of a landed file, a few at a time; the next few are unpacked meanwhile.

    Unpacked copies live in `workdir` (a folder of the caller's, empty) until the next batch is
    asked for. Close the iterator (`contextlib.closing`) if it may not be read to its end.
    FileRefused if the landed file as a whole cannot be read.
    """
    unpacked = members(path, contract, limits, workdir)
    with ThreadPoolExecutor(1, thread_name_prefix="unpack") as pool:
        coming = pool.submit(_take, unpacked, batch_bytes)
        while batch := coming.result():
            coming = pool.submit(_take, unpacked, batch_bytes)
            yield batch
            for member in batch:
                _remove(member, keep=path)


def _take(unpacked: Iterator[Member], batch_bytes: int) -> list[Member]:
    batch: list[Member] = []
    size = 0
    for member in unpacked:
        batch.append(member)
        size += member.size
        if size >= batch_bytes or len(batch) >= BATCH_MEMBERS:
            break
    return batch


def _remove(member: Member, keep: Path) -> None:
    for copy in (member.path, member.text.path if member.text else None):
        if copy is not None and copy != keep:
            copy.unlink(missing_ok=True)


def members(
    path: Path, contract: Contract, limits: Limits, workdir: Path
) -> Generator[Member, None, None]:
    """The members of a landed file in order of name, each unpacked when it is reached."""
    kind = contract.file_format(path.name)
    if kind is None:
        wanted = ", ".join(f".{ending}" for ending in contract.files.formats)
        raise FileRefused(
            f"{contract.feed} takes {wanted} files, not this one",
            mend=f"Land it as one of {wanted}, or in the folder of its own feed.",
        )
    if path.is_symlink() or not path.is_file():
        raise FileRefused("it is a link or not a file", mend="Land the file itself, as a copy.")
    if kind == "zip":
        yield from _zip_members(path, contract, limits, workdir)
    elif kind == "csv.gz":
        yield _gzip_member(path, contract, limits, workdir)
    else:
        yield _plain_member(path, contract, limits, workdir)


def _plain_member(path: Path, contract: Contract, limits: Limits, workdir: Path) -> Member:
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise _too_big(limits)
    _require_format(path, limits)
    plain = path
    if set("*?[") & set(path.name):  # DuckDB would take the name for a pattern
        plain = workdir / f"member{path.suffix}"
        plain.symlink_to(path.resolve())
    return _finished(path.name, path.name, plain, size, sha256_of(path), contract, workdir)


def _gzip_member(path: Path, contract: Contract, limits: Limits, workdir: Path) -> Member:
    target = workdir / "member.csv"
    packed = path.stat().st_size
    require_content(path, "csv.gz")
    try:
        with gzip.open(path) as source:
            size, sha256 = _unpack(source, target, packed, limits)  # type: ignore[arg-type]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileRefused("the gzip file is damaged or cut short", mend=LAND_AGAIN) from error
    _require_format(target, limits)
    name = path.name[: -len(".gz")]
    return _finished(name, path.name, target, size, sha256, contract, workdir)


def _zip_members(
    path: Path, contract: Contract, limits: Limits, workdir: Path
) -> Generator[Member, None, None]:
    require_content(path, "zip")
    require_small_directory(path, limits.max_members)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileRefused(
            "the zip archive cannot be opened; it is damaged or cut short", mend=LAND_AGAIN
        ) from error
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        # Of two members, the later name is the newer.
        infos.sort(key=lambda info: plain_name(info.filename))
        if len(infos) > limits.max_members:
            raise FileRefused(
                f"the zip archive has {len(infos):,} members, more than the {limits.max_members:,} "
                "allowed",
                mend="Split it, or raise max_zip_members in csp.yml.",
            )
        _refuse_overlapping(archive)
        names = MemberNames(contract.files)
        judged = [(info, names.verdict(plain_name(info.filename))) for info in infos]
        if all(verdict == "other" for _, verdict in judged):
            example = f" (a name such as {contract.files.like})" if contract.files.like else ""
            raise FileRefused(
                f"no member of the zip archive is one of {contract.feed}{example}",
                mend="Land the publisher's archive as published.",
            )
        room = max(limits.max_ratio * path.stat().st_size, HARMLESS_BYTES)
        spent = threading.Event()  # once more was unpacked than is allowed, nothing else is
        unpacking = functools.partial(_zip_member, archive, limits, contract, workdir, spent)
        tasks = (
            functools.partial(unpacking, path.name, number, info, verdict, problem)
            for number, (info, verdict, problem) in enumerate(_judged(judged))
        )
        for member in _two_ahead(tasks):
            room -= member.size if member.path else 0
            if room < 0:
                spent.set()
                _remove(member, keep=path)
                refusal = _a_bomb(limits)
                yield Member(member.name, member.label, refused=refusal)
            else:
                yield member


def _refuse_overlapping(archive: zipfile.ZipFile) -> None:
    """FileRefused if two members share bytes of the archive: so a few kB hold many gigabytes."""
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            break
        end = info.header_offset + LOCAL_HEADER_BYTES + info.compress_size
    else:
        if end <= archive.start_dir or not archive.infolist():
            return
    raise FileRefused(
        "members of the zip archive overlap, as in one made to exhaust a machine",
        mend=LAND_AGAIN,
    )


def _two_ahead(tasks: Iterable[Callable[[], Member]]) -> Generator[Member, None, None]:
    """What the tasks return, in order; two run at once, as inflating and hashing need no lock."""
    with ThreadPoolExecutor(2, thread_name_prefix="member") as pool:
        coming: deque[Future[Member]] = deque()
        for task in tasks:
            coming.append(pool.submit(task))
            if len(coming) > 2:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def _judged(
    infos: Iterable[tuple[zipfile.ZipInfo, Verdict]],
) -> Iterator[tuple[zipfile.ZipInfo, Verdict, FileRefused | None]]:
    seen: set[str] = set()
    for info, verdict in infos:
        name = plain_name(info.filename)
        yield info, verdict, _unsafe(info, name, seen)
        seen.add(name.casefold())


def _unsafe(info: zipfile.ZipInfo, name: str, seen: set[str]) -> FileRefused | None:
    """Why a member must not be unpacked, known from the archive's directory alone."""
    parts = PurePosixPath(name).parts
    mode = info.external_attr >> 16
    if not parts or ".." in parts or parts[0] == "/" or re.match(r"[A-Za-z]:", name):
        why = "its name leads out of the archive"
    elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        why = "it is a link or a special file"
    elif info.flag_bits & 0x1:
        why = "it is encrypted"
    elif name.casefold() in seen:
        why = "its name appears twice in the archive"
    else:
        return None
    return FileRefused(f"the zip member is refused: {why}", mend=LAND_AGAIN)


def _unwanted(verdict: Verdict, contract: Contract) -> FileRefused | None:
    """Why a member that was surely meant for the feed, or hides others, is refused by name."""
    if verdict == "archive":
        return FileRefused(
            "the zip member is an archive within the archive",
            mend="Unpack it and land its files, or land it by itself.",
        )
    if verdict == "nearly":
        example = contract.files.like or f"those that {contract.file} says"
        return FileRefused(
            f"the zip member's name is nearly one of {contract.feed} (such as {example}), and "
            "is not",
            mend="Give it the official name and pack it again, or leave it out if it is a copy.",
        )
    return None


def _zip_member(
    archive: zipfile.ZipFile,
    limits: Limits,
    contract: Contract,
    workdir: Path,
    spent: threading.Event,
    archive_name: str,
    number: int,
    info: zipfile.ZipInfo,
    verdict: Verdict,
    problem: FileRefused | None,
) -> Member:
    name = printable(plain_name(info.filename))
    label = f"{archive_name}/{name}"
    if verdict == "other" and problem is None:
        stated = min(info.file_size, LARGEST_STATED)
        return Member(name, label, stated, skipped="not of this feed")
    problem = (
        problem or _unwanted(verdict, contract) or (_a_bomb(limits) if spent.is_set() else None)
    )
    if problem is not None:
        return Member(name, label, refused=problem)
    target = workdir / f"{number:05d}{PurePosixPath(name).suffix.lower()}"
    try:
        with refusing():
            with archive.open(info) as source:
                size, sha256 = _unpack(source, target, info.compress_size, limits)
            _require_format(target, limits)
    except FileRefused as refusal:
        target.unlink(missing_ok=True)
        if isinstance(refusal.__cause__, DAMAGE):
            why = "the zip member is damaged or cut short"
            cause, refusal = refusal.__cause__, FileRefused(why, mend=LAND_AGAIN)
            refusal.__cause__ = cause
        return Member(name, label, refused=refusal)
    return _finished(name, label, target, size, sha256, contract, workdir)


def _require_format(path: Path, limits: Limits) -> None:
    """FileRefused if the bytes of an unpacked file are not what its name's ending says."""
    kinds: dict[str, Expected] = {".csv": "csv", ".xlsx": "xlsx"}
    expected = kinds.get(path.suffix.lower(), "geojson")
    require_content(path, expected)
    if expected == "xlsx":
        check_workbook(path, limits.max_ratio)


def printable(name: str) -> str:
    """A name as tables, pages and terminals can hold it: nothing that moves a cursor or a line."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def _unpack(source: IO[bytes], target: Path, packed: int, limits: Limits) -> tuple[int, str]:
    """Copy to `target`, counting; bytes and their SHA-256. FileRefused beyond a limit."""
    digest = hashlib.sha256()
    size = 0
    with target.open("wb") as out:
        while block := source.read(BLOCK):
            size += len(block)
            if size > limits.max_bytes:
                raise _too_big(limits)
            if size > max(packed * limits.max_ratio, HARMLESS_BYTES):
                raise _a_bomb(limits)
            digest.update(block)
            out.write(block)
    return size, digest.hexdigest()


def _a_bomb(limits: Limits) -> FileRefused:
    return FileRefused(
        f"it unpacks to more than {limits.max_ratio} times its packed size, as an "
        "archive made to fill a disk does",
        mend="Check with the sender; raise max_zip_ratio in csp.yml if it is genuine.",
    )


def _too_big(limits: Limits) -> FileRefused:
    return FileRefused(
        f"the file is larger than the {limits.max_bytes:,} bytes allowed",
        mend="Split it, or raise max_file_mb in csp.yml.",
    )


def _finished(
    name: str,
    label: str,
    path: Path,
    size: int,
    sha256: str,
    contract: Contract,
    workdir: Path,
) -> Member:
    """The member, and for a csv its encoding and shape (or why it cannot be read as text)."""
    text: TextFile | None = None
    refused: FileRefused | None = None
    if path.suffix.lower() == ".csv":
        try:
            with refusing():
                text = open_text(path, contract.delimiter, workdir)
        except FileRefused as refusal:
            refused = refusal
    return Member(name, label, size, sha256, path, text, refused)
