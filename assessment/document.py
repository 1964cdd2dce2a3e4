"""The assessment as a printed document: the same claims and pictures as the pages, set by typst.

The content goes to the template as JSON and is set there as it stands. The PDF is tagged and
accessible (PDF/UA-1, ISO 14289-1); typst stops where a picture has no text alternative.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from assessment.commentary import Commentary
from assessment.maps import FILLS
from assessment.reading import Assessment, Picture, appendix
from assessment.structure import CHAPTERS, LISTED, OFFENDERS_QUESTIONS, QUESTIONS
from warehouse.rows import Row

TEMPLATE = Path(__file__).parent / "typst" / "assessment.typ"
NAME = "assessment.pdf"
TITLE = "Partnership Strategic Assessment"
# What stands where there is no value.
NOTHING = "\u2013"
# Of the width of the page: a chart of one part needs not all of it.
ALONE_SHARE, BESIDE_SHARE = 0.86, 1.0
# Of a column's widest cell: longer ones are broken into lines.
NARROWEST, WIDEST = 5, 34
USED = re.compile(r'<use href="#')

Block = dict[str, Any]


def write_document(made: Assessment, path: Path) -> None:
    """Write the assessment as a PDF."""
    import typst  # loads its fonts: only where a document is made

    published = made.publication.get("published_at")
    path.write_bytes(
        typst.compile(
            TEMPLATE,
            root=TEMPLATE.parent,
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            sys_inputs={"data": json.dumps(content(made), ensure_ascii=False, default=str)},
            # The same inputs give the same bytes.
            timestamp=int(published.timestamp()) if isinstance(published, datetime) else 0,
        )
    )


def content(made: Assessment) -> dict[str, Any]:
    """All that the document says, in the order of reading, as the template takes it."""
    pictures = [picture for shown in made.pictures.values() for picture in shown]
    chapters = [
        {
            "name": chapter.name,
            "title": chapter.title,
            "numbered": True,
            "blocks": [],
            "sections": [
                {"title": section.title, "blocks": blocks}
                for section in chapter.sections
                if (blocks := _section(made, section.name))
            ],
        }
        for chapter in CHAPTERS
    ]
    chapters += [
        _appendix("appendix-a", "Appendix A: the topics", [_topic(made, t) for t in made.topics]),
        _appendix("appendix-b", "Appendix B: offenders", _offenders(made)),
        _appendix(
            "appendix-c",
            "Appendix C: the numbers of the figures",
            [{"title": "By figure", "blocks": [_numbers(picture) for picture in pictures]}],
        ),
        _appendix(
            "methods",
            "Methods",
            [
                {
                    "title": "Each test in a sentence",
                    "blocks": [
                        {
                            "kind": "terms",
                            "items": [
                                [row["name"], f"{row['method']} {row['reference']}."]
                                for row in made.methods
                            ],
                        }
                    ],
                }
            ],
        ),
        _appendix(
            "data-quality",
            "Data quality",
            [{"title": "What was received", "blocks": [_feeds(made)]}],
        ),
        _appendix(
            "glossary",
            "Glossary",
            [
                {
                    "title": "Terms of this assessment",
                    "blocks": [
                        {
                            "kind": "terms",
                            "items": [[row["term"], row["meaning"]] for row in made.glossary],
                        }
                    ],
                }
            ],
        ),
    ]
    return {
        "title": f"{TITLE}: {made.area['area_name']}, {made.period['period_label']}",
        "description": f"{made.partnership}: what the partners' records say, with tests and sources.",
        "partnership": made.partnership,
        "area": made.area["area_name"],
        "period": made.period["period_label"],
        "about": _about(made),
        "chapters": [chapter for chapter in chapters if chapter["sections"]],
        "claims": _csv(made.claims),
    }


def _appendix(name: str, title: str, sections: Iterable[Block]) -> Block:
    """A chapter without number; sections of nothing are left out."""
    return {
        "name": name,
        "title": title,
        "numbered": False,
        "blocks": [],
        "sections": [section for section in sections if any(section["blocks"])],
    }


def _about(made: Assessment) -> list[str]:
    start, end = made.period["period_start"], made.period["period_end"]
    lines = [f"The year from {start:%d %B %Y} to {end:%d %B %Y}."]
    if made.publication:
        published = made.publication["published_at"]
        lines.append(
            f"Publication {made.publication['publication_id']} of {published:%d %B %Y}, from "
            f"{made.publication['source_files']:,} files."
        )
    lines.append(
        "Every sentence of figures is a claim: its value, limits, test and files are in the pages "
        "beside this document, and in claims.csv, which is attached to it."
    )
    return lines


def _section(made: Assessment, name: str) -> list[Block]:
    blocks = _sentences(made.section(name), listed=name in LISTED)
    if name == "crime_overview":
        blocks += [_see("table-1"), _table_1(made)] if made.table_1 else []
    pictures = made.pictures.get(name, [])
    if pictures:
        blocks.append(_see(*(picture.name for picture in pictures)))
    blocks += [_picture(made, picture) for picture in pictures]
    return blocks + _commentary(made, name)


def _topic(made: Assessment, topic: str) -> Block:
    """The page of a topic: the six questions in their order."""
    name = appendix(topic)
    return {"title": topic.capitalize(), "blocks": _answers(made, name, QUESTIONS)}


def _offenders(made: Assessment) -> list[Block]:
    return [
        {"title": "The four questions", "blocks": _answers(made, "appendix_b", OFFENDERS_QUESTIONS)}
    ]


def _answers(made: Assessment, name: str, questions: dict[str, str]) -> list[Block]:
    blocks: list[Block] = []
    for question, title in questions.items():
        found = made.answers(name, question)
        pictures = made.pictures.get(f"{name}.{question}", [])
        if found or pictures:
            blocks.append({"kind": "question", "text": title})
        blocks += _sentences(found)
        if pictures:
            blocks.append(_see(*(picture.name for picture in pictures)))
        blocks += [_picture(made, picture) for picture in pictures]
    return blocks + _commentary(made, name)


def _sentences(found: Sequence[Sequence[Row]], *, listed: bool = False) -> list[Block]:
    said = [" ".join(claim["sentence"] for claim in paragraph) for paragraph in found]
    if listed and said:
        return [{"kind": "listed", "items": said}]
    return [{"kind": "sentences", "text": text} for text in said]


def _see(*names: str) -> Block:
    return {"kind": "see", "names": list(names)}


def _commentary(made: Assessment, section: str) -> list[Block]:
    found: Commentary | None = made.commentary.get(section)
    if found is None:
        return []
    return [
        {
            "kind": "commentary",
            "nodes": found.nodes,
            "changes": [change.sentence for change in found.changes],
        }
    ]


def _picture(made: Assessment, picture: Picture) -> Block:
    several = len(picture.parts) > 1
    images = []
    for label, svg in picture.parts:
        width, height = _size(svg)
        images.append(
            {
                "label": label,
                "svg": _standing_alone(str(svg), made.shapes),
                "alt": f"{label}: {picture.described}" if several else picture.described,
                "width": width / height if several else 1,
                "share": 1 if several else ALONE_SHARE,
            }
        )
    return {
        "kind": "picture",
        "name": picture.name,
        "caption": picture.title,
        "images": images,
        "source": picture.source,
        "numbers": f"numbers-{picture.name}",
        "legend": list(FILLS.items()) if picture.legend else [],
    }


def _size(svg: str) -> tuple[float, float]:
    box = re.search(r'viewBox="([^"]*)"', svg)
    if box is None:
        raise ValueError("an SVG without a viewBox")
    _, _, width, height = (float(number) for number in re.split(r"[\s,]+", box[1].strip()))
    return width, height


def _standing_alone(svg: str, shapes: str) -> str:
    """The SVG with the shapes in it to which those of a page refer."""
    svg = (
        svg
        if "xmlns=" in svg
        else svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    )
    defined = re.search(r"<defs>.*</defs>", str(shapes), re.DOTALL)
    if defined is None or not USED.search(svg):
        return svg
    end = svg.index(">") + 1
    return svg[:end] + defined[0] + svg[end:]


def _numbers(picture: Picture) -> Block:
    return _table(f"numbers-{picture.name}", picture.title, picture.head, picture.body)


def _table_1(made: Assessment) -> Block:
    head = [
        "Topic",
        "On the year before",
        "Trend",
        "County",
        "Similar areas",
        "Highest place",
        "Community",
    ]
    body = [
        [
            row["topic"].capitalize(),
            *(_verdict(row[key]) for key in ("change", "trend", "county", "group")),
            row["place"],
            row["community"]["category"] if row["community"] else None,
        ]
        for row in made.table_1
    ]
    return _table("table-1", "Each topic in words", head, body)


def _verdict(claim: Row | None) -> str | None:
    return claim["verdict"] if claim else None


def _feeds(made: Assessment) -> Block:
    head = ["Feed", "Months received", "Months expected", "Records", "Fields complete, %"]
    body = [
        [
            row["title"] or row["feed"],
            *(row[key] for key in ("months_received", "months_expected", "records")),
            row["completeness_percent"],
        ]
        for row in made.feeds
    ]
    return _table("table-feeds", "Records of the year, by feed", head, body)


def _table(name: str, caption: str, head: Sequence[str], body: Sequence[Sequence[Any]]) -> Block:
    """A table whose columns are as wide as their words ask, numbers to the right."""
    shown = [[_cell(value) for value in row] for row in body]
    columns = list(zip(head, *shown, strict=True))
    return {
        "kind": "table",
        "name": name,
        "caption": caption,
        "head": list(head),
        "body": shown,
        "numeric": [
            any(isinstance(row[i], (int, float)) for row in body)
            and all(row[i] is None or isinstance(row[i], (int, float)) for row in body)
            for i in range(len(head))
        ],
        "widths": [
            min(max(NARROWEST, *(len(cell) for cell in column)), WIDEST) for column in columns
        ],
    }


def _cell(value: Any) -> str:
    if value is None:
        return NOTHING
    return (
        f"{value:,.1f}"
        if isinstance(value, float)
        else (f"{value:,}" if isinstance(value, int) else str(value))
    )


def _csv(claims: Sequence[Row]) -> str:
    text = io.StringIO()
    if claims:
        columns = [name for name in claims[0] if name != "feeds"]
        rows = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        rows.writeheader()
        rows.writerows(claims)
    return text.getvalue()
