"""The assessment as a printed document: the page itself, set for paper by typst.

What the page says is read from its HTML, so that the two cannot say different things. It goes to
the template as JSON, where each string is set as it stands. The PDF is tagged and accessible
(PDF/UA-1, ISO 14289-1): typst stops where a picture has no text alternative.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from itertools import takewhile
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).parent / "typst" / "assessment.typ"
NAME = "assessment.pdf"
TITLE = "Partnership Strategic Assessment"

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
HEADINGS = {"h2": 1, "h3": 2, "h4": 3, "h5": 4, "h6": 5}
INLINE = {"strong": "strong", "b": "strong", "em": "emphasis", "cite": "emphasis", "i": "emphasis"}
# Of the page alone: contents and header, how to click, and words for who cannot see a symbol.
LEFT_OUT = frozenset({"contents", "cover", "screen", "unseen", "shapes"})
# What HTML takes for a space: a no-break space is none.
BLANK = " \t\n\r\f"
SPACE = re.compile(rf"[{BLANK}]+")
OUTSIDE = re.compile(r"(https?://|mailto:)")
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
# A column is as wide as its longest cell, within these letters: longer ones are broken. The space
# beside it is about so many more.
NARROWEST, WIDEST, BESIDE = 5, 34, 3

Block = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """What the title page names, and when the data were published (UTC)."""

    partnership: str
    area: str
    period: str
    about: tuple[str, ...]
    published_at: datetime | None = None


def write_document(page: str, subject: Subject, path: Path, claims: str = "") -> None:
    """Write the PDF of a page; claims: a CSV of the claims, which is attached to it.

    The same page and subject give the same bytes.
    """
    import typst  # loads its fonts: only where a document is made

    published = subject.published_at
    data = {
        "title": f"{TITLE}: {subject.area}, {subject.period}",
        "kind": TITLE,
        "partnership": subject.partnership,
        "area": subject.area,
        "period": subject.period,
        "about": subject.about,
        "blocks": blocks(page),
        "claims": claims,
    }
    path.write_bytes(
        typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=int(published.replace(tzinfo=UTC).timestamp()) if published else 0,
        )
    )


def blocks(page: str) -> list[Block]:
    """What the page's main part says, in the order of reading, as the template takes it.

    Numbers that the page hides below a picture come last, as a chapter of tables.
    """
    drawn = SVG.findall(page)
    numbers = iter(range(len(drawn)))
    root = parsed(SVG.sub(lambda _: f"<svg data-n={next(numbers)}></svg>", page))
    shapes = dict(re.findall(r'(<g id="[^"]+">)(.*?</g>)', "".join(drawn), re.DOTALL))
    reader = _Reader([_standing_alone(svg, shapes) for svg in drawn])
    main = next(root.all("main"), root)
    found = _referring(list(reader.flow(main)))
    if reader.numbers:
        found += [
            {"kind": "heading", "level": 1, "numbered": False, "name": "numbers"}
            | {"inline": [_text("The numbers of the figures")]},
            *reader.numbers,
        ]
    known = {block["name"] for block in _every(found) if block.get("name")}
    for node in _every(found):
        if node["kind"] == "inside" and node["to"] not in known:
            node["kind"] = "span"
    return found


@dataclass
class Element:
    """An element of the page; children are elements and text."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attrs.get("class", "").split())

    def elements(self) -> Iterator[Element]:
        """Its own elements."""
        return (child for child in self.children if isinstance(child, Element))

    def all(self, *tags: str) -> Iterator[Element]:
        """The elements of these tags inside it, at any depth."""
        for child in self.elements():
            if child.tag in tags:
                yield child
            yield from child.all(*tags)

    def text(self) -> str:
        """Its words, on one line."""
        parts = (c if isinstance(c, str) else c.text() for c in self.children)
        return SPACE.sub(" ", "".join(parts)).strip(BLANK)


def parsed(page: str) -> Element:
    """A page as its elements, inside one called ``page``."""
    tree = _Tree()
    tree.feed(page)
    tree.close()
    return tree.root


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


class _Reader:
    """Elements as blocks; `numbers` collects the tables that the page hides below pictures."""

    def __init__(self, drawn: list[str]) -> None:
        self.drawn = drawn
        self.numbers: list[Block] = []
        self.tables = 0
        self.numbered = True

    def flow(self, parent: Element) -> Iterator[Block]:
        """The blocks of an element; loose words between them are a paragraph."""
        loose: list[Element | str] = []
        for child in [*parent.children, Element("end")]:
            if isinstance(child, str) or child.tag in ("a", "br", "code", "small", "span", *INLINE):
                loose.append(child)
                continue
            if inline := self.inline(loose):
                yield {"kind": "paragraph", "inline": inline}
            loose = []
            if not child.classes & LEFT_OUT:
                yield from self.block(child)

    def block(self, element: Element) -> Iterator[Block]:
        """The blocks that one element gives."""
        tag = element.tag
        made: dict[str, Callable[[Element], Iterable[Block]]] = {
            "p": self._paragraph,
            "ul": self._list,
            "ol": self._list,
            "dl": self._terms,
            "table": self._table,
            "figure": self._picture,
            "pre": lambda it: [{"kind": "code", "text": it.text()}],
            "hr": lambda _: [{"kind": "line"}],
            "blockquote": lambda it: [{"kind": "quote", "blocks": list(self.flow(it))}],
        }
        if "commentary" in element.classes:
            yield {"kind": "commentary", "blocks": list(self.flow(element))}
        elif tag in HEADINGS:
            yield {
                "kind": "heading",
                "level": HEADINGS[tag],
                "numbered": self.numbered,
                "name": "",
                "inline": self.inline(element.children),
            }
        elif tag in made:
            yield from made[tag](element)
        elif tag not in ("nav", "svg", "style", "script", "end"):
            yield from self._part(element)

    def _part(self, element: Element) -> Iterator[Block]:
        """A part of the page; its anchor is its heading's, and an appendix has no number."""
        if "chapter" in element.classes:
            self.numbered = "numbered" in element.classes
        name = element.attrs.get("id", "")
        for block in self.flow(element):
            if name and block["kind"] == "heading":
                block["name"], name = block["name"] or name, ""
            yield block

    def _paragraph(self, element: Element) -> Iterator[Block]:
        if inline := self.inline(element.children):
            kind = "source" if element.classes & {"source", "note"} else "paragraph"
            yield {"kind": kind, "inline": inline}

    def _list(self, element: Element) -> Iterator[Block]:
        items = [list(self.flow(item)) for item in element.elements()]
        if any(items):
            start = int(element.attrs.get("start") or 1)
            yield {"kind": element.tag, "start": start, "items": items}

    def _terms(self, element: Element) -> Iterator[Block]:
        terms = [self.inline(term.children) for term in element.all("dt")]
        meanings = [list(self.flow(meaning)) for meaning in element.all("dd")]
        if terms:
            yield {
                "kind": "terms",
                "items": [list(pair) for pair in zip(terms, meanings, strict=True)],
            }

    def _table(self, element: Element, name: str = "") -> Iterator[Block]:
        self.tables += 1
        caption = next(element.all("caption"), None)
        rows = [list(row.elements()) for row in element.all("tr")]
        head = [row for row in rows if all(cell.tag == "th" for cell in row)]
        width = max((sum(_span(cell) for cell in row) for row in rows), default=0)
        if not head or not width:
            return
        widths = [NARROWEST] * width
        for row in rows:
            for i, cell in enumerate(row):
                if _span(cell) == 1:
                    widths[i] = min(max(widths[i], len(cell.text())), WIDEST)
        yield {
            "kind": "table",
            "name": name or f"table-{self.tables}",
            "caption": caption.text() if caption else "",
            "widths": [width + BESIDE for width in widths],
            # A heading stands where its column's cells do.
            "head": [
                self._cell(cell) | {"right": any(_is_number(row, i) for row in rows[1:])}
                for i, cell in enumerate(rows[0])
            ],
            "body": [[self._cell(cell) for cell in row] for row in rows[1:]],
        }

    def _cell(self, cell: Element) -> Block:
        return {
            "kind": "cell",
            "inline": self.inline(cell.children),
            "span": _span(cell),
            "right": "n" in cell.classes,
        }

    def _picture(self, element: Element) -> Iterator[Block]:
        name = element.attrs.get("id") or f"figure-{len(self.numbers)}"
        caption = next(element.all("figcaption"), Element("figcaption")).text()
        images = []
        for part in element.all("svg"):
            svg = self.drawn[int(part.attrs["data-n"])]
            label = re.search(r'aria-label="([^"]*)"', svg)
            box = re.search(r'viewBox="\S+ \S+ (\S+) ([^"\s]+)"', svg)
            if label is None or box is None:
                raise ValueError(f"the picture {name} has no text alternative or no size")
            images.append(
                {
                    "svg": svg,
                    "alt": unescape(label[1]),
                    "ratio": float(box[1]) / float(box[2]),
                }
            )
        titles = [p.text() for p in element.all("p") if "label" in p.classes]
        source = next((p.text() for p in element.all("p") if "source" in p.classes), "")
        hidden = f"numbers-{name}"
        tables = [block for each in element.all("table") for block in self._table(each, hidden)]
        folded = any(True for _ in element.all("details"))
        if folded:
            self.numbers += [table | {"caption": caption} for table in tables]
        yield {
            "kind": "picture",
            "name": name,
            "caption": caption,
            "images": images,
            "small": any("many" in part.classes for part in element.all("div")),
            "titles": titles if len(titles) == len(images) else [""] * len(images),
            "legend": [list(_swatch(item)) for item in element.all("li")],
            "source": source,
            "numbers": hidden if tables else "",
        }
        if not folded:
            yield from tables

    def inline(self, children: Iterable[Element | str]) -> list[Block]:
        """Words with their emphasis and links; nothing where there are none."""
        found = list(self._inline(children))
        for node in found:
            if node["kind"] != "text" or node["text"].strip():
                return _trimmed(found)
        return []

    def _inline(self, children: Iterable[Element | str]) -> Iterator[Block]:
        for child in children:
            if isinstance(child, str):
                yield _text(SPACE.sub(" ", child))
                continue
            if child.classes & LEFT_OUT or child.tag == "wbr":
                continue
            inner = list(self._inline(child.children))
            href = child.attrs.get("href", "")
            if child.tag == "br":
                yield {"kind": "break"}
            elif child.tag == "code":
                yield {"kind": "mono", "text": child.text()}
            elif child.tag in INLINE:
                yield {"kind": INLINE[child.tag], "inline": inner}
            elif OUTSIDE.match(href):
                yield {"kind": "link", "to": href, "inline": inner}
            elif href.startswith("#"):
                yield {"kind": "inside", "to": href[1:], "inline": inner}
            else:
                yield from inner


def _text(text: str) -> Block:
    return {"kind": "text", "text": text}


def _trimmed(found: list[Block]) -> list[Block]:
    if found[0]["kind"] == "text":
        found[0] = _text(found[0]["text"].lstrip(BLANK))
    if found[-1]["kind"] == "text":
        found[-1] = _text(found[-1]["text"].rstrip(BLANK))
    return found


def _is_number(row: list[Element], i: int) -> bool:
    return i < len(row) and "n" in row[i].classes


def _span(cell: Element) -> int:
    return int(cell.attrs.get("colspan") or 1)


def _swatch(item: Element) -> tuple[str, str]:
    """The name and the colour of an entry of a legend."""
    styles = [span.attrs.get("style", "") for span in item.all("span")]
    colour = re.search(r"#[0-9a-fA-F]{3,8}", " ".join(styles))
    return item.text(), colour[0] if colour else "#ffffff"


def _standing_alone(svg: str, shapes: dict[str, str]) -> str:
    """The SVG as a file of its own, with those of the page's shapes in it to which it refers."""
    end = svg.index(">") + 1
    opening = svg[:end]
    if "xmlns=" not in opening:
        opening = opening.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    # Of a map's shapes single ones are named by what follows the hyphen.
    used = {name.split("-")[0] for name in re.findall(r'<use href="#([^"]+)"', svg)}
    wanted = [opened + inner for opened, inner in shapes.items() if opened[7:-2] in used]
    return opening + (f"<defs>{''.join(wanted)}</defs>" if wanted else "") + svg[end:]


def _referring(found: list[Block]) -> list[Block]:
    """With a paragraph before each run of pictures and tables that names them by their numbers."""
    made: list[Block] = []
    shown = ("picture", "table", "source")
    for i, block in enumerate(found):
        if block["kind"] in shown[:2] and (i == 0 or found[i - 1]["kind"] not in shown):
            run = list(takewhile(lambda each: each["kind"] in shown, found[i:]))
            # The table of a picture stands below it.
            names = [each["name"] for each in run if each["kind"] == "picture"] or [
                each["name"] for each in run if each["kind"] == "table"
            ]
            made.append({"kind": "see", "names": names})
        made.append(block)
    return made


def _every(found: Any) -> Iterator[Block]:
    """All nodes, at any depth."""
    if isinstance(found, dict):
        if "kind" in found:
            yield found
        for value in found.values():
            yield from _every(value)
    elif isinstance(found, list):
        for value in found:
            yield from _every(value)
