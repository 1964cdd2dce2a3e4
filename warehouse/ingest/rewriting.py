"""Archived and refused files without the rows of somebody who was erased."""

import gzip
import io
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, cast

from warehouse.contract import Contract
from warehouse.errors import FileRefused
from warehouse.faults import refusing
from warehouse.files import sha256_of, sync
from warehouse.ingest.removal import Removals
from warehouse.reading import Limits, batches
from warehouse.reading.header import Header
from warehouse.reading.identifiers import normal_identifier
from warehouse.reading.sources import open_source
from warehouse.reading.values import value_of

# What may part two texts in a line that no contract reads.
PARTS = re.compile(r'[,;\t|"]|[\r\n]+')


def lines_of_erased(
    path: Path, contract: Contract, removals: Removals, limits: Limits, workdir: Path
) -> set[int]:
    """The physical lines of a file, 1-based, that belong to rows of somebody who was erased.

    Read by the contract; a row that does not split into its cells, and a file that breaks the
    contract, by every text in it. Raises FileRefused for a file that is no text at all.
    """
    workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _by_contract(path, contract, removals, limits, workdir)
    except FileRefused:
        with refusing(), _plain(path) as file:
            lines = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="\n")
            return {
                number
                for number, line in enumerate(lines, start=1)
                if _names_erased(line, contract, removals)
            }
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def _by_contract(
    path: Path, contract: Contract, removals: Removals, limits: Limits, workdir: Path
) -> set[int]:
    found: set[int] = set()
    with refusing(), closing(batches(path, contract, limits, workdir)) as reader:
        for members in reader:
            for member in members:
                if member.refused:
                    raise member.refused
                source = open_source(member, contract)
                broken = []
                for record in source.rows():
                    if record.line <= source.header.last_line:
                        continue
                    if record.problem is not None:
                        broken.append((record.line, record.last_line))
                    elif removals.is_of_erased(
                        contract, _said(contract, source.header, record.cells)
                    ):
                        found.update(range(record.line, record.last_line + 1))
                for (line, last), text in zip(broken, source.raw_text(iter(broken)), strict=True):
                    if _names_erased(text, contract, removals):
                        found.update(range(line, last + 1))
    return found


def _said(contract: Contract, header: Header, cells: list[str]) -> dict[str, str]:
    return {
        name: value_of(contract, contract.column(name), cells[at]) or ""
        for name, at in header.positions.items()
        if at < len(cells) and contract.column(name).identifier
    }


def _names_erased(line: str, contract: Contract, removals: Removals) -> bool:
    """Whether a text of the line is the identifier of somebody who was erased."""
    columns = {c.identifier: c for c in contract.columns if c.identifier}
    return any(
        removals.names(contract.feed, kind, normal_identifier(text, column.leading_zeros))
        for text in PARTS.split(line)
        if text.strip()
        for kind, column in columns.items()
    )


def write_without(path: Path, lines: set[int], draft: Path) -> tuple[str, str]:
    """Write the file without these lines to `draft`; the SHA-256 of that and of its plain bytes."""
    plain = draft.with_name(f"{draft.name}.plain")
    with _plain(path) as source, plain.open("wb") as out:
        for number, line in enumerate(_lines(source), start=1):
            if number not in lines:
                out.write(line)
    of_plain = sha256_of(plain)
    if path.suffix.lower() == ".gz":
        with (
            plain.open("rb") as source,
            draft.open("wb") as packed,
            gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as out,
        ):
            shutil.copyfileobj(source, out)
        plain.unlink()
    else:
        plain.replace(draft)
    sync(draft)
    return sha256_of(draft), of_plain


@contextmanager
def _plain(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        if path.suffix.lower() == ".gz":
            yield cast(IO[bytes], gzip.GzipFile(fileobj=file))
        else:
            yield file


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines with their ends; of a file without line feeds, which returns end, those."""
    first = file.readline()
    if b"\r" in first and not first.endswith(b"\n"):
        yield from first.splitlines(keepends=True)
    else:
        yield first
    yield from file
