"""A value against a benchmark is judged as Fingertips judges it."""

import csv
from pathlib import Path

from tests.dbt_project.rendering import asked, connection, macros


def test_one_interval_against_a_benchmark_is_fingertips(shared: Path) -> None:
    vectors = shared / "oracles" / "fingertips" / "rag_vs_benchmark.csv"
    sql = macros()
    verdict = sql.verdict_against("benchmark", "lower", "upper")
    con = connection()
    con.execute(
        "create table given (polarity varchar, lower double, upper double, benchmark double, "
        "expected varchar)"
    )
    with vectors.open(newline="") as lines:
        # One row of the file lacks a comma, so its last two fields are counted from the end.
        rows = [row for row in csv.reader(lines) if row[0] == "one_ci"]
    polarities = {"low_good": "lower_is_better", "high_good": "higher_is_better"}
    con.executemany(
        "insert into given values (?, ?, ?, ?, ?)",
        [
            (polarities[row[1]], row[3] or None, row[4] or None, row[-2] or None, row[-1])
            for row in rows
        ],
    )
    judged = con.sql(
        f"""
        select expected, {sql.judgement_of("verdict", "polarity")}
        from (select expected, polarity, {verdict} as verdict from given)
        """
    ).fetchall()
    theirs = {"Same": "similar", "Better": "better", "Worse": "worse", "None": "none"}
    assert {expected for expected, _ in judged} == set(theirs)
    for expected, own in judged:
        assert own == theirs[expected]


def test_shares_against_the_county_are_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "proportion_vs_benchmark.csv"
    sql = macros()
    verdict = sql.verdict_against(
        "benchmark", sql.wilson_lower("x", "n", "95"), sql.wilson_upper("x", "n", "95")
    )
    rows = asked(f"select fingertips_style_verdict, {verdict} from read_csv('{vectors}')")
    theirs = {"Same": "similar", "Higher": "higher", "Lower": "lower"}
    assert {expected for expected, _ in rows} == set(theirs)
    for expected, own in rows:
        assert own == theirs[expected]
