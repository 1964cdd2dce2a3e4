"""Every field of every row of a partner's feed is in exactly one bucket, and in the right one."""

import csv
import io
import random
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.warehouse.partner_files import ask, land, load
from warehouse.contract import Column, Contract, load_contracts
from warehouse.home import Home
from warehouse.ingest.checking import check_file

FEEDS = [feed for feed, contract in load_contracts().items() if not contract.open_data]
BUCKETS = {"valid", "invalid", "not stated", "missing", "not applicable"}
SOUND = {
    "text": "Something",
    "integer": "34",
    "decimal": "12.5",
    "date": "2010-04-05",
    "datetime": "2010-04-05 10:20",
    "month": "2010-04",
    "boolean_yn": "Y",
}
BROKEN = {
    "integer": "many",
    "decimal": "many",
    "date": "31/02/2010",
    "datetime": "yesterday",
    "month": "2010-13",
    "boolean_yn": "perhaps",
}
OF_PATTERN = {
    r"^[EW]01\d{6}$": "E01025613",
    r"^E0[6-9]\d{6}$": "E07000129",
    r"^[A-Z]\d{8}$": "E07000129",
    r"^\d{4}/\d{2}$": "2007/08",
    "^[A-Za-z0-9]": "A",
}


def sound(column: Column, rng: random.Random) -> str:
    if column.values:
        chosen = rng.choice(column.values)
        if column.separator:
            chosen += rng.choice(["", column.separator + rng.choice(column.values)])
        return rng.choice([chosen, chosen.upper(), f" {chosen} "])
    if column.pattern:
        return OF_PATTERN.get(column.pattern, "28A")
    return SOUND[column.type]


def cell(column: Column, rng: random.Random, number: int) -> tuple[str, str]:
    """A text for the column and the state it is in, by the contract read here anew."""
    if column.required:
        return (f"K{number}", "valid") if column.identifier else (sound(column, rng), "valid")
    kind = rng.choice(("sound", "sound", "blank", "code", "broken"))
    if kind == "blank":
        return rng.choice(["", "  ", "NULL", "n/a", '="NaN"', "'None"]), "missing"
    if kind == "code" and column.not_stated:
        return rng.choice(column.not_stated).lower(), "not stated"
    if kind == "broken":
        if column.values or column.pattern:
            return "Martian?", "invalid"
        if column.maximum is not None:
            return "430", "invalid"
        if column.type in BROKEN:
            return BROKEN[column.type], "invalid"
    return sound(column, rng), "valid"


def bucket(column: Column, texts: Mapping[str, str], state: str) -> str:
    condition = column.applies_if
    if condition is not None:
        said = texts[condition.column].strip().casefold()
        if said not in {value.casefold() for value in condition.values}:
            return "not applicable"
    return column.blank_is if state == "missing" else state


def landed(
    home: Home, contract: Contract, rng: random.Random, count: int
) -> tuple[Path, list[tuple[str, ...]]]:
    """So many rows of the feed, landed; and the buckets of each row's fields."""
    columns = contract.columns
    out, expected = io.StringIO(), []
    rows = csv.writer(out, lineterminator="\n")
    for number in range(count):
        cells = {column.name: cell(column, rng, number) for column in columns}
        texts = {name: text for name, (text, _) in cells.items()}
        keys = [contract.column(name) for name in contract.update.row_key]
        if not any(key.identifier for key in keys):  # a key of its own for every row
            free = next(key for key in keys if key.type == "text" and not key.values)
            texts[free.name] += str(number)
        rows.writerow([texts[column.name] for column in columns])
        expected.append(tuple(bucket(column, texts, cells[column.name][1]) for column in columns))
    header = ",".join(column.header[0] for column in columns)
    path = land(home, contract.feed, "f.csv", [header, *out.getvalue().splitlines()])
    return path, expected


def test_every_field_of_every_row_is_in_its_one_bucket(home: Home) -> None:
    rng, count = random.Random(1), 90
    contracts = [load_contracts()[feed] for feed in FEEDS]
    sent = [landed(home, contract, rng, count) for contract in contracts]
    reports = [
        check_file(path, contract) for contract, (path, _) in zip(contracts, sent, strict=True)
    ]
    load(home)
    for contract, (_, expected), report in zip(contracts, sent, reports, strict=True):
        names = ", ".join(f'"{column.name}_bucket"' for column in contract.columns)
        found = ask(home, f"select {names} from raw.{contract.typed_view} order by _line_number")
        assert found == expected, contract.feed
        for position, (column, field) in enumerate(
            zip(contract.columns, report.completeness, strict=True)
        ):
            labels = Counter(row[position] for row in found)
            assert labels.keys() <= BUCKETS
            assert labels == +Counter(
                {
                    "valid": field.valid,
                    "invalid": field.invalid,
                    "not stated": field.not_stated,
                    "missing": field.missing,
                    "not applicable": field.not_applicable,
                }
            ), (contract.feed, column.name)


def test_the_patterns_of_the_contracts_are_met_by_what_stands_for_them() -> None:
    for feed in FEEDS:
        for column in load_contracts()[feed].columns:
            if column.pattern:
                assert re.search(column.pattern, OF_PATTERN.get(column.pattern, "28A")), column.name
