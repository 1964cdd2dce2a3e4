"""The SQL that decides whether a row can be placed and identified, and what state a field is in."""

import re
from collections.abc import Callable, Mapping, Sequence

from warehouse.contract import TIMES, Column, Contract
from warehouse.reading.header import Header
from warehouse.sql_text import literal, quoted

DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y")
TIME_FORMATS = tuple(f"{date} {time}" for date in DATE_FORMATS for time in ("%H:%M:%S", "%H:%M"))
MONTH_FORMATS = ("%B %Y", "%b %Y")
# What databases add to a time: decimals of a second (which nothing here counts by), and how far
# the clock it was read from is from UTC. The groups are what stays, and that distance.
_DECIMALS_AND_ZONE = (
    r"^(.*[T ][0-9]{1,2}:[0-9]{2})(?:(:[0-9]{2})(?:\.[0-9]{1,9})?)?"
    r"\s?(Z|z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?$"
)
HOME_ZONE = "Europe/London"
# A number that a spreadsheet rounded: written by its power of ten, or with noughts for the digits
# beyond the fifteenth.
_ROUNDED = (
    r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-][0-9]{1,3}|[+-]?[0-9]+[.,][0-9]+[eE][0-9]{1,3}"
    r"|[+-]?[0-9]{13,}000([.,]0+)?"
)
_WHY_ROUNDED = (
    "the reference was rounded by a spreadsheet, and is that of no record or of many; "
    "format the column as text, and export again"
)
_READABLE = {
    "integer": r"^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.0+)?$",
    "decimal": r"^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d+)?([eE][+-]?\d+)?$",
    "month": r"^\d{4}-(0[1-9]|1[0-2])$",
    "boolean_yn": r"^[YyNn]$",
}
_SAYS = {
    "text": "as agreed",
    "integer": "a whole number",
    "decimal": "a number",
    "month": "a month as YYYY-MM that has begun",
    "month_end": (
        "a date as YYYY-MM-DD, DD/MM/YYYY or DD-MM-YYYY, or a month such as June 2025, "
        "not one to come"
    ),
    "date": "a date as YYYY-MM-DD, DD/MM/YYYY or DD-MM-YYYY, not one to come",
    "datetime": "a time as YYYY-MM-DD HH:MM, DD/MM/YYYY HH:MM or DD-MM-YYYY HH:MM, not one to come",
    "boolean_yn": "Y or N",
}


def column_expressions(
    contract: Contract, header: Header, cell: Callable[[int], str]
) -> dict[str, str]:
    """SQL of every raw column, in the contract's order; cell(i) is SQL of what cell i says."""
    made: dict[str, str] = {}
    for name in contract.raw_columns:
        if name in header.positions:
            made[name] = cell(header.positions[name])
        elif header.collected.get(name):
            cells = {key: cell(i) for key, i in header.collected[name].items()}
            pairs = ", ".join(f"{literal(key)}, {value}" for key, value in cells.items())
            made[name] = (
                f"CASE WHEN coalesce({', '.join(cells.values())}) IS NOT NULL "
                f"THEN CAST(json_object({pairs}) AS VARCHAR) END"
            )
        elif name in header.fixed:
            made[name] = literal(header.fixed[name])
        else:
            made[name] = "CAST(NULL AS VARCHAR)"
    return made


def readable_sql(column: Column, value: str) -> str:
    """SQL that is true if the (trimmed, not NULL) text can be read as the column's type."""
    tests: list[str] = []
    if column.type in _READABLE:
        text = _number(column, value)
        tests.append(f"regexp_full_match({text}, {literal(_READABLE[column.type])})")
        if column.type == "decimal":
            tests.append(f"regexp_matches({value}, '[0-9]')")
        # A mistyped year would make every month up to it a missing one.
        if column.type == "month" and not column.may_be_future:
            tests.append(f"{value} <= strftime(current_date, '%Y-%m')")
        if column.earliest:
            tests.append(f"{value} >= {literal(column.earliest)}")
        number = cast_sql(column, value)
        if column.type in ("integer", "decimal"):
            # Of so many digits that no number of the engine's holds it.
            tests.append(f"coalesce(isfinite({number}::DOUBLE), false)")
        if column.minimum is not None:
            tests.append(f"{number} >= {column.minimum!r}")
        if column.maximum is not None:
            tests.append(f"{number} <= {column.maximum!r}")
    elif column.type in TIMES:
        read = moment_sql(column, value)
        # A year of two digits would be read as one of antiquity.
        tests.append(f"coalesce({read} >= DATE '1000-01-01', false)")
        if column.earliest:
            tests.append(f"{read} >= DATE {literal(column.earliest + '-01')}")
        if not column.may_be_future:
            # Local midnight may have passed where the clock of the server has not.
            tests.append(f"{read} < current_date + INTERVAL 2 DAY")
    if column.pattern:
        tests.append(f"regexp_matches({value}, {literal(column.pattern)})")
    if column.reserved:
        tests.append(f"NOT regexp_matches({value}, {literal(column.reserved.pattern)})")
    if column.values:
        allowed = ", ".join(literal(v.casefold()) for v in column.values)
        if column.separator:
            tests.append(f"len({_parts(column, value)}) > 0")
            tests.append(f"list_has_all([{allowed}], {_parts(column, value)})")
        else:
            tests.append(f"lower({value}) IN ({allowed})")
    return " AND ".join(tests) or "true"


def _number(column: Column, value: str) -> str:
    """SQL of a number's text without the percent sign that a percentage may have."""
    if column.percentage is None:
        return value
    return f"regexp_replace({value}, '\\s*%$', '')"


def moment_sql(column: Column, value: str) -> str:
    """SQL of the text of a date, time or month's end as a timestamp on the clock of the home.

    NULL where it is none. A time that says how far it is from UTC is put on that clock.
    """
    formats = {
        "date": (*DATE_FORMATS, *TIME_FORMATS),
        "datetime": TIME_FORMATS,
        "month_end": (*DATE_FORMATS, *MONTH_FORMATS, *TIME_FORMATS),
    }[column.type]
    pattern = literal(_DECIMALS_AND_ZONE)
    plain = _strptime(value, formats)
    local = _strptime(f"regexp_replace({value}, {pattern}, '\\1\\2')", TIME_FORMATS)
    zone = f"regexp_extract({value}, {pattern}, 3)"
    ahead = (
        f"CASE WHEN {zone} LIKE '+%' THEN 1 ELSE -1 END * "
        f"coalesce(try_cast(substr({zone}, 2, 2) AS INTEGER) * 60 "
        f"+ try_cast(right({zone}, 2) AS INTEGER), 0)"
    )
    utc = f"{local} - to_minutes({ahead})"
    return (
        f"coalesce({plain}, CASE WHEN regexp_matches({value}, {pattern}) THEN "
        f"CASE WHEN {zone} = '' THEN {local} "
        f"ELSE timezone('{HOME_ZONE}', timezone('UTC', {utc})) END END)"
    )


def _strptime(value: str, formats: Sequence[str]) -> str:
    """SQL of a text in one of the formats as a timestamp, NULL if it is none."""
    spaced = f"replace({value}, 'T', ' ')" if formats == TIME_FORMATS else value
    return f"try_strptime({spaced}, [{', '.join(map(literal, formats))}])"


def is_rounded_sql(value: str) -> str:
    """SQL that is true for the text of an identifier or key that a spreadsheet has rounded."""
    return f"coalesce(regexp_full_match({value}, {literal(_ROUNDED)}), false)"


def _may_be_rounded(contract: Contract, column: Column) -> bool:
    """Whether a rounded number could pass for a text of the column that identifies a row."""
    if column.type != "text" or column.values:
        return False
    if column.pattern and not re.search(column.pattern, "1.23457E+11"):
        return False
    return column.identifier is not None or column.name in contract.key_columns


def _parts(column: Column, value: str) -> str:
    """SQL of the several values of a text, in lower case, without empty ones."""
    split = f"string_split(lower({value}), {literal(column.separator or '')})"
    return f"list_filter(list_transform({split}, lambda part: trim(part)), lambda part: part <> '')"


def cast_sql(column: Column, value: str) -> str:
    """SQL of the (readable) text as the column's type and in the contract's spelling.

    NULL where the text cannot be read; of several values those in the domain.
    """
    if column.values:
        pairs = ", ".join(f"{literal(v.casefold())}: {literal(v)}" for v in column.values)
        spelled = f"MAP {{{pairs}}}"
        if column.separator:
            known = ", ".join(literal(v.casefold()) for v in column.values)
            kept = f"list_filter({_parts(column, value)}, lambda part: part IN ({known}))"
            # In order: that of list_distinct is another each time.
            return f"list_sort(list_distinct(list_transform({kept}, lambda part: {spelled}[part])))"
        return f"{spelled}[lower({value})]"
    match column.type:
        case "integer":
            return f"try_cast(try_cast(replace({value}, ',', '') AS DOUBLE) AS BIGINT)"
        case "decimal":
            return f"try_cast(replace({_number(column, value)}, ',', '') AS DOUBLE)"
        case "month":
            return f"try_cast({value} || '-01' AS DATE)"
        case "date":
            return f"CAST({moment_sql(column, value)} AS DATE)"
        case "datetime":
            return moment_sql(column, value)
        case "month_end":
            return f"last_day({moment_sql(column, value)})"
        case "boolean_yn":
            return f"lower({value}) = 'y'"
        case _:
            return value


def says_unknown_sql(column: Column, value: str) -> str:
    """SQL that is true for a text that is one of the column's codes for unknown or refused."""
    listed = ", ".join(literal(v.casefold()) for v in column.not_stated)
    return f"lower({value}) IN ({listed})" if listed else "false"


def state_sql(column: Column, value: str) -> str:
    """SQL of a text's state: 'valid', 'invalid', 'not stated' or 'missing'.

    value: SQL of the trimmed text, NULL when blank.
    """
    not_stated = f"WHEN {says_unknown_sql(column, value)} THEN 'not stated' "
    return (
        f"CASE WHEN {value} IS NULL THEN 'missing' {not_stated}"
        f"WHEN {readable_sql(column, value)} THEN 'valid' ELSE 'invalid' END"
    )


def field_bucket_sql(column: Column, value: str) -> str:
    """SQL of the one bucket a field of a row is in: its state, or 'not applicable'.

    value: SQL of the trimmed text, NULL when blank; the row's other columns are named as the
    contract names them.
    """
    tests = []
    if column.applies_if:
        listed = ", ".join(literal(v.casefold()) for v in column.applies_if.values)
        tests.append(f"coalesce(lower({quoted(column.applies_if.column)}), '') NOT IN ({listed})")
    if column.blank_is == "not applicable":
        tests.append(f"{value} IS NULL")
    state = state_sql(column, value)
    if not tests:
        return state
    return f"CASE WHEN {' OR '.join(tests)} THEN 'not applicable' ELSE {state} END"


def unfit_sql(contract: Contract, header: Header, values: Mapping[str, str]) -> str:
    """SQL that is true for a row that a declared skip or a required field keeps out."""
    tests = [skip for skip, _ in _skips(header, values)]
    tests += [is_rounded_sql(values[column.name]) for column in _identifying(contract, header)]
    for column in contract.required_in(header.layout):
        if column.name in header.fixed:
            continue
        value = values[column.name]
        readable = readable_sql(column, value)
        tests.append(f"{value} IS NULL")
        if column.not_stated:
            tests.append(says_unknown_sql(column, value))
        if readable != "true":
            tests.append(f"NOT ({readable})")
    return " OR ".join(f"({test})" for test in tests) or "false"


def why_unfit_sql(
    contract: Contract, header: Header, values: Mapping[str, str]
) -> tuple[str, str, str]:
    """SQL of (is a declared skip, column, reason) for a row that `unfit_sql` finds."""
    skips = _skips(header, values)
    skipped = " OR ".join(f"coalesce({test}, false)" for test, _ in skips) or "false"
    columns, reasons = "CASE", "CASE"
    for test, reason in skips:
        columns += f" WHEN {test} THEN ''"
        reasons += f" WHEN {test} THEN {literal(reason)}"
    for column in _identifying(contract, header):
        test = is_rounded_sql(values[column.name])
        columns += f" WHEN {test} THEN {literal(shown_name(header, column))}"
        reasons += f" WHEN {test} THEN {literal(_WHY_ROUNDED)}"
    for column in contract.required_in(header.layout):
        if column.name in header.fixed:
            continue
        value, shown = values[column.name], literal(shown_name(header, column))
        for test, reason in (
            (f"{value} IS NULL", "the required field is missing"),
            (says_unknown_sql(column, value), "the required field says that it is not known"),
            *_reserved(column, value),
            (f"NOT ({readable_sql(column, value)})", _unreadable(column)),
        ):
            columns += f" WHEN {test} THEN {shown}"
            reasons += f" WHEN {test} THEN {literal(reason)}"
    return skipped, f"{columns} ELSE '' END", f"{reasons} ELSE '' END"


def _identifying(contract: Contract, header: Header) -> list[Column]:
    """The file's columns in which a rounded number would stand for another record."""
    return [
        c for c in contract.columns if c.name in header.positions and _may_be_rounded(contract, c)
    ]


def _skips(header: Header, values: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (f"regexp_matches({values[skip.column]}, {literal(skip.pattern)})", skip.reason)
        for skip in header.layout.skip_rows
    ]


def _reserved(column: Column, value: str) -> list[tuple[str, str]]:
    if column.reserved is None:
        return []
    test = f"regexp_matches({value}, {literal(column.reserved.pattern)})"
    return [(test, f"the required field {column.reserved.says}")]


def _unreadable(column: Column) -> str:
    if column.values:
        return "the required field is not one of the values agreed in the feed's contract"
    bounds = f" (such as {column.like})" if column.like else ""
    bounds += f" (from {column.earliest} on)" if column.earliest else ""
    if column.minimum is not None or column.maximum is not None:
        bounds += f" (from {column.minimum} to {column.maximum})"
    return f"the required field is not {_SAYS[column.type]}{bounds}"


def shown_name(header: Header, column: Column) -> str:
    """The column as the sender knows it: its header as the contract has it, else its raw name."""
    return header.shown[column.name] if column.name in header.positions else column.name


def repeated_key_sql(keys: Sequence[str]) -> str:
    """SQL that is true for a row whose key an earlier line of the same file has."""
    return f"row_number() OVER (PARTITION BY _member, {', '.join(keys)} ORDER BY _line) > 1"
