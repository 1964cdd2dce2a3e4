"""The analyst's hand: Markdown beside the generated sentences, and what changed since it was saved.

A text is read into a small tree of known nodes, of which the page's HTML and the document's
typst are made: what is not one of them (images, raw HTML, other links) cannot reach either.

What an analyst had in front of them is kept beside the texts, in `.figures.json`: for each text,
known by its hash and not by its time, the sentences of its section and the figures that it
quotes, as they stood when the text was first met.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from warehouse.files import write_whole

FIGURES = ".figures.json"
# Of a page of print some 3,000 letters fit: this is a book, and no longer a comment.
MOST_BYTES = 200_000
QUOTE = re.compile(r"\{\{\s*([^\s{}]{1,300})\s*\}\}")
LINK = re.compile(r"(https?://|mailto:)[^\s]+", re.IGNORECASE)
# A commentary stands inside a section: its own headings are below the section's.
HIGHEST_HEADING = 4
LOWEST_HEADING = 6

Claim = Mapping[str, Any]
Node = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A claim that reads otherwise than when the text was saved; None: it was, or is, not there."""

    claim_id: str
    was: str | None
    now: str | None

    @property
    def sentence(self) -> str:
        """What was said, and what is."""
        if self.was is None:
            return f"New: {self.now}"
        if self.now is None:
            return f"No longer said: {self.was}"
        return f"Was: {self.was} Now: {self.now}"


@dataclass(frozen=True)
class Commentary:
    """The text of one section, ready to print, and what its author should look at."""

    section: str
    nodes: list[Node]
    changes: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def html(self) -> str:
        """The text as HTML; a quoted figure is a link to its claim."""
        return "".join(_html(node) for node in self.nodes)


def read(
    folder: Path,
    claims: Iterable[Claim],
    sections: Collection[str],
    before: Iterable[Claim] | None = None,
) -> tuple[dict[str, Commentary], list[str]]:
    """The commentary of each section that has one, and what is wrong with other files.

    folder: one file `<section>.md` per section; it need not exist. claims: the rows of
    `assessment_claim` that the assessment is made of. sections: every name a file may have.
    before: the same rows of the publication before, which is what the author of a text that is
    new tonight had in front of them; without one this assessment's.
    Nothing is written: `remember` keeps what the authors had in front of them.
    """
    by_id = {str(claim["claim_id"]): claim for claim in claims}
    earlier = by_id if before is None else {str(claim["claim_id"]): claim for claim in before}
    kept = _kept(folder)
    found: dict[str, Commentary] = {}
    problems = []
    for path in _files(folder):
        section = path.stem
        if section not in sections:
            problems.append(
                f"{folder.name}/{path.name} is of no section of the assessment and is not "
                f"printed. Sections are: {', '.join(sorted(sections))}."
            )
            continue
        text = _text(path)
        if isinstance(text, Problem):
            problems.append(f"{folder.name}/{path.name} is not printed: {text.what}.")
            continue
        nodes, wrong = parse(text, by_id)
        seen = kept.get(section)
        if seen is None or seen["sha256"] != _hash(text):
            seen = _seen(section, text, earlier)
        now = _seen(section, text, by_id)
        found[section] = Commentary(
            section, nodes, _changes(seen["sentences"], now["sentences"]), tuple(wrong)
        )
    return found, problems


def remember(
    folder: Path,
    claims: Iterable[Claim],
    sections: Collection[str],
    before: Iterable[Claim] | None = None,
) -> None:
    """Keep what the author of each text had in front of them, where it is not kept yet.

    Arguments as of `read`; call it once the assessment is written. Raises OSError.
    """
    by_id = {str(claim["claim_id"]): claim for claim in (claims if before is None else before)}
    kept = _kept(folder)
    wanted = {}
    for path in _files(folder):
        text = _text(path)
        if path.stem not in sections or isinstance(text, Problem):
            continue
        seen = kept.get(path.stem)
        same = seen is not None and seen["sha256"] == _hash(text)
        wanted[path.stem] = seen if same else _seen(path.stem, text, by_id)
    if wanted != kept:
        said = json.dumps(wanted, indent=1, ensure_ascii=False, sort_keys=True)
        write_whole(folder / FIGURES, said + "\n", 0o640)


def advice(found: Mapping[str, Commentary], problems: Sequence[str], folder: str) -> list[str]:
    """One sentence for each text that somebody should read again or mend."""
    lines = list(problems)
    for section, commentary in found.items():
        name = f"{folder}/{section}.md"
        lines += [f"{name}: {problem}" for problem in commentary.problems]
        if commentary.changes:
            count = len(commentary.changes)
            what = "figure that it rests on has" if count == 1 else "figures that it rests on have"
            lines.append(
                f"{name} was saved before {count} {what} changed: the assessment shows them "
                "below the text. Read it again, and save it changed."
            )
    return lines


@dataclass(frozen=True)
class Problem:
    """Why a file cannot be read as a commentary."""

    what: str


def parse(text: str, claims: Mapping[str, Claim]) -> tuple[list[Node], list[str]]:
    """The text as nodes, and what is wrong with its quotations; claims: by claim_id."""
    tokens = _MARKDOWN.parse(text)
    wrong: list[str] = []
    return _blocks(tokens, claims, wrong), list(dict.fromkeys(wrong))


def _quoted(state: StateInline, silent: bool) -> bool:
    """The inline rule of `{{ claim_id }}`; in code it stays as it is written."""
    match = QUOTE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("claim", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.enable("table").disable(["image", "html_block", "html_inline"])
    markdown.inline.ruler.before("link", "claim", _quoted)
    # Whatever does not begin as these do stays text, brackets and all.
    markdown.validateLink = lambda url: LINK.fullmatch(url) is not None  # type: ignore[method-assign]
    return markdown


_MARKDOWN = _markdown()
_BLOCKS = {
    "paragraph": "paragraph",
    "bullet_list": "bullets",
    "ordered_list": "numbers",
    "list_item": "item",
    "blockquote": "quote",
    "table": "table",
    "thead": "head",
    "tbody": "body",
    "tr": "row",
    "th": "header",
    "td": "cell",
}
_INLINE = {"strong": "strong", "em": "emphasis", "link": "link"}


def _blocks(tokens: Sequence[Token], claims: Mapping[str, Claim], wrong: list[str]) -> list[Node]:
    top: list[Node] = []
    open_: list[list[Node]] = [top]
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.nesting == 1:
            node: Node = {"kind": _BLOCKS.get(name, name), "children": []}
            if name == "heading":
                node["level"] = min(HIGHEST_HEADING - 1 + int(token.tag[1:]), LOWEST_HEADING)
            if name == "ordered_list":
                node["start"] = int(token.attrs.get("start", 1))
            open_[-1].append(node)
            open_.append(node["children"])
        elif token.nesting == -1:
            open_.pop()
        elif token.type == "inline":
            open_[-1].extend(_inline(token.children or [], claims, wrong))
        elif token.type in ("fence", "code_block"):
            open_[-1].append({"kind": "code", "text": token.content})
        elif token.type == "hr":
            open_[-1].append({"kind": "line"})
    return top


def _inline(tokens: Sequence[Token], claims: Mapping[str, Claim], wrong: list[str]) -> list[Node]:
    top: list[Node] = []
    open_: list[list[Node]] = [top]
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.nesting == 1:
            node: Node = {"kind": _INLINE[name], "children": []}
            if name == "link":
                node["to"] = str(token.attrs["href"])
            open_[-1].append(node)
            open_.append(node["children"])
        elif token.nesting == -1:
            open_.pop()
        elif token.type == "claim":
            open_[-1].append(_claim(token.content, claims, wrong))
        elif token.type in ("softbreak", "hardbreak"):
            open_[-1].append(
                {"kind": "text", "text": " "} if token.type == "softbreak" else {"kind": "break"}
            )
        elif token.type == "code_inline":
            open_[-1].append({"kind": "mono", "text": token.content})
        else:
            open_[-1].append({"kind": "text", "text": token.content})
    return top


def _claim(claim_id: str, claims: Mapping[str, Claim], wrong: list[str]) -> Node:
    claim = claims.get(claim_id)
    if claim is None:
        wrong.append(f"it quotes {claim_id}, which is no claim of this assessment.")
        return {"kind": "unknown", "text": f"[no claim {claim_id}]"}
    figure = claim["figure"]
    if figure is None:
        wrong.append(f"it quotes {claim_id}, of which there is no figure.")
        return {"kind": "unknown", "text": f"[no figure of {claim_id}]"}
    return {"kind": "claim", "id": claim_id, "text": str(figure)}


def _html(node: Node) -> str:
    kind = node["kind"]
    inner = "".join(_html(child) for child in node.get("children", ()))
    text = escape(node.get("text", ""))
    tags = {
        **{"paragraph": "p", "bullets": "ul", "item": "li", "quote": "blockquote", "row": "tr"},
        **{"head": "thead", "body": "tbody", "cell": "td", "strong": "strong", "emphasis": "em"},
    }
    if kind in tags:
        return f"<{tags[kind]}>{inner}</{tags[kind]}>"
    made = {
        "text": lambda: text,
        "mono": lambda: f"<code>{text}</code>",
        "code": lambda: f"<pre><code>{text}</code></pre>",
        "break": lambda: "<br>",
        "line": lambda: "<hr>",
        "unknown": lambda: f'<strong class="unknown">{text}</strong>',
        "claim": lambda: f'<a class="claim" href="{claim_href(node["id"])}">{text}</a>',
        "link": lambda: f'<a href="{escape(node["to"])}" rel="noreferrer">{inner}</a>',
        "heading": lambda: f"<h{node['level']}>{inner}</h{node['level']}>",
        "numbers": lambda: f'<ol start="{node["start"]}">{inner}</ol>',
        "header": lambda: f'<th scope="col">{inner}</th>',
        "table": lambda: f'<div class="wide" tabindex="0"><table>{inner}</table></div>',
    }
    return made[kind]()


def claim_href(claim_id: str) -> str:
    """Where the page of the claims tells of one."""
    return escape(f"claims.html#{claim_id}")


def _seen(section: str, text: str, claims: Mapping[str, Claim]) -> dict[str, Any]:
    """What a text rests on: its section's sentences, and those of the claims that it quotes."""
    quoted = set(QUOTE.findall(text))
    return {
        "sha256": _hash(text),
        "sentences": {
            claim_id: str(claim["sentence"])
            for claim_id, claim in sorted(claims.items())
            if claim["section"] == section or claim_id in quoted
        },
    }


def _changes(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(claim_id, was.get(claim_id), now.get(claim_id))
        for claim_id in sorted({*was, *now})
        if was.get(claim_id) != now.get(claim_id)
    )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if not path.name.startswith("."))


def _text(path: Path) -> str | Problem:
    """The text of a file of the folder itself: a link could lead to what nobody may read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return Problem("it is a link" if path.is_symlink() else f"{error.strerror}")
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            return Problem("it is not a plain file")
        if about.st_nlink > 1:
            return Problem("it is a link")
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return Problem(f"it is longer than {MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Problem("it is not UTF-8 text")


def _hash(text: str) -> str:
    """Of what is said: not of line ends or of space at the end, which editors change unasked."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _kept(folder: Path) -> dict[str, Any]:
    """What is kept of the texts; nothing where the file is damaged, which then is written anew."""
    try:
        content = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        section: seen
        for section, seen in content.items()
        if isinstance(seen, dict)
        and isinstance(seen.get("sha256"), str)
        and isinstance(seen.get("sentences"), dict)
    }
