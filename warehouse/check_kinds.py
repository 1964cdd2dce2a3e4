"""The kinds of checks there are: the rows of seeds/check_kind.csv, by name.

Of each: its suite, the table and column it is about, dimension, severity (empty where each check
has its own), and a sentence each for the engineer and for the auditor.
"""

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from warehouse.seeds import seed_rows

Severity = Literal["blocking", "warning"]

SEVERITIES: dict[str, Severity] = {"blocking": "blocking", "warning": "warning"}


@dataclass(frozen=True)
class CheckKind:
    """A row of the seed; `check_id` and the sentences have placeholders such as {feed}."""

    kind: str
    about: str
    check_id: str
    suite: str
    table_name: str
    column_name: str
    dimension: str
    severity: str
    for_the_engineer: str
    for_the_auditor: str

    def id_of(self, feed: str = "", **names: str) -> str:
        """The check's id; feed: `partner/feed`, names: the other placeholders."""
        return self.check_id.format(feed=feed.replace("/", "."), **names)


@cache
def check_kinds() -> MappingProxyType[str, CheckKind]:
    """Every kind, by its name."""
    return MappingProxyType({row["kind"]: CheckKind(**row) for row in seed_rows("check_kind")})


def kinds_about(subject: str, suite: str | None = None) -> list[CheckKind]:
    """The kinds that are checked of each `feed`, `standard` ..., of one suite or of all."""
    return [
        kind
        for kind in check_kinds().values()
        if kind.about == subject and suite in (None, kind.suite)
    ]
