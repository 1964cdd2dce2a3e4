"""What a file is by its first bytes, whatever its name says, and the mend of a misnamed one."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from warehouse.errors import FileRefused

Expected = Literal["csv", "csv.gz", "zip", "xlsx", "geojson"]

HEAD_BYTES = 4096
# The names of an OLE document's streams may stand anywhere in it; so far they are looked for.
SEARCHED_BYTES = 64 << 20
BLOCK = 1 << 20

EXPECTED = {
    "csv": "plain text as its name says",
    "csv.gz": "a gzip as its name says",
    "zip": "a zip archive as its name says",
    "xlsx": "an .xlsx workbook as its name says",
    "geojson": "GeoJSON as its name says",
}
# What is found, in words, and the mend.
FOUND = {
    "protected": (
        "a workbook protected by a password",
        "Open it with the password, take the password off, save it as .xlsx and land that.",
    ),
    "xls": (
        "an old Excel workbook (.xls)",
        "Open it in Excel, save it as Excel Workbook (.xlsx) or CSV UTF-8, and land that.",
    ),
    "ole": (
        "an old Office document",
        "Land the table itself: save it as .xlsx or CSV UTF-8.",
    ),
    "xlsb": (
        "a binary Excel workbook (.xlsb)",
        "Open it in Excel, save it as Excel Workbook (.xlsx) or CSV UTF-8, and land that.",
    ),
    "ods": (
        "an OpenDocument file",
        "Save it as .xlsx or CSV UTF-8, and land that.",
    ),
    "docx": (
        "a Word or PowerPoint document",
        "Land the table itself: save it as .xlsx or CSV UTF-8.",
    ),
    "xlsx": (
        "an .xlsx workbook",
        "Name it .xlsx if the feed takes workbooks, else save it as CSV UTF-8 and land that.",
    ),
    "zip": (
        "a zip archive",
        "Unpack it and land its files, or name it .zip if the feed takes zip.",
    ),
    "gzip": ("a gzip", "Unpack it and land what was in it, or name it .csv.gz."),
    "archive": ("an archive of another kind", "Unpack it and land its files."),
    "pdf": ("a PDF", "Ask the sender for the table that it was printed from."),
    "rtf": ("a Rich Text document", "Save it as CSV UTF-8 and land that."),
    "picture": ("a picture", "Ask the sender for the table that it shows."),
    "database": ("a database or a Parquet file", "Export the table as CSV UTF-8 and land that."),
    "utf16": ("UTF-16 text", "Save it again as CSV UTF-8 and land that."),
    "html": (
        "a web page",
        "Open it in a browser to see what it says: it may be a page that asks for a login. "
        "If it holds the table, open it in Excel, save it as .xlsx or CSV UTF-8, and land that.",
    ),
    "xml": (
        "XML",
        "Open it in Excel, save it as Excel Workbook (.xlsx) or CSV UTF-8, and land that.",
    ),
    "text": ("plain text", "Name it .csv if it is one and the feed takes it, or save it as .xlsx."),
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The first bytes of what has no business here; the longer beginnings first.
BEGINNINGS = (
    (b"SQLite format 3\0", "database"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"{\\rtf", "rtf"),
    (b"%PDF", "pdf"),
    (b"PAR1", "database"),
    (b"GIF8", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"BZh", "archive"),
    (b"\x1f\x8b", "gzip"),
    (b"\xff\xfe", "utf16"),
    (b"\xfe\xff", "utf16"),
)
WEB = (b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<meta", b"<style", b"<script")
WANTED = {"csv": "text", "geojson": "text", "csv.gz": "gzip", "zip": "zip", "xlsx": "xlsx"}


def require_content(path: Path, expected: Expected) -> None:
    """FileRefused, saying what the file is, if its bytes are not of the format its name says.

    An empty file and a zip whose directory cannot be read are left to their readers.
    """
    found = kind_of(path)
    if found in ("empty", "damaged zip") or found == WANTED[expected]:
        return
    what, mend = FOUND[found]
    raise FileRefused(f"the file is {what}, not {EXPECTED[expected]}", mend=mend)


def kind_of(path: Path) -> str:
    """A key of FOUND, `empty`, or `damaged zip` where a zip's directory cannot be read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        return "empty"
    if head.startswith(OLE):
        return _kind_of_ole(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _kind_of_zip(path)
    for beginning, kind in BEGINNINGS:
        if head.startswith(beginning):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(WEB) or (text.startswith((b"<?xml", b"<!--")) and b"<html" in text):
        return "html"
    return "xml" if text.startswith(b"<?xml") else "text"


def _kind_of_ole(path: Path) -> str:
    streams = {"protected": "EncryptedPackage", "xls": "Workbook", "older": "Book"}
    wanted = {kind: name.encode("utf-16-le") for kind, name in streams.items()}
    found = {kind for block in _overlapping(path) for kind, name in wanted.items() if name in block}
    if "protected" in found:
        return "protected"
    return "xls" if found else "ole"


def _overlapping(path: Path) -> Iterator[bytes]:
    """The file's first SEARCHED_BYTES in blocks, each with the last bytes of the one before."""
    before = b""
    with path.open("rb") as file:
        for _ in range(SEARCHED_BYTES // BLOCK):
            block = file.read(BLOCK)
            if not block:
                return
            yield before + block
            before = block[-64:]


def _kind_of_zip(path: Path) -> str:
    try:
        require_small_directory(path)
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, FileRefused):
        return "damaged zip"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "[Content_Types].xml" in names:
        parts = {name.split("/")[0] for name in names}
        return "docx" if parts & {"word", "ppt"} else "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else "zip"


# What a zip's directory may take: each of the most members allowed with a long name.
DIRECTORY_BYTES_EACH = 1 << 10


def require_small_directory(path: Path, max_members: int = 20_000) -> None:
    """FileRefused if a zip's directory is too long for the members allowed: it is read whole."""
    size = _directory_bytes(path)
    if size > max(max_members * DIRECTORY_BYTES_EACH, BLOCK):
        raise FileRefused(
            f"the zip archive's directory has {size:,} bytes, more than its {max_members:,} "
            "members allowed can need",
            mend="Split it, or raise max_zip_members in csp.yml.",
        )


def _directory_bytes(path: Path) -> int:
    """The size of a zip's central directory as its end record states it (APPNOTE 4.3.14, 4.3.16).

    0 where there is no end record. What the record states is what Python's reader reads.
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, length - (1 << 16) - 22))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            return 0
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        locator = tail[at - 20 : at] if at >= 20 else b""
        if locator.startswith(b"PK\x06\x07"):
            file.seek(int.from_bytes(locator[8:16], "little") % (1 << 62))
            record = file.read(56)
            if record.startswith(b"PK\x06\x06"):
                size = max(size % 0xFFFFFFFF, int.from_bytes(record[40:48], "little"))
    return size
