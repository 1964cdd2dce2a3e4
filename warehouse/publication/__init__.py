"""Publications: immutable folders of what passed, one of which is current."""

from warehouse.publication.publishing import publish
from warehouse.publication.state import input_state, is_unchanged
from warehouse.publication.store import (
    Publication,
    current_folder,
    current_publication,
    list_publications,
    problems,
    rollback,
)

__all__ = [
    "Publication",
    "current_folder",
    "current_publication",
    "input_state",
    "is_unchanged",
    "list_publications",
    "problems",
    "publish",
    "rollback",
]
