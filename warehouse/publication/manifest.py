"""manifest.json: what a publication holds, where it came from, and the hashes that prove it."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from warehouse.errors import CspError
from warehouse.files import sha256_of
from warehouse.messages import safe_message

NAME = "manifest.json"
# So much is read in no time; most of a publication's files are smaller.
SMALL_BYTES = 65_536


@dataclass(frozen=True)
class TableEntry:
    """One table of one tier: rows, and a fingerprint of its columns, comments and content.

    key: the columns that no two rows share, where there are some; older manifests name none.
    """

    rows: int
    fingerprint: str
    parquet: str
    key: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FileEntry:
    """One file of the publication, by its path inside it."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class SourceFile:
    """One loaded file behind the figures; sha256 is of its plain bytes, rows those accepted."""

    feed: str
    file: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """The content of manifest.json; tables by tier and name, files by path."""

    publication_id: str
    run_id: str
    published_at: str
    software_version: str
    git_commit: str | None
    packages: dict[str, str]
    input_state: str
    blocking_checks_passed: int
    checks: dict[str, int]
    source_files: list[SourceFile]
    tables: dict[str, dict[str, TableEntry]] = field(default_factory=dict)
    files: dict[str, FileEntry] = field(default_factory=dict)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json into the publication's folder."""
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a publication's folder. Raises CspError where it is absent or unreadable."""
    path = folder / NAME
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        content["source_files"] = [SourceFile(**entry) for entry in content["source_files"]]
        content["files"] = {name: FileEntry(**entry) for name, entry in content["files"].items()}
        content["tables"] = {
            tier: {name: TableEntry(**entry) for name, entry in tables.items()}
            for tier, tables in content["tables"].items()
        }
        return Manifest(**content)
    except OSError as error:
        raise CspError(
            f"The publication's {path} cannot be read: {safe_message(error)}."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CspError(
            f"{path} is not a publication's manifest ({safe_message(error)}): "
            "the publication is damaged."
        ) from error


def describe_files(folder: Path) -> dict[str, FileEntry]:
    """Every file below the folder but the manifest, with its size and SHA-256.

    Hard links to one inode are read once.
    """
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / NAME
    }
    inodes = {path.stat().st_ino: path for path in paths.values()}
    with ThreadPoolExecutor(max_workers=2) as pool:
        hashes = dict(zip(inodes, pool.map(sha256_of, inodes.values()), strict=True))
    return {
        name: FileEntry(bytes=path.stat().st_size, sha256=hashes[path.stat().st_ino])
        for name, path in paths.items()
    }


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """What differs between the folder's files and its manifest, one sentence each."""
    return _differences(describe_files(folder), manifest)


def changed_files(folder: Path, manifest: Manifest) -> list[str]:
    """What shows without reading every file to differ from the manifest, one sentence each.

    Names and sizes of all are compared; hashed are only small files, and those whose time of
    modification is after the manifest's, for nothing writes into a publication once it is whole.
    """
    written = (folder / NAME).stat().st_mtime_ns
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path == folder / NAME:
            continue
        name, about = path.relative_to(folder).as_posix(), path.stat()
        stated = manifest.files.get(name)
        if (
            stated is not None
            and about.st_size == stated.bytes
            and about.st_size > SMALL_BYTES
            and about.st_mtime_ns <= written
        ):
            found[name] = stated
        else:
            found[name] = FileEntry(about.st_size, sha256_of(path))
    return _differences(found, manifest)


def _differences(found: dict[str, FileEntry], manifest: Manifest) -> list[str]:
    problems = [f"{name} is missing" for name in manifest.files if name not in found]
    problems += [f"{name} is not in the manifest" for name in found if name not in manifest.files]
    problems += [
        f"{name} differs from its hash"
        for name, entry in found.items()
        if name in manifest.files and entry != manifest.files[name]
    ]
    return problems
