"""Whether every number of a page has a source: a claim, a table or a picture that names its own.

A page says so by attributes: `data-claim` on a sentence, whose text must be the claim's to the
letter, `data-source` on whatever else holds numbers from the warehouse. Text outside has no digit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
UNSEEN = frozenset({"style", "script"})
# Most of a page are the shapes of its pictures, which hold no text.
SHAPES = re.compile(r"<(?:path|use|line|circle|rect)\b[^>]*/>")


class _Reader(HTMLParser):
    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.sentences = sentences
        self.open: list[tuple[str, str | None, bool]] = []  # tag, claim, whether it has a source
        self.said: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        named = dict(attrs)
        claim = named.get("data-claim")
        sourced = bool(claim or named.get("data-source") or tag in UNSEEN)
        if claim:
            self.said = []
        self.open.append((tag, claim, sourced or bool(self.open and self.open[-1][2])))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing stands inside."""

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            name, claim, _ = self.open.pop()
            if claim:
                self._compare(claim, "".join(self.said).strip())
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if any(claim for _, claim, _ in self.open):
            self.said.append(data)
        elif not (self.open and self.open[-1][2]) and any(c.isdigit() for c in data):
            self.faults.append(f"no source: {data.strip()[:80]}")

    def _compare(self, claim: str, said: str) -> None:
        if claim not in self.sentences:
            self.faults.append(f"no such claim: {claim}")
        elif self.sentences[claim] != said:
            self.faults.append(f"not the claim's words: {claim}")


def faults(page: str, sentences: Mapping[str, str]) -> list[str]:
    """What of a page has no source, in words; sentences: those of the claims, by claim_id."""
    reader = _Reader(sentences)
    reader.feed(SHAPES.sub("", page))
    reader.close()
    return reader.faults
