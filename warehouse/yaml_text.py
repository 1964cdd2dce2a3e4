"""Read a short YAML text within bounds: no aliases, little depth, few nodes, no quoting of it."""

from typing import Any

import yaml

# The longest text of the project's own has 6 kB; 20 levels are four times as deep as any.
MOST_LETTERS = 256 << 10
MOST_DEPTH = 20
MOST_NODES = 20_000


class YamlProblem(Exception):  # noqa: N818 - what is wrong with a text, for its reader to tell
    """A text is not YAML, or not within bounds. `line` and `column` count from 1, or are 0."""

    def __init__(self, what: str, mark: Any = None) -> None:
        super().__init__(what)
        self.line = mark.line + 1 if mark else 0
        self.column = mark.column + 1 if mark else 0


def read(text: str) -> tuple[Any, yaml.Node | None]:
    """The plain values of a YAML text and its nodes, which know their lines.

    Raises YamlProblem, in words that quote nothing of the text: a password may stand in it.
    """
    try:
        _require_bounds(text)
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        return (None if root is None else loader.construct_document(root)), root
    except yaml.MarkedYAMLError as error:
        raise YamlProblem(_what(error), error.problem_mark) from error
    except yaml.YAMLError as error:
        raise YamlProblem(
            "this is not YAML: it holds a letter that no text has; save it as plain UTF-8 text"
        ) from error
    except (ValueError, OverflowError, TypeError) as error:  # composes, but no value: 2020-13-45
        raise YamlProblem("a value cannot be read; put it in quotes") from error


def _require_bounds(text: str) -> None:
    """YamlProblem if the text is too long, deep or wide, or repeats itself by an alias.

    Parsing makes no nodes, goes no deeper than its caller and stops at the first event too many.
    """
    if len(text) > MOST_LETTERS:
        raise YamlProblem(f"this is longer than {MOST_LETTERS >> 10} KiB; keep what is needed")
    depth = nodes = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise YamlProblem("an alias (*) is not taken; write the value out", event.start_mark)
        if depth > MOST_DEPTH:
            raise YamlProblem(f"this is nested deeper than {MOST_DEPTH} levels", event.start_mark)
        if nodes > MOST_NODES:
            raise YamlProblem(f"this has more than {MOST_NODES:,} values", event.start_mark)


def _what(error: yaml.MarkedYAMLError) -> str:
    """What is wrong, in the parser's words where they quote nothing but its own names."""
    said = error.problem or ""
    quoting = "'" in said.replace("'<", "").replace(">'", "") or '"' in said
    said = "" if quoting or len(said) > 100 else f" ({said})"
    return f"this is not YAML{said}; check the indentation, colons and brackets there"
