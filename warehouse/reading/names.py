"""Judge the names of a zip's members: those of the feed, those that are nearly, and others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from warehouse.contract import Files

Verdict = Literal["wanted", "nearly", "archive", "other"]

ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz")
# What Macintosh and Windows add to an archive: nobody's data.
SYSTEM_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}
# A name that no publisher gives: a pattern that takes it asks for the ending alone.
ANY_STEM = "any name at all"
ENDINGS = (".csv", ".xlsx", ".geojson", ".json")
# Words that copying and hurry put before or after a name: `copy of`, `(1)`, `v2 final`.
MOST_WORDS_ADDED = 2
SEPARATORS = re.compile(r"[\s_()\[\]+-]+")


def plain_name(name: str) -> str:
    """A member's name with `/` between folders, however the program that packed it wrote them."""
    return name.replace("\\", "/")


@dataclass(frozen=True)
class MemberNames:
    """The names that a feed takes of a zip's members; case does not matter."""

    files: Files

    def verdict(self, name: str) -> Verdict:
        """Whether a member (by its plain name) is the feed's, nearly so, an archive or another's.

        Nearly: with another ending, separator or folder, or without a word or two at an end, it
        would be the feed's.
        """
        path = PurePosixPath(name)
        system = path.name.startswith("._") or path.name.lower() in SYSTEM_NAMES
        if system or "__MACOSX" in path.parts:
            return "other"
        if self._takes(name):
            return "wanted"
        if any(self._takes(candidate) for candidate in self._candidates(path)):
            return "nearly"
        return "archive" if path.name.lower().endswith(ARCHIVES) else "other"

    def _takes(self, name: str) -> bool:
        return re.fullmatch(self.files.members or "", name, re.IGNORECASE) is not None

    def _candidates(self, path: PurePosixPath) -> Iterator[str]:
        """The names that the sender of this one may have meant."""
        endings = [PurePosixPath(self.files.like).suffix] if self.files.like else list(ENDINGS)
        stem = path.name
        while (
            (suffix := PurePosixPath(stem).suffix.lower()) and len(suffix) <= 8 and suffix != stem
        ):
            stem = stem[: -len(suffix)]
            if suffix in ENDINGS and suffix not in (path.suffix.lower(),):
                yield str(path.with_name(stem + suffix))  # `x.csv.gz`, `x.csv.txt`
        if any(self._takes(f"{ANY_STEM}{ending}") for ending in endings):
            return
        folders = {path.parent.as_posix(), ".", "/".join(path.parent.parts[1:]) or "."}
        if self.files.like:
            folders.add(PurePosixPath(self.files.like).parent.as_posix())
        words = [word for word in SEPARATORS.split(stem.strip()) if word]
        for first in range(min(MOST_WORDS_ADDED, len(words) - 1) + 1):
            for last in range(min(MOST_WORDS_ADDED, len(words) - 1 - first) + 1):
                kept = words[first : len(words) - last]
                for separator in ("-", "_", " ", ""):
                    for folder in folders:
                        for ending in endings:
                            made = separator.join(kept) + ending
                            yield made if folder == "." else f"{folder}/{made}"
