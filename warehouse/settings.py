"""The settings of a home: `csp.yml`, validated so that a message names the key and the mend."""

import difflib
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)

from warehouse import yaml_text
from warehouse.errors import UsageError
from warehouse.home import READABLE_BY_OTHERS, Home
from warehouse.yaml_text import YamlProblem

# Unitary (E06), non-metropolitan (E07), metropolitan (E08), London (E09), Welsh (W06).
DISTRICT = re.compile(r"(E0[6-9]|W06)\d{6}")
# A county, a metropolitan county, a region, a police force area, or what else holds districts.
AREA = re.compile(r"[EW]\d{8}")

FEED = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")

# Where an alert goes: `file:NAME` of this folder, `env:VARIABLE`, or an address of Apprise.
ALERT = re.compile(r"file:[^\s:]+|env:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z0-9]+://[!-~]+")


def _like(pattern: re.Pattern[str], kind: str, example: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"{value!r} is not {kind}; write one such as {example}")
        return value

    return AfterValidator(check)


def _alert(value: str) -> str:
    if not ALERT.fullmatch(value):  # not quoted: it may be a secret
        raise ValueError(
            "this is no address of a service; write one such as "
            "mailtos://user:password@mail.example.org, or file:NAME or env:VARIABLE for where it is"
        )
    return value


# Less leaves a night's joins no room. MB and MiB differ as they do for DuckDB.
LEAST_MEMORY = 256_000_000
UNITS = {
    f"{letter}{kind}": base**power
    for power, letter in enumerate("KMGT", start=1)
    for kind, base in (("B", 1000), ("iB", 1024))
}


def _enough_memory(value: str) -> str:
    amount = re.fullmatch(r"([0-9.]+) ?(\w+)", value)
    if amount and float(amount[1]) * UNITS[amount[2]] < LEAST_MEMORY:
        raise ValueError(f"{value!r} is too little for a run; write at least 256MB")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Code = Annotated[str, StringConstraints(strip_whitespace=True)]
District = Annotated[
    Code, _like(DISTRICT, "the code of a district of England or Wales", "E07000129")
]
Area = Annotated[Code, _like(AREA, "the code of a county or other area", "E10000018")]
AlertAddress = Annotated[Code, AfterValidator(_alert)]
Feed = Annotated[Code, _like(FEED, "a feed", "probation/caseload")]
Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _once(codes: list[str]) -> list[str]:
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise ValueError(f"{', '.join(repeated)} is listed twice; list each once")
    return codes


LEAST_REASON = 20  # letters: `yes` and `agreed` are no reasons


def _several(feeds: list[str]) -> list[str]:
    if len(feeds) < 2:
        raise ValueError("a link is of two feeds or more; list them, or take the link out")
    return feeds


def _lawful_reason(reason: str) -> str:
    if len(reason) < LEAST_REASON:
        raise ValueError(
            "this names no lawful reason; say which gateway and which agreement, such as "
            "Crime and Disorder Act 1998 s.115, sharing agreement of 2026-01"
        )
    return reason


Districts = Annotated[list[District], AfterValidator(_once)]
DistrictsOfEach = dict[District, Districts]
# What pydantic puts into the place of a problem beside the keys of the file.
MARKS = {"a list", "a mapping", "[key]"}


def _of_all_or_of_each(value: Any) -> str:
    return "a mapping" if isinstance(value, dict) else "a list"


class County(_Section):
    """The set the partnership is compared with."""

    code: Area
    name: Text
    districts: Annotated[list[District], Field(min_length=1), AfterValidator(_once)]


class PriorityWeights(_Section):
    """What each criterion counts in the order of priorities (dbt_project: priority_matrix)."""

    volume: Weight = 1.0
    harm: Weight = 1.0
    direction: Weight = 1.0
    comparison: Weight = 1.0
    target: Weight = 1.0

    @model_validator(mode="after")
    def _some_counts(self) -> "PriorityWeights":
        if not any(self.model_dump().values()):
            raise ValueError("every weight is 0, which orders nothing; give one of them more")
        return self


class Link(_Section):
    """Feeds in which the same person has the same pseudonym, and the lawful reason for it."""

    feeds: Annotated[list[Feed], AfterValidator(_several), AfterValidator(_once)]
    reason: Annotated[Text, AfterValidator(_lawful_reason)]


class Disclosure(_Section):
    """What of partners' figures is public, and how it is protected (docs/disclosure.md).

    smallest_count: the least count of people, or of events of the sensitive kinds, that the public
    file may show; 1 shows all.
    """

    partner_figures: bool = True
    smallest_count: Annotated[int, Field(ge=1, le=100)] = 5
    hide_zeros: bool = False
    secondary: bool = True


class Settings(_Section):
    """What `csp.yml` says; the optional keys with their defaults."""

    partnership: Text
    focus_areas: Annotated[list[District], Field(min_length=1), AfterValidator(_once)]
    county: County
    # A list is each focus area's; a mapping has one for each by its code.
    most_similar_group: Annotated[
        Annotated[Districts, Tag("a list")] | Annotated[DistrictsOfEach, Tag("a mapping")],
        Discriminator(_of_all_or_of_each),
    ] = []
    geography: Literal["lsoa_2011", "lsoa_2021"]
    keep_publications: Annotated[int, Field(ge=1)] = 14
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 10
    memory_limit: Annotated[
        str, Field(pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$"), AfterValidator(_enough_memory)
    ] = "1400MB"
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    max_file_mb: Annotated[int, Field(ge=1)] = 2048
    max_zip_members: Annotated[int, Field(ge=1)] = 20_000
    max_zip_ratio: Annotated[int, Field(ge=1)] = 200
    webserver_port: Annotated[int, Field(ge=1, le=65_535)] = 3000
    alerts: Annotated[list[AlertAddress], Field(repr=False)] = []
    priority_weights: PriorityWeights = PriorityWeights()
    disclosure: Disclosure = Disclosure()
    assessment_year_end: Annotated[int, Field(ge=1, le=12)] | None = None
    partner_group: Text | None = None
    linked_persons: list[Link] = []
    # What the introduction of the written assessment says of the partnership.
    partners: list[Text] = []
    priorities: list[Text] = []

    @model_validator(mode="after")
    def _focus_lies_in_county(self) -> "Settings":
        outside = [code for code in self.focus_areas if code not in self.county.districts]
        if outside:
            raise ValueError(
                f"focus_areas: {', '.join(outside)} is not among county.districts; "
                "add it there, or correct the code"
            )
        return self

    @model_validator(mode="after")
    def _groups_are_of_focus_areas(self) -> "Settings":
        groups = self.most_similar_group
        of = groups if isinstance(groups, dict) else []
        strange = [code for code in of if code not in self.focus_areas]
        if strange:
            raise ValueError(
                f"most_similar_group: {', '.join(strange)} is not among focus_areas; a group is "
                "that of one of them, and its code stands before its list"
            )
        return self

    @model_validator(mode="after")
    def _linked_once(self) -> "Settings":
        linked = [feed for link in self.linked_persons for feed in link.feeds]
        twice = sorted({feed for feed in linked if linked.count(feed) > 1})
        if twice:
            raise ValueError(
                f"linked_persons: {', '.join(twice)} is in two links; its persons can have one "
                "pseudonym alone. Make one link of the two, or take it out of one"
            )
        return self

    def similar_districts(self) -> dict[str, list[str]]:
        """The most similar group of each focus area, without the area itself."""
        groups = self.most_similar_group
        lists = groups if isinstance(groups, dict) else dict.fromkeys(self.focus_areas, groups)
        return {own: [code for code in codes if code != own] for own, codes in lists.items()}


SECTIONS: dict[str, type[_Section]] = {
    "": Settings,
    "county": County,
    "priority_weights": PriorityWeights,
    "linked_persons": Link,
    "disclosure": Disclosure,
}
# The keys that say whose home it is.
WHO = {"partnership", "focus_areas", "county"}


def load_settings(home: Home) -> Settings:
    """The settings of the home. Raises UsageError naming the file, line, key and mend.

    Also where csp.yml holds a secret and others than its owner may read it.
    """
    home.require()
    try:
        text = home.csp_yml.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            f"{home.csp_yml} cannot be read: {said}. Save it as UTF-8, readable by this user."
        ) from error
    settings = parse_settings(text, str(home.csp_yml))
    inline = any("://" in address for address in settings.alerts)
    if inline and home.csp_yml.stat().st_mode & READABLE_BY_OTHERS:
        raise UsageError(
            f"{home.csp_yml} holds an address of alerts, with which anyone can write to the "
            "service, and not only its owner can read it. Take the others' access away: "
            f"chmod 600 {home.csp_yml}; or keep the address elsewhere, with file:NAME or "
            "env:VARIABLE in its place."
        )
    return settings


def parse_settings(text: str, name: str = "csp.yml") -> Settings:
    """The settings in the text of a `csp.yml`; `name` is what messages call the file."""
    values, lines = _parse_yaml(text, name)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        if not WHO & set(values):
            raise UsageError(
                f"{name} does not say yet who the partnership is: {', '.join(sorted(WHO))} are "
                "missing. `csp init --county NAME` writes them for any district, county, "
                "partnership or police force area of England and Wales; or fill them in by hand."
            ) from error
        problems = list(_problems(error, lines))
        more = "" if len(problems) == 1 else f" ({len(problems)} problems)"
        raise UsageError(f"{name}{more}: {'; '.join(problems)}.") from error


def _problems(error: ValidationError, lines: dict[str, int]) -> Iterator[str]:
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"] if part not in MARKS)
        line = lines.get(key) or lines.get(key.rpartition(".")[0])
        where = f"line {line}, " if line else ""
        yield f"{where}{_sentence(key, problem)}"


def _sentence(key: str, problem: Any) -> str:
    """One wrong key in the words of the person who wrote it; `problem` is one of pydantic's."""
    kind, context, value = problem["type"], problem.get("ctx", {}), problem["input"]
    if not key:
        return str(context["error"])
    if key == "alerts":
        return (
            "alerts: this will not do; write a list of addresses, such as "
            "[jsons://chat.example.org/hook] for a webhook or [file:alerts.addresses]"
        )
    if kind == "extra_forbidden":
        above, _, last = key.rpartition(".")
        section = _section(above)
        near = difflib.get_close_matches(last, section.model_fields, n=1)
        mend = (
            f"write {near[0]} if that is meant"
            if near
            else f"keys are {', '.join(section.model_fields)}"
        )
        return f"{key}: there is no such setting; {mend}"
    if kind == "missing":
        return f"{key}: this setting is missing; add it (`csp init` in an empty folder writes one)"
    if kind == "value_error":
        return f"{key}: {context['error']}"
    if kind == "literal_error":
        return f"{key}: {value!r} is not known; write {context['expected'].replace(chr(39), '')}"
    if kind in ("too_short", "string_too_short"):
        return f"{key}: this is empty; give at least one"
    wanted = {
        "string_type": "text",
        "bool_type": "true or false",
        "list_type": "a list such as [E07000129]",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "float_parsing": "a number",
        "model_type": f"the keys {_keys(key)}, indented below it",
        "string_pattern_mismatch": "an amount of memory such as 1400MB or 4GB",
        "greater_than_equal": f"a number of at least {context.get('ge')}",
        "less_than_equal": f"a number of at most {context.get('le')}",
    }.get(kind)
    shown = "this" if key.startswith("alerts") else repr(value)
    return f"{key}: {shown} will not do; write {wanted}" if wanted else f"{key}: {problem['msg']}"


def _section(key: str) -> type[_Section]:
    """The section at a key; of a list of sections each, whose keys have a number, the same."""
    return SECTIONS.get(re.sub(r"\.\d+", "", key), Settings)


def _keys(key: str) -> str:
    """The keys that the section at `key` must have; those it may have if it must have none."""
    fields = _section(key).model_fields
    must = [name for name, field in fields.items() if field.is_required()]
    *most, last = must or fields
    return f"{', '.join(most)} {'and' if must else 'or'} {last}"


def _parse_yaml(text: str, name: str) -> tuple[Any, dict[str, int]]:
    """The plain values of a YAML text, and the line (1-based) of each dotted key."""
    try:
        values, root = yaml_text.read(text)
    except YamlProblem as problem:
        where = f", line {problem.line}, column {problem.column}" if problem.line else ""
        raise UsageError(f"{name}{where}: {problem}.") from problem
    if not isinstance(root, yaml.MappingNode):
        raise UsageError(
            f"{name}: no settings are in it; write lines such as "
            "`partnership: Blaby Community Safety Partnership`."
        )
    lines: dict[str, int] = {}
    _note_lines(root, "", lines, name)
    return values, lines


def _note_lines(node: yaml.Node, path: str, lines: dict[str, int], name: str) -> None:
    pairs: list[tuple[str, int, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        pairs = [(str(key.value), key.start_mark.line + 1, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        pairs = [(str(i), item.start_mark.line + 1, item) for i, item in enumerate(node.value)]
    for key, line, value in pairs:
        dotted = f"{path}.{key}" if path else key
        if dotted in lines:
            raise UsageError(
                f"{name}, line {line}: {dotted} is set twice (first in line {lines[dotted]}); "
                "keep one of them."
            )
        lines[dotted] = line
        _note_lines(value, dotted, lines, name)
