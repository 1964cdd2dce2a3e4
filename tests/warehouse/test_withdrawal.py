"""`csp withdraw`: a file out of force and back, by its name, with one sentence where that fails."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from tests.warehouse import partner_files
from tests.warehouse.street_files import (
    FEED,
    FORCE,
    LONG_AGO,
    ask,
    land,
    member,
    night,
    street_csv,
    street_zip,
)
from tests.warehouse.test_holding import events, files, held_checks, in_force, reports, rows
from warehouse.home import Home
from warehouse.locking import RunLock


def csp(home: Home, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home.root)])


def said(result: Result) -> str:
    """The one sentence of a command that failed."""
    [line] = result.stderr.strip().splitlines()
    return line


def twice(home: Home) -> None:
    """April from a.csv, then from b.csv."""
    land(home, "a.csv", street_csv(rows(40)))
    land(home, "b.csv", street_csv(rows(50)), LONG_AGO + 1)
    night(home)


def test_what_it_displaced_is_in_force_again_and_back(home: Home) -> None:
    twice(home)
    done = csp(home, "withdraw", "b.csv", "--reason", "wrong month")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"Withdrawn: {FEED}/b.csv",
        f"  {FORCE} 2020-04: 50 → 40 rows, from a.csv",
        "Nothing is published yet: `csp run` builds and publishes it.",
        "To undo it: csp withdraw --back b.csv",
    ]
    assert in_force(home) == {"2020-04": ("a.csv", 40)}
    [(reason,)] = ask(home, "SELECT reason FROM quality.load_audit WHERE file_name = 'b.csv'")
    assert str(reason).startswith("withdrawn on ")
    assert ask(home, "SELECT count(*) FROM raw.police__street_crime") == [(90,)]
    done = csp(home, "withdraw", "--back", f"{FEED}/b.csv")
    assert done.stdout.splitlines()[:2] == [
        f"Back: {FEED}/b.csv",
        f"  {FORCE} 2020-04: 40 → 50 rows, from b.csv",
    ]
    assert in_force(home) == {"2020-04": ("b.csv", 50)}
    assert [(event, reason) for event, _, _, reason in events(home)] == [
        ("withdrawn", "wrong month"), ("back", None),
    ]  # fmt: skip
    assert csp(home, "status", "--json").exit_code == 0


def test_the_only_file_of_a_month_leaves_nothing(home: Home) -> None:
    land(home, "a.csv", street_csv(rows(40)))
    night(home)
    done = csp(home, "withdraw", "a.csv")
    assert f"  {FORCE} 2020-04: 40 → 0 rows, no file is left for it" in done.stdout
    assert in_force(home) == {}
    csp(home, "withdraw", "--back", "a.csv")
    assert in_force(home) == {"2020-04": ("a.csv", 40)}


def test_a_held_file_comes_back_held(home: Home) -> None:
    land(home, "a.csv", street_csv(rows(40)))
    land(home, "b.csv", street_csv(rows(20)), LONG_AGO + 1)
    night(home)
    why = ask(home, "SELECT reason FROM quality.load_audit WHERE status = 'held'")
    checks = held_checks(home)
    csp(home, "withdraw", "b.csv")
    done = csp(home, "withdraw", "--back", "b.csv")
    assert "held as before" in done.stdout
    assert ask(home, "SELECT reason FROM quality.load_audit WHERE status = 'held'") == why
    assert held_checks(home) == checks


def test_a_zip_is_withdrawn_whole_or_member_by_member(home: Home) -> None:
    months = {member(m): street_csv(rows(12, m)) for m in ("2020-04", "2020-05")}
    land(home, "all.zip", street_zip(months))
    night(home)
    assert csp(home, "withdraw", f"all.zip/{member('2020-05')}").exit_code == 0
    assert in_force(home).keys() == {"2020-04"}
    assert csp(home, "withdraw", f"{FEED}/all.zip").exit_code == 0
    assert in_force(home) == {}
    assert csp(home, "withdraw", "--back", "all.zip").exit_code == 0
    assert in_force(home).keys() == {"2020-04", "2020-05"}
    # The member's own name, where no file landed alone has it.
    own_name = Path(member("2020-04")).name
    assert csp(home, "withdraw", own_name).exit_code == 0
    assert in_force(home).keys() == {"2020-05"}
    assert csp(home, "withdraw", "--back", own_name).exit_code == 0
    land(home, own_name, street_csv(rows(13)), LONG_AGO + 1)
    night(home)
    assert in_force(home)["2020-04"] == (own_name, 13)
    assert csp(home, "withdraw", own_name).exit_code == 0
    assert in_force(home)["2020-04"] == (f"all.zip/{member('2020-04')}", 12)
    assert "is withdrawn already" in said(csp(home, "withdraw", own_name))


def test_keyed_rows_of_earlier_files_count_again(home: Home) -> None:
    partner_files.land(home, "hate/report", "a.csv", reports(range(10)))
    partner_files.land(home, "hate/report", "b.csv", reports(range(6, 12)), LONG_AGO)
    partner_files.load(home)
    done = csp(home, "withdraw", "b.csv")
    assert "  6 rows; of 4 of them what other files say counts, the rest go" in done.stdout
    done = csp(home, "withdraw", "--back", "b.csv")
    assert "  6 rows; other files have 4 of their keys: the newest counts" in done.stdout


def test_a_name_that_two_files_have_is_told_by_the_hash(home: Home) -> None:
    for when, count in enumerate((40, 41)):
        land(home, "month.csv", street_csv(rows(count)), LONG_AGO + when)
        night(home)
    refused = csp(home, "withdraw", "month.csv")
    assert refused.exit_code == 2
    assert "month.csv is the name of 2 files" in said(refused)
    hashes = ask(home, "SELECT sha256 FROM quality.load_audit ORDER BY file_id")
    assert str(hashes[1][0])[:12] in said(refused)
    assert csp(home, "withdraw", str(hashes[1][0])[:12]).exit_code == 0
    assert in_force(home) == {"2020-04": ("month.csv", 40)}
    # Only one of them is left to withdraw, and one to bring back.
    assert csp(home, "withdraw", "--back", "month.csv").exit_code == 0
    assert in_force(home) == {"2020-04": ("month.csv", 41)}


def test_the_feed_tells_files_of_one_name(home: Home) -> None:
    land(home, "a.csv", street_csv(rows(3)))
    partner_files.land(home, "hate/report", "a.csv", reports(range(3)))
    night(home)
    assert "is the name of 2 files" in said(csp(home, "withdraw", "a.csv"))
    assert csp(home, "withdraw", "a.csv", "--feed", FEED).exit_code == 0
    assert in_force(home).keys() == {"2010-05"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing.csv"], "No loaded file is named nothing.csv"),
        (["--back", "a.csv"], "a.csv is not withdrawn"),
        (["refused.csv"], "refused.csv was refused: nothing of it is loaded"),
        (["copy.csv"], "copy.csv has the same bytes as a.csv: give the name of that"),
        (["a.csv", "--feed", "police/none"], "There is no feed police/none"),
        (["a.csv", "--feed", "hate/report"], "No loaded file is named a.csv"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(home: Home, words: list[str], sentence: str) -> None:
    content = street_csv(rows(3))
    land(home, "a.csv", content)
    land(home, "copy.csv", content, LONG_AGO + 1)
    land(home, "refused.csv", b"no,contract\n1,2\n", LONG_AGO + 2)
    night(home)
    before = files(home)
    done = csp(home, "withdraw", *words)
    assert done.exit_code == 2
    assert sentence in said(done)
    assert files(home) == before
    assert events(home) == []


def test_nothing_loaded_and_a_run_going_on_are_one_sentence(home: Home) -> None:
    assert "Nothing is loaded yet" in said(csp(home, "withdraw", "a.csv"))
    night(home)
    assert "Nothing is loaded yet" in said(csp(home, "withdraw", "a.csv"))
    with RunLock(home):
        done = csp(home, "withdraw", "a.csv")
    assert done.exit_code == 1
    assert "already going on" in said(done)


def test_twice_is_one_sentence(home: Home) -> None:
    twice(home)
    csp(home, "withdraw", "a.csv")
    done = csp(home, "withdraw", "a.csv")
    assert (done.exit_code, "is withdrawn already" in said(done)) == (2, True)
