"""Bytes of the demo's files: CSV, zip and xlsx that come out the same on every run.

Nothing here reads a clock: members of zips carry a fixed time. The xlsx is the smallest workbook
that the readers of spreadsheets accept (one XML part per sheet, texts in the cells), written with
the standard library so that the demo needs no package of its own.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from xml.sax.saxutils import escape

MEMBER_TIME = (2011, 5, 1, 6, 0, 0)
Cell = str | int | float | None


def table(name: str) -> list[dict[str, str]]:
    """The rows of one of this folder's own tables, `<name>.csv`."""
    text = resources.files("demo").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def csv_bytes(
    rows: Iterable[Sequence[Cell]],
    *,
    line_end: str = "\n",
    byte_order_mark: bool = False,
    encoding: str = "utf-8",
) -> bytes:
    """Rows as CSV, UTF-8 unless said, quoted only where a cell needs it."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode("utf-8-sig" if byte_order_mark else encoding)


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """A zip of the members in the order given."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, MEMBER_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, content)
    return stream.getvalue()


def xlsx_bytes(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook with one sheet per entry; None leaves a cell empty."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": _content_types(len(names)),
        "_rels/.rels": _relationships({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _workbook(names),
        "xl/_rels/workbook.xml.rels": _relationships(
            {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in _numbers(names)}
        ),
    }
    for number, rows in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows)
    return zip_bytes({name: xml.encode() for name, xml in parts.items()})


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SCHEMAS = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMAS}/spreadsheetml/2006/main"
_RELATIONSHIPS = f"{_SCHEMAS}/officeDocument/2006/relationships"


def _numbers(names: Sequence[str]) -> range:
    return range(1, len(names) + 1)


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    package = "application/vnd.openxmlformats-package.relationships+xml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_SCHEMAS}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{package}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f"{overrides}</Types>"
    )


def _relationships(targets: Mapping[str, tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="{key}" Type="{_RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return (
        f'{_XML}<Relationships xmlns="{_SCHEMAS}/package/2006/relationships">'
        f"{links}</Relationships>"
    )


def _workbook(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(names, start=1)
    )
    return (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONSHIPS}">'
        f"<sheets>{sheets}</sheets></workbook>"
    )


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    lines = "".join(
        f'<row r="{number}">{"".join(_cells(number, row))}</row>'
        for number, row in enumerate(rows, start=1)
    )
    return f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _cells(number: int, row: Sequence[Cell]) -> Iterable[str]:
    """A row's cells; the demo's sheets have fewer than 26 columns."""
    for column, value in enumerate(row):
        place = f"{chr(ord('A') + column)}{number}"
        if isinstance(value, str):
            yield f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        elif value is not None:
            yield f'<c r="{place}"><v>{value}</v></c>'
