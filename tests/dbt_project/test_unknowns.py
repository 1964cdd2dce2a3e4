"""What records do not say: the least and the most that a share can be."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import connection, macros
from warehouse.seeds import seed_rows


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connection() as connected:
        yield connected


Said = bool | None
"""What a record says of a flag; None where it does not."""

COUNTS = ("inside", "inside_unknown", "outside", "outside_unknown")


def both(one: Said, other: Said) -> Said:
    """Both flags, as SQL has it: no where either is no, whatever the other does not say."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def counts(records: list[tuple[Said, Said]]) -> dict[str, int]:
    """How many records (of the base or not, flagged or not) count in each part of a share."""
    inside = Counter(both(base, flag) for base, flag in records)
    outside = Counter(both(base, None if flag is None else not flag) for base, flag in records)
    return {
        "inside": inside[True],
        "inside_unknown": inside[None],
        "outside": outside[True],
        "outside_unknown": outside[None],
    }


def every_share(records: list[tuple[Said, Said]]) -> list[Fraction]:
    """The share flagged of the base, for every way in which what is not said may be; none where
    the base is empty."""
    shares = []
    blanks = [(True, False) if said is None else (said,) for record in records for said in record]
    for said in itertools.product(*blanks):
        flags = [flag for base, flag in zip(said[::2], said[1::2], strict=True) if base]
        if flags:
            shares.append(Fraction(sum(flags), len(flags)))
    return shares


@settings(deadline=None, max_examples=300)
@given(records=st.lists(st.tuples(*[st.sampled_from([True, False, None])] * 2), max_size=5))
def test_the_ends_are_the_least_and_the_most_of_all_that_may_be(
    con: duckdb.DuckDBPyConnection, records: list[tuple[Said, Said]]
) -> None:
    found = counts(records)
    given_counts = [str(found[name]) for name in COUNTS]
    ends = macros().lowest_share(*given_counts), macros().highest_share(*given_counts)
    row = con.execute(f"select {', '.join(ends)}").fetchone()
    shares = every_share(records)
    expected = (float(min(shares)), float(max(shares))) if shares else (None, None)
    assert row == pytest.approx(expected) if shares else row == expected
    known = found["inside"] + found["outside"]
    if row is not None and known:
        assert row[0] <= found["inside"] / known <= row[1]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("a", lambda a, b, c: a),
        ("a and b", lambda a, b, c: a and b),
        ("a and not b", lambda a, b, c: a and not b),
        ("a and b and c", lambda a, b, c: a and b and c),
    ],
)
def test_a_condition_is_unknown_where_what_is_not_said_decides_it(
    con: duckdb.DuckDBPyConnection, condition: str, holds: Callable[[bool, bool, bool], bool]
) -> None:
    """Against every way in which the blanks may be: sure, sure not, or open."""
    measure = macros().measure_or_its_unknown("m", condition)
    counted = macros().is_or_may_be(condition)
    values: tuple[Said, ...] = (True, False, None)
    for said in itertools.product(values, repeat=3):
        given_flags = dict(zip("abc", said, strict=True))
        cases = [
            holds(*case)
            for case in itertools.product(
                *[(True, False) if flag is None else (flag,) for flag in said]
            )
        ]
        expected = "m" if all(cases) else "m_unknown" if any(cases) else None
        columns = ", ".join(
            f"{'null' if v is None else v}::boolean as {k}" for k, v in given_flags.items()
        )
        rows = con.execute(f"select {measure} from (select {columns}) where {counted}").fetchall()
        assert rows == ([(expected,)] if expected else []), given_flags


def test_what_rests_on_an_unknown_denominator_says_what_is_outside() -> None:
    """Else the records that may leave the base would count as of it."""
    register = {row["indicator_id"]: row for row in seed_rows("indicator_register")}
    unknowns = seed_rows("indicator_unknown")
    flagged = {
        register[row["indicator_id"]]["numerator_measure"]
        for row in unknowns
        if register[row["indicator_id"]]["kind"] != "proportion" or row["outside_measure"]
    }
    shares = [row for row in unknowns if register[row["indicator_id"]]["kind"] == "proportion"]
    assert shares
    for row in shares:
        base = register[row["indicator_id"]]["denominator_measure"]
        open_base = f"{base}_unknown"
        if row["outside_measure"]:
            assert row["base_measures"].split(";") == [base, open_base]
            assert row["outside_unknown_measure"] == row["outside_measure"] + "_unknown"
        else:
            assert row["base_measures"] == base
            assert base not in flagged
        assert row["inside_unknown_measure"] == (
            register[row["indicator_id"]]["numerator_measure"] + "_unknown"
        )
