"""What a feed's contract says, read from its YAML and checked before any file is.

A contract is `contracts/<partner>/<feed>.yml`. It names the columns the raw table keeps (all of
them text), which of them a row cannot do without, and under which headers each vintage of the
publisher's file (a *layout*) carries them. Everything that differs between two vintages is said
here, never in code.

Update rules
------------
`replace_by_period`  the newest file that covers a (key, month) replaces that whole month; `key`
                     and `month` name raw columns.
`upsert`             rows are keyed by `key`; a later extract's row replaces an earlier one's.
                     `date` names the raw column that dates a row: the months of a file's rows are
                     received with it, and so are all months that its name says it covers
                     (`..._2010-04_to_2011-03.csv`).
`snapshot`           each file is a dated snapshot and all are kept. `key` names the raw columns
                     that tell one snapshot from another (the edition of the deprivation index,
                     the mid-year of a population): staging reads, per key, the newest file's rows.
                     An empty key means that the newest file is the whole snapshot. `row` names
                     the columns that tell one row of a file from another, where they do: a row
                     that repeats an earlier one's is rejected, and the first stays. `span` names
                     the raw columns of the first and last day of the time a row is of, where a
                     snapshot is of one: its months are received with it. `parts` names a column
                     of JSON objects (`collect`) whose keys are replaced one by one.

Identifiers
-----------
A column with `identifier` holds what identifies a person, a case or a crime; the word says what
(`person`, `crime`). Its texts become keyed pseudonyms while loading, so that the raw table never
holds the original. Ways of writing the same are one (warehouse.reading.identifiers). The same text
of the same kind has the same pseudonym in every feed, which is how an incident finds the crime it
is linked to; only a `person` has another one in each feed, unless the settings link feeds and name
the lawful reason.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from warehouse import yaml_text
from warehouse.errors import ContractError
from warehouse.yaml_text import YamlProblem

CONTRACTS = Path(__file__).parent / "contracts"

# What every contract leaves to the reader: which texts are blank, which are no identifiers, how a
# time is written. Raise it when that changes, so that kept files are read again by the new rules.
READING_RULES = 3

ColumnType = Literal[
    "text", "integer", "decimal", "month", "month_end", "date", "datetime", "boolean_yn"
]
FileFormat = Literal["csv", "csv.gz", "zip", "xlsx", "geojson"]
TIMES = ("month", "month_end", "date", "datetime")
NUMBERS = ("integer", "decimal")


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError(f"{text!r} is not a lower_case_name")
    return text


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    return text


def _value_regex(text: str) -> str:
    try:
        # Values are matched by the engine, which knows no look-around.
        duckdb.execute("SELECT regexp_matches('', ?)", [text]).fetchall()
    except duckdb.Error as error:
        raise ValueError(f"{text!r} is no expression that DuckDB knows: {error}") from error
    return text


def normal_header(text: str) -> str:
    """A header cell as headers are compared: spaces and line breaks collapsed, case ignored."""
    return " ".join(text.replace("\ufeff", "").replace("\u00a0", " ").split()).casefold()


def header_matches(wanted: str, normal: str) -> bool:
    """Whether a normal header cell of a file is the one a contract names; `^...` is a pattern."""
    if wanted.startswith("^"):
        return re.search(wanted, normal, re.IGNORECASE) is not None
    return normal_header(wanted) == normal


Identifier = Annotated[str, AfterValidator(_identifier)]
Regex = Annotated[str, AfterValidator(_regex)]
ValueRegex = Annotated[str, AfterValidator(_value_regex)]
Header = Annotated[
    str, Field(min_length=1), AfterValidator(lambda h: _regex(h) if h[0] == "^" else h)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """Rows in which another column has one of these values, in any case."""

    column: Identifier
    values: tuple[str, ...] = Field(min_length=1)


class Percentage(_Part):
    """A number in percent, of which a fraction (0.17 for 17 %) is to be told.

    The numbers of one `group` (those that agree in these columns) are taken together: if all are at
    or below 1, and not all 0, they are fractions. Without a group each number is taken alone, and
    is a fraction if it lies between -1 and 1 and is not 0. A number with a percent sign never is.
    """

    group: tuple[Identifier, ...] = ()


class Reserved(_Part):
    """Texts that mean something else, so that nobody may use them; `says` tells the sender why."""

    pattern: ValueRegex
    says: str = Field(min_length=10)


class Column(_Part):
    """One column of the raw table. Rows where a `required` one is unreadable are rejected.

    `values` is the domain, in the spelling the models see; case does not matter in a file. With
    `separator` a text holds several of them. `like` is a text that has the `pattern`: what people
    are shown in its place. `minimum` and `maximum` bound a number, `earliest` (a month) and today a
    month, date or time; `may_be_future` lifts the second bound. A `month_end` is a date or a month
    with its year, and means the last day of that month. `values` and `not_stated` win over the
    words that are blank in every column (warehouse.reading.values).

    `leading_zeros` of an identifier that is a number: `dropped` where the partner's systems write
    it with and without them; every column of the same kind says the same.

    A field has a meaning only for rows that fulfil `applies_if` (the motive of a fire); for others
    it is not applicable, whatever it says. `blank_is: not applicable` is for what happens to few
    (a date of cancellation), where a blank says that it did not.
    """

    name: Identifier
    description: str = Field(min_length=10)
    header: tuple[Header, ...] = ()
    type: ColumnType = "text"
    required: bool = False
    pattern: ValueRegex | None = None
    like: str | None = None
    reserved: Reserved | None = None
    earliest: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}$")
    may_be_future: bool = False
    minimum: float | None = None
    maximum: float | None = None
    percentage: Percentage | None = None
    values: tuple[str, ...] = ()
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    not_stated: tuple[str, ...] = ()
    applies_if: Condition | None = None
    blank_is: Literal["missing", "not applicable"] = "missing"
    identifier: Identifier | None = None
    leading_zeros: Literal["kept", "dropped"] = "kept"


class Update(_Part):
    """How files of the feed supersede one another; see the module's docstring."""

    rule: Literal["replace_by_period", "upsert", "snapshot"]
    key: tuple[Identifier, ...] = ()
    month: Identifier | None = None
    date: Identifier | None = None
    row: tuple[Identifier, ...] = ()
    span: tuple[Identifier, Identifier] | None = None
    parts: Identifier | None = None

    @property
    def row_key(self) -> tuple[str, ...]:
        """The raw columns that no two rows of one file may share; empty where rows may repeat."""
        return self.key if self.rule == "upsert" else self.row

    @model_validator(mode="after")
    def _complete(self) -> "Update":
        if self.row and self.rule != "snapshot":
            raise ValueError(f"`row` has no meaning for {self.rule}")
        if self.rule == "replace_by_period" and not self.month:
            raise ValueError("replace_by_period needs `month`, the raw column that holds it")
        if self.rule != "replace_by_period" and self.month:
            raise ValueError(f"`month` has no meaning for {self.rule}")
        if self.rule == "upsert" and not self.key:
            raise ValueError("upsert needs `key`, the raw columns that identify a row")
        if self.rule != "upsert" and self.date:
            raise ValueError(f"`date` has no meaning for {self.rule}")
        for name in ("span", "parts"):
            if self.rule != "snapshot" and getattr(self, name):
                raise ValueError(f"`{name}` has no meaning for {self.rule}")
        return self


def _length_of_time(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,2} (years|months)", text):
        raise ValueError(f"{text!r} is no length of time; write one such as 7 years or 18 months")
    return text


LengthOfTime = Annotated[str, AfterValidator(_length_of_time)]


def _months(length: str) -> int:
    number, unit = length.split()
    return int(number) * (12 if unit == "years" else 1)


class Retention(_Part):
    """How long rows are kept after the day they are of, and original files after their receipt."""

    records: LengthOfTime
    archive: LengthOfTime

    @model_validator(mode="after")
    def _archive_outlasts_records(self) -> "Retention":
        if _months(self.archive) < _months(self.records):
            raise ValueError("`archive` is shorter than `records`, which are read again from it")
        return self

    def records_before(self, today: date) -> date:
        """The first day that is kept, the first of a month: months are counted whole."""
        return _months_ago(today, _months(self.records))

    def archive_before(self, today: date) -> date:
        """The first day on which a file may have been received that is kept."""
        return _months_ago(today, _months(self.archive))


def _months_ago(today: date, months: int) -> date:
    number = 12 * today.year + today.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


class Files(_Part):
    """Which files are the feed's; `members` picks a zip's members (others are declared skips).

    Case does not matter in a member's name, and folders are parted by `/`. `like` is such a name,
    for messages.
    """

    formats: tuple[FileFormat, ...] = Field(min_length=1)
    members: Regex | None = None
    like: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Files":
        if "zip" in self.formats and not self.members:
            raise ValueError("a feed that takes zip needs `members`, a pattern of the members")
        return self


class SkipRow(_Part):
    """Rows that the publisher mixes in and the feed does not want: counted, never loaded."""

    column: Identifier
    pattern: ValueRegex
    reason: str = Field(min_length=3)


class FileRule(_Part):
    """What must be so of a whole file: of the rows with these values, `at_least` so many per key.

    A file that breaks it is another one than meant (a best-fit lookup for an exact one): it is
    refused, and `says` tells what is missing from it.
    """

    where: Condition
    per: tuple[Identifier, ...] = Field(min_length=1)
    at_least: int = Field(ge=2)
    says: str = Field(min_length=10)


class Capture(_Part):
    """A text column with one value a file: the pattern's first group in what `from` names.

    `like` is a text that has the pattern, for messages.
    """

    source: Literal["preamble", "header", "file_name", "sheet_name"] = Field(alias="from")
    pattern: Regex
    like: str | None = None

    @model_validator(mode="after")
    def _has_group(self) -> "Capture":
        if re.compile(self.pattern).groups < 1:
            raise ValueError("the pattern needs a (group) around the text to keep")
        return self


class Collect(_Part):
    """A JSON-object column of many columns: the header's first group (or all of it) is the key."""

    header: Header

    @model_validator(mode="after")
    def _is_pattern(self) -> "Collect":
        if not self.header.startswith("^"):
            raise ValueError("`header` must be a pattern that starts with ^")
        return self


class Layout(_Part):
    """One vintage of the publisher's file: how to parse it and where its columns are.

    `like` gives, for columns whose headers are patterns, a header as the file has it, and
    `sheet_like` a sheet's name: what people are shown in the place of a pattern. A file with a
    column of `without` is not of this layout, whatever else it has.
    """

    name: Identifier
    format: Literal["csv", "xlsx", "geojson"]
    encodings: tuple[Literal["utf-8", "windows-1252"], ...] = ("utf-8", "windows-1252")
    sheet: Regex | None = None
    sheet_like: str | None = None
    header_within: int = Field(default=1, ge=1, le=200)
    footer: Regex | None = None
    skip_rows: tuple[SkipRow, ...] = ()
    constants: dict[Identifier, str] = {}
    capture: dict[Identifier, Capture] = {}
    collect: dict[Identifier, Collect] = {}
    headers: dict[Identifier, tuple[Header, ...]] = {}
    like: dict[Identifier, str] = {}
    required: tuple[Identifier, ...] = ()
    without: tuple[Header, ...] = ()
    ignore: tuple[Header, ...] = ()


class Contract(_Part):
    """A feed: who sends it, what its rows are, and how its files are read.

    `published_as` is the publisher's own name of the file, for whoever landed another one.
    """

    feed: str = Field(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")
    title: str
    publisher: str
    grain: str
    open_data: bool
    source_url: str | None = None
    published_as: str | None = Field(default=None, min_length=10)
    cadence: Literal["nightly", "monthly", "quarterly", "yearly", "irregular"]
    retention: Retention | None = None
    update: Update
    unmerged_keys: tuple[str, ...] = ()
    sources_without_ids: tuple[str, ...] = ()
    files: Files
    delimiter: str = Field(default=",", pattern=r"^[\t -~]$")
    columns: tuple[Column, ...] = Field(min_length=1)
    file_rules: tuple[FileRule, ...] = ()
    layouts: tuple[Layout, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _coherent(self) -> "Contract":
        problems = list(_incoherences(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def partner(self) -> str:
        return self.feed.split("/")[0]

    @property
    def name(self) -> str:
        return self.feed.split("/")[1]

    @property
    def raw_table(self) -> str:
        """The feed's table in schema raw: `<partner>__<feed>`."""
        return f"{self.partner}__{self.name}"

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """The raw columns by which files or rows supersede one another or are received."""
        update = self.update
        named = (*update.key, *update.row, *(update.span or ()), update.month, update.date)
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def has_typed_key(self) -> bool:
        """Whether one value of a key can be written in several ways."""
        return any(self.column(name).type != "text" for name in self.update.key)

    @property
    def has_identifiers(self) -> bool:
        """Whether lines of its files identify somebody, so that none is kept as it was sent."""
        return any(column.identifier for column in self.columns)

    @property
    def typed_view(self) -> str | None:
        """The view in schema raw of the rows as the contract reads them, where there is one.

        Of a partner's feed that is not open: its domains and codes are said in the contract alone.
        Of an open one whose snapshots are told apart by what a text means.
        """
        return f"{self.raw_table}__typed" if not self.open_data or self.has_typed_key else None

    @cached_property
    def raw_columns(self) -> tuple[str, ...]:
        """Names of the raw table's columns, in order; every one of them text."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def sha256(self) -> str:
        """A hash of all that decides how a file is read, and of nothing else the contract says."""
        prose = {
            "retention",
            "title",
            "publisher",
            "grain",
            "source_url",
            "published_as",
            "cadence",
        }
        of_models = {"open_data", "unmerged_keys", "sources_without_ids"}
        said = self.model_dump(mode="json", exclude=prose | of_models)
        for column in said["columns"]:
            del column["description"], column["like"]
            if column["reserved"] is None:  # as before there was such a key
                del column["reserved"]
        for layout in said["layouts"]:
            del layout["like"], layout["sheet_like"]
            for capture in layout["capture"].values():
                del capture["like"]
        del said["files"]["like"], said["update"]["parts"]
        said["reading_rules"] = READING_RULES
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @cached_property
    def descriptions(self) -> dict[str, str]:
        return {column.name: column.description for column in self.columns}

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def headers_of(self, column: Column, layout: Layout) -> tuple[str, ...]:
        """Headers under which this layout may carry the column; empty if it is not in the file."""
        if column.name in layout.constants | layout.capture | layout.collect:
            return ()
        return layout.headers.get(column.name, column.header)

    def shown_header(self, column: Column, layout: Layout) -> str:
        """The column's header as a message names it: never a pattern."""
        plain = [each for each in self.headers_of(column, layout) if not each.startswith("^")]
        return plain[0] if plain else layout.like.get(column.name, column.name)

    @property
    def file(self) -> str:
        """The contract's own file, as whoever edits it finds it."""
        return f"warehouse/contracts/{self.feed}.yml"

    def required_in(self, layout: Layout) -> tuple[Column, ...]:
        """The columns a row of this layout cannot do without."""
        return tuple(c for c in self.columns if c.required or c.name in layout.required)

    def file_format(self, file_name: str) -> FileFormat | None:
        """The format the file's name says, or None when this feed does not take such files."""
        lower = file_name.lower()
        endings: tuple[tuple[str, FileFormat], ...] = (
            (".csv.gz", "csv.gz"),
            (".csv", "csv"),
            (".zip", "zip"),
            (".xlsx", "xlsx"),
            (".geojson", "geojson"),
            (".json", "geojson"),
        )
        found = next((kind for ending, kind in endings if lower.endswith(ending)), None)
        return found if found in self.files.formats else None


def _incoherences(contract: Contract) -> Iterator[str]:
    names = contract.raw_columns
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"columns: {name!r} is described twice"
    for column in contract.columns:
        if (column.earliest or column.may_be_future) and column.type not in TIMES:
            yield f"columns.{column.name}: only a month, date or time has `earliest` or a future"
        if (column.minimum, column.maximum) != (None, None) and column.type not in NUMBERS:
            yield f"columns.{column.name}: only a number has `minimum` and `maximum`"
        if column.percentage and column.type != "decimal":
            yield f"columns.{column.name}.percentage: only a decimal is one"
        for name in column.percentage.group if column.percentage else ():
            if name not in names:
                yield f"columns.{column.name}.percentage.group: {name!r} is no column"
        if column.separator and not column.values:
            yield f"columns.{column.name}.separator: several values need `values`"
        if column.required and (column.applies_if or column.blank_is != "missing"):
            yield f"columns.{column.name}: a required field applies to every row"
        if column.applies_if and column.applies_if.column not in names:
            yield f"columns.{column.name}.applies_if: {column.applies_if.column!r} is no column"
        if column.leading_zeros != "kept" and not column.identifier:
            yield f"columns.{column.name}.leading_zeros: is of an identifier"
        if column.identifier and (column.type != "text" or column.pattern or column.values):
            # Once it is a pseudonym nothing can be asked of its text.
            yield f"columns.{column.name}.identifier: is text without pattern or values"
    layout_names = [layout.name for layout in contract.layouts]
    for name in sorted({name for name in layout_names if layout_names.count(name) > 1}):
        yield f"layouts: two are called {name!r}"
    for name in contract.key_columns:
        if name not in names:
            yield f"update: {name!r} is not one of the columns"
        else:
            yield from _unreadable_key(contract, contract.column(name))
    parts = contract.update.parts
    if parts and not all(parts in layout.collect for layout in contract.layouts):
        yield f"update.parts: {parts!r} is not collected by every layout"
    if all(layout.without for layout in contract.layouts):
        yield "layouts: one of them must do without `without`, or a file may fit none"
    for rule in contract.file_rules:
        for name in (rule.where.column, *rule.per):
            if name not in names:
                yield f"file_rules: {name!r} is not one of the columns"
    for layout in contract.layouts:
        where = f"layouts.{layout.name}"
        named = {
            "constants": tuple(layout.constants),
            "capture": tuple(layout.capture),
            "collect": tuple(layout.collect),
            "headers": tuple(layout.headers),
            "like": tuple(layout.like),
            "required": layout.required,
            "skip_rows": tuple(skip.column for skip in layout.skip_rows),
        }
        for key, columns in named.items():
            for name in columns:
                if name not in names:
                    yield f"{where}.{key}: {name!r} is not one of the columns"
        made = [*layout.constants, *layout.capture, *layout.collect]
        for name in sorted({name for name in made if made.count(name) > 1}):
            yield f"{where}: {name!r} has two origins"
        for column in contract.required_in(layout):
            if column.name not in made and not contract.headers_of(column, layout):
                yield f"{where}: the required column {column.name!r} has no header"
        if layout.sheet and layout.format != "xlsx":
            yield f"{where}.sheet: only an xlsx layout has sheets"
        if not set(layout.like) <= set(names):
            return
    for place, pattern, like in _examples(contract):
        if not re.search(pattern, like):
            yield f"{place}: the example {like!r} does not match its pattern"


def _examples(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Every example of a contract: its place, the pattern it is of, and the example."""
    for column in contract.columns:
        if column.like is not None:
            yield f"columns.{column.name}", column.pattern or "", column.like
    if contract.files.like is not None:
        yield "files", f"(?i)^(?:{contract.files.members or ''})$", contract.files.like
    for layout in contract.layouts:
        where = f"layouts.{layout.name}"
        if layout.sheet_like is not None:
            yield f"{where}.sheet", layout.sheet or "", layout.sheet_like
        for name, capture in layout.capture.items():
            if capture.like is not None:
                yield f"{where}.capture.{name}", capture.pattern, capture.like
        for name, like in layout.like.items():
            column = contract.column(name)
            headers = contract.headers_of(column, layout)
            headers = (layout.collect[name].header,) if name in layout.collect else headers
            yield f"{where}.like.{name}", "|".join(f"(?i:{each})" for each in headers), like


def _unreadable_key(contract: Contract, column: Column) -> Iterator[str]:
    """Why a key of the feed could be loaded blank or unreadable: rows and files hang on it."""
    if not column.required:
        yield f"update: {column.name!r} places or identifies the rows, so it must be required"
    checked = column.type != "text" or column.pattern or column.values or column.identifier
    constant = all(column.name in layout.constants for layout in contract.layouts)
    if not checked and not constant:
        yield (
            f"update: {column.name!r} places or identifies the rows, so it needs a `type`, "
            "`values` or a `pattern`, by which an unreadable one is known"
        )


def parse_contract(text: str, file_name: str) -> Contract:
    """The contract a YAML text says; ContractError names the file and the key that is wrong."""
    try:
        said, _ = yaml_text.read(text)
    except YamlProblem as problem:
        where = f", line {problem.line}, column {problem.column}" if problem.line else ""
        raise ContractError(f"Contract {file_name}{where}: {problem}.") from problem
    if not isinstance(said, dict):
        raise ContractError(f"Contract {file_name} must be a mapping that starts with `feed:`.")
    try:
        return Contract.model_validate(said)
    except ValidationError as error:
        raise ContractError(
            f"Contract {file_name} is wrong: " + "; ".join(_plain(e) for e in error.errors())
        ) from error


def _plain(error: Any) -> str:
    """One pydantic error as `key: what is wrong`."""
    key = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "there is no such key"
    return f"{key}: {message}" if key else message


def read_contracts(folder: Path) -> dict[str, Contract]:
    """Every contract below `folder`, by feed; the feed must be the path of its file."""
    contracts: dict[str, Contract] = {}
    for path in sorted(folder.glob("*/*.yml")):
        relative = path.relative_to(folder)
        contract = parse_contract(path.read_text(encoding="utf-8"), relative.as_posix())
        if contract.feed != relative.with_suffix("").as_posix():
            raise ContractError(
                f"Contract {relative.as_posix()} is wrong: feed: says {contract.feed!r}, "
                "but a contract's feed is its path."
            )
        contracts[contract.feed] = contract
    _require_one_form(contracts.values())
    return contracts


def _require_one_form(contracts: Iterable[Contract]) -> None:
    """Raise ContractError where columns of one kind treat leading noughts differently."""
    said: dict[str, str] = {}
    for contract in contracts:
        for column in contract.columns:
            zeros = column.leading_zeros
            if column.identifier and said.setdefault(column.identifier, zeros) != zeros:
                raise ContractError(
                    f"Contract {contract.feed}.yml is wrong: columns.{column.name}.leading_zeros: "
                    f"another column that identifies a {column.identifier} says otherwise, so that "
                    "the two would never have the same pseudonym."
                )


@cache
def load_contracts() -> dict[str, Contract]:
    """The project's contracts by feed ('police/street_crime'); ContractError if one is wrong."""
    return read_contracts(CONTRACTS)


def load_contract(feed: str) -> Contract:
    """One feed's contract; ContractError if there is none."""
    try:
        return load_contracts()[feed]
    except KeyError:
        known = ", ".join(load_contracts())
        raise ContractError(f"There is no feed {feed!r}; the feeds are {known}.") from None
