"""Whether the least and the most of hidden cells are those of a second computation."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from warehouse.publication.disclosure.system import Cell, Interval, Relation, System, equal


def at_most(whole: Cell, part: Cell) -> Relation:
    """The part is no more than the whole."""
    return Relation(((whole, 1.0), (part, -1.0)), 0.0, float("inf"))


def table_system(cells: str, suppressed: str) -> System:
    """A table with its margins published: rows `a b total;...`, hidden cells `row,column ...`."""
    body = [[int(number) for number in row.split()] for row in cells.split(";")]
    hidden = {tuple(int(part) for part in cell.split(",")) for cell in suppressed.split()}
    rows, columns = len(body), len(body[0])
    known = {}
    for row, numbers in enumerate(body):
        known[row, "all"] = sum(numbers)
        for column, number in enumerate(numbers):
            if (row, column) not in hidden:
                known[row, column] = number
    for column in range(columns):
        known["all", column] = sum(numbers[column] for numbers in body)
    relations = [equal((r, "all"), [(r, c) for c in range(columns)]) for r in range(rows)]
    relations += [equal(("all", c), [(r, c) for r in range(rows)]) for c in range(columns)]
    return System(relations, known)


def test_intervals_are_those_of_the_vectors(shared: Path) -> None:
    path = shared / "oracles/generated/suppression_audit.csv"
    patterns: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            patterns[row["cells_rows_semicolon"], row["suppressed_cells"]].append(row)
    assert len(patterns) == 6
    for (cells, suppressed), rows in patterns.items():
        system = table_system(cells, suppressed)
        for row in rows:
            number, column = (int(part) for part in row["cell"].split(","))
            found = system.interval((number, column))
            assert found == Interval(float(row["feasible_min"]), float(row["feasible_max"])), row
            assert (found.width == 0) == (row["verdict"] == "EXPOSED")


def test_whole_numbers_narrow_what_fractions_would_leave_open() -> None:
    """2a + 2b = 7 has fractions for answers, but no whole numbers; 3a + b = 7 has three."""
    odd = System([equal("sum", ["a", "a", "b", "b"])], {"sum": 7})
    assert odd.interval("a") is None
    three = System([equal("sum", ["a", "a", "a", "b"])], {"sum": 7})
    assert three.interval("a") == Interval(0, 2)


def test_only_what_hangs_together_is_solved_together() -> None:
    relations = [equal("x", ["a", "b"]), equal("y", ["c", "d"]), at_most("x", "y")]
    system = System(relations, {"x": 9, "y": 4, "d": 1})
    assert set(system.component("a")[0]) == {"a", "b"}
    assert system.intervals(["a", "c"]) == {"a": Interval(0, 9), "c": Interval(3, 3)}


def test_a_bound_of_a_cell() -> None:
    system = System([equal("x", ["a", "b"])], {"x": 9}, least={"a": 1, "b": 1})
    assert system.interval("a") == Interval(1, 8)


def test_a_part_of_a_wide_interval_is_enough() -> None:
    """The answers for a tell as much of b."""
    system = System([equal("x", ["a", "b", "c"]), equal("y", ["b"])], {"x": 9, "y": 2})
    assert system.intervals(["a", "c", "b"], enough=3) == {
        "a": Interval(0, 7),
        "c": Interval(0, 7),
        "b": Interval(2, 2),
    }
    most = System([equal("x", ["a", "b"])], {"x": 9}).intervals(["a", "b"], enough=3)
    assert all(found is not None and found.width >= 3 for found in most.values())


def test_a_cell_that_nothing_bounds_has_no_most() -> None:
    system = System([at_most("x", "a")], {"a": 3})
    assert system.interval("x") == Interval(3, float("inf"))


@pytest.mark.parametrize("count", [1, 4])
def test_a_cell_without_a_relation_is_anything(count: int) -> None:
    system = System([], {"other": count}, least={"a": count})
    assert system.interval("a") == Interval(count, float("inf"))
