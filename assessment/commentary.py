"""The analyst's hand: Markdown beside the generated sentences, and what changed since it was saved.

A safe subset of Markdown: no images, no HTML, no links but to the web, to
mailboxes and to places on the page.

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
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from warehouse.files import write_whole

FIGURES = ".figures.json"
# Of a page of print some 3,000 letters fit: this is a book, and no longer a comment.
MOST_BYTES = 200_000
QUOTE = re.compile(r"\{\{\s*([^\s{}]{1,300})\s*\}\}")
# To the web, to a mailbox, or to a place on the page.
LINK = re.compile(r"(https?://|mailto:)\S+|#\S*", re.IGNORECASE)
# A commentary stands inside a section: its own headings are below the section's.
HIGHEST_HEADING = 4
LOWEST_HEADING = 6

MOST_CHANGES_SHOWN = 12
BY = "The partnership's commentary"
CHANGED = "This was written before these figures changed:"

Claim = Mapping[str, Any]


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
    text: str
    changes: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def html(self) -> str:
        """What stands below the section's sentences: the text as safe HTML, and its warning."""
        shown = [change.sentence for change in self.changes[:MOST_CHANGES_SHOWN]]
        if len(self.changes) > MOST_CHANGES_SHOWN:
            shown.append(f"And {len(self.changes) - MOST_CHANGES_SHOWN} more.")
        said = "".join(f"<li>{escape(sentence)}</li>" for sentence in shown)
        warning = (
            f'<div class="changed"><p><strong>{CHANGED}</strong></p><ul>{said}</ul></div>'
            if said
            else ""
        )
        return f'<p class="by">{BY}</p>{self.text}{warning}'


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
    for path in files(folder):
        section = path.stem
        if section not in sections:
            problems.append(
                f"{folder.name}/{path.name} is of no section of the assessment and is not "
                f"printed. Sections are: {', '.join(sorted(sections))}."
            )
            continue
        text = text_of(path)
        if isinstance(text, Problem):
            problems.append(f"{folder.name}/{path.name} is not printed: {text.what}.")
            continue
        html, wrong = rendered(text, by_id)
        seen = kept.get(section)
        if seen is None or seen["sha256"] != _hash(text):
            seen = _seen(section, text, earlier)
        now = _seen(section, text, by_id)
        found[section] = Commentary(
            section, html, _changes(seen["sentences"], now["sentences"]), tuple(wrong)
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
    for path in files(folder):
        text = text_of(path)
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


def rendered(text: str, claims: Mapping[str, Claim]) -> tuple[str, list[str]]:
    """The text as safe HTML, and what is wrong with its quotations; claims: by claim_id."""
    told: dict[str, Any] = {"claims": claims, "wrong": []}
    html = _MARKDOWN.render(text, told)
    return html, list(dict.fromkeys(told["wrong"]))


def _quoted(state: StateInline, silent: bool) -> bool:
    """The inline rule of `{{ claim_id }}`; in code it stays as it is written."""
    match = QUOTE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("claim", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _below_the_section(state: StateCore) -> None:
    """Headings of a commentary are below the section's."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            level = min(HIGHEST_HEADING - 1 + int(token.tag[1:]), LOWEST_HEADING)
            token.tag = f"h{level}"


def _claim(
    renderer: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, told: EnvType
) -> str:
    """A quoted figure as the link to its claim; in words what is wrong with it, where it is."""
    claim_id = tokens[i].content
    claim = told["claims"].get(claim_id)
    if claim is not None and claim["figure"] is not None:
        return f'<a class="claim" href="{claim_href(claim_id)}">{escape(claim["figure"])}</a>'
    what = "no claim" if claim is None else "no figure of"
    wrong = "which is no claim of this assessment" if claim is None else "which has no figure"
    told["wrong"].append(f"it quotes {claim_id}, {wrong}.")
    return f'<strong class="unknown">[{what} {escape(claim_id)}]</strong>'


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.enable("table").disable(["image", "html_block", "html_inline"])
    markdown.inline.ruler.before("link", "claim", _quoted)
    markdown.core.ruler.push("below_the_section", _below_the_section)
    markdown.add_render_rule("claim", _claim)
    # Whatever does not begin as these do stays text, brackets and all.
    markdown.validateLink = _is_link  # type: ignore[method-assign]
    return markdown


def _is_link(url: str) -> bool:
    return LINK.fullmatch(url) is not None


_MARKDOWN = _markdown()


def claim_href(claim_id: str) -> str:
    """Where the page of the claims tells of one."""
    return escape(f"claims.html#{quote(claim_id)}")


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


def files(folder: Path) -> list[Path]:
    """The texts of a folder, of which some may not be printable."""
    return sorted(path for path in folder.glob("*.md") if not path.name.startswith("."))


def text_of(path: Path) -> str | Problem:
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
