"""Publications: immutable folders of what passed, one of which is current."""

from warehouse.publication.publishing import publish
from warehouse.publication.shelf import (
    Publication,
    current_folder,
    current_publication,
    list_publications,
    problems,
    rollback,
)
from warehouse.publication.state import input_state, is_unchanged

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
