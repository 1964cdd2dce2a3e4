"""Files landed, held, accepted, withdrawn, brought back and landed again, against a plain model."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.warehouse import partner_files
from tests.warehouse.street_files import (
    FEED,
    LONG_AGO,
    MEMORY,
    ask,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
)
from tests.warehouse.test_holding import files, held_checks, in_force, reports, rows, waive
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.ingest.withdrawal import change_force

# Name, and rows by month: four files that replace one another's months, whole and in part.
FILES: list[tuple[str, dict[str, int]]] = [
    ("a.csv", {"2020-04": 30}),
    ("b.csv", {"2020-04": 15, "2020-05": 14}),
    ("c.csv", {"2020-04": 26, "2020-05": 30}),
    ("2020-05 d.csv", {"2020-04": 29}),
]


def content(file: int) -> bytes:
    months = FILES[file][1]
    return street_csv(
        row(1000 * file + number, month)
        for month, count in months.items()
        for number in range(count)
    )


@dataclass
class Model:
    """What the rules ask for, worked out without the program: names stand for files."""

    status: dict[int, str] = field(default_factory=dict)
    at: dict[int, float] = field(default_factory=dict)
    before: dict[int, str] = field(default_factory=dict)
    again: set[int] = field(default_factory=set)

    def newest(self, month: str, but: int | None = None, older_than: float = 1e9) -> int | None:
        found = [
            file
            for file, status in self.status.items()
            if status == "loaded" and file != but and month in FILES[file][1]
            and self.at[file] < older_than
        ]  # fmt: skip
        return max(found, key=lambda file: self.at[file], default=None)

    def takes_away(self, file: int) -> bool:
        for month, count in FILES[file][1].items():
            other = self.newest(month, but=file)
            held = FILES[other][1][month] if other is not None else 0
            if count < 0.9 * held and held - count >= 10:
                return True
        return False

    def wrong_name(self, file: int) -> bool:
        return FILES[file][0].startswith("2020-05")

    def land(self, file: int, at: float) -> None:
        now = self.status.get(file)
        if now is None:
            wrong = self.takes_away(file) or self.wrong_name(file)
            self.status[file], self.at[file] = "held" if wrong else "loaded", at
            return
        newer = {
            other
            for other in self.status
            if self.status[other] == "loaded" and other != file
            and self.at[other] > self.at[file] and FILES[other][1].keys() & FILES[file][1].keys()
        }  # fmt: skip
        if now == "held" or (now == "loaded" and not newer):
            return
        if now == "withdrawn" and (self.takes_away(file) or self.wrong_name(file)):
            self.status[file] = "held"
            return
        if now == "loaded" and self.takes_away(file) and not newer <= self.again:
            return
        newest = [self.at[other] for other in self.status if self.status[other] == "loaded"]
        self.status[file] = "loaded"
        self.at[file] = max([at, *(moment + 1e-6 for moment in newest)])
        self.again.add(file)

    def in_force(self) -> dict[str, tuple[object, object]]:
        months = {month: self.newest(month) for month in ("2020-04", "2020-05")}
        return {
            month: (FILES[file][0], FILES[file][1][month])
            for month, file in months.items()
            if file is not None
        }


steps = st.one_of(
    st.tuples(st.just("land"), st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True)),
    st.tuples(st.sampled_from(["accept", "withdraw", "back"]), st.integers(0, 3)),
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=2, max_size=8))
# Half a month accepted, displaced by the whole, and sent again: alone, and after the whole.
@example([("land", [0, 1]), ("accept", 1), ("land", [0]), ("land", [1]), ("land", [0, 1])])
@example([("land", [2]), ("withdraw", 2), ("land", [1]), ("back", 2), ("land", [1, 2])])
@example([("land", [0, 3]), ("accept", 3), ("withdraw", 3), ("land", [3]), ("back", 3)])
def test_any_sequence_ends_as_the_model_says(chosen: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        home, model, when = Home(Path(folder) / "home"), Model(), 0
        home.init()
        night(home)
        for step, what in chosen:
            if step == "land":
                assert isinstance(what, list)
                model.again = set()
                for file in what:
                    when += 1
                    land(home, FILES[file][0], content(file), LONG_AGO + when)
                    model.land(file, when)
                night(home)
            elif step == "accept":
                assert isinstance(what, int)
                if model.status.get(what) == "held":
                    model.status[what] = "loaded"
                    [check] = [
                        found for found in held_checks(home) if found.endswith(sha12(home, what))
                    ]
                    waive(home, [check])
                night(home)
                home.waivers_file.unlink(missing_ok=True)
            else:
                assert isinstance(what, int)
                change(home, model, step == "back", what)
            assert statuses(home) == {FILES[f][0]: s for f, s in model.status.items()}
            assert in_force(home) == model.in_force()
        assert not night(home).changed


def sha12(home: Home, file: int) -> str:
    [(sha256,)] = ask(
        home,
        f"SELECT sha256 FROM quality.load_audit WHERE file_name = '{FILES[file][0]}' "
        "AND status <> 'duplicate'",
    )
    return str(sha256)[:12]


def change(home: Home, model: Model, back: bool, file: int) -> None:
    now = model.status.get(file)
    if back != (now == "withdrawn") or now is None:
        with pytest.raises(UsageError):
            change_force(home, FILES[file][0], back=back)
        return
    change_force(home, FILES[file][0], back=back)
    if back:
        model.status[file] = model.before[file]
    else:
        model.before[file], model.status[file] = now, "withdrawn"


def statuses(home: Home) -> dict[str, str]:
    found = ask(
        home, "SELECT file_name, status FROM quality.load_audit WHERE status <> 'duplicate'"
    )
    return {str(name): str(status) for name, status in found}


def reasons(home: Home) -> list[object]:
    return [
        reason
        for (reason,) in ask(
            home,
            "SELECT reason FROM quality.load_audit WHERE status = 'duplicate' ORDER BY file_id",
        )
    ]


def test_displaced_bytes_landed_again_are_in_force_again(home: Home) -> None:
    whole, half = street_csv(rows(40)), street_csv(rows(25, first=50))
    land(home, "whole.csv", whole)
    land(home, "half.csv", half, LONG_AGO + 9)
    night(home)
    assert files(home)["half.csv"] == "held"
    waive(home, held_checks(home))
    night(home)
    assert in_force(home) == {"2020-04": ("half.csv", 25)}
    land(home, "copy.csv", whole, LONG_AGO - 9)
    result = night(home)
    assert result.changed
    assert result.feeds[FEED].again == 1
    assert reasons(home) == ["same bytes as whole.csv, which is in force again"]
    [noticed] = result.feeds[FEED].noticed
    assert noticed.endswith("if that was not meant, `csp withdraw` it")
    assert in_force(home) == {"2020-04": ("whole.csv", 40)}
    land(home, "copy.csv", whole, LONG_AGO)
    assert not night(home).changed
    assert reasons(home)[1:] == ["same bytes as whole.csv"]
    # The half would take away again what it was once allowed to.
    land(home, "half.csv", half, LONG_AGO + 99)
    assert not night(home).changed
    assert "still replaced by whole.csv because it has fewer rows" in str(reasons(home)[2])
    assert in_force(home) == {"2020-04": ("whole.csv", 40)}


@pytest.mark.parametrize("keeps_times", [True, False])
def test_an_old_folder_sent_again_ends_as_it_was(home: Home, keeps_times: bool) -> None:
    sent = {f"{n}.csv": street_csv(rows(40 + n, first=100 * n)) for n in range(3)}
    for when, (name, text) in enumerate(sent.items()):
        land(home, name, text, LONG_AGO + when)
        night(home)
    before = in_force(home)
    for when, (name, text) in enumerate(sent.items()):
        land(home, name, text, LONG_AGO + when + (0 if keeps_times else 50))
    result = night(home)
    assert result.feeds[FEED].duplicates == 3
    assert in_force(home) == before == {"2020-04": ("2.csv", 42)}


def test_members_of_a_zip_come_again_one_by_one(home: Home) -> None:
    april, may = street_csv(rows(40)), street_csv(rows(40, "2020-05"))
    archive = street_zip({member("2020-04"): april, member("2020-05"): may})
    land(home, "all.zip", archive)
    land(home, "april.csv", street_csv(rows(41, first=50)), LONG_AGO + 1)
    night(home)
    land(home, "all.zip", archive, LONG_AGO + 2)
    night(home)
    assert reasons(home) == ["same bytes as all.zip, of whose 2 files 1 in force again"]
    assert in_force(home) == {
        "2020-04": (f"all.zip/{member('2020-04')}", 40),
        "2020-05": (f"all.zip/{member('2020-05')}", 40),
    }
    change_force(home, f"all.zip/{member('2020-05')}")
    june = street_csv(rows(3, "2020-06"))
    land(
        home,
        "more.zip",
        street_zip({member("2020-05"): may, member("2020-06"): june}),
        LONG_AGO + 3,
    )
    feed = night(home).feeds[FEED]
    assert (feed.loaded, feed.again) == (1, 1)
    assert "1 files in force again" in feed.messages[0]
    assert in_force(home)["2020-05"] == (f"all.zip/{member('2020-05')}", 40)


def test_of_keyed_rows_displaced_is_what_a_later_file_has_keys_of(home: Home) -> None:
    feed = "hate/report"
    partner_files.land(home, feed, "a.csv", reports(range(5)))
    partner_files.land(home, feed, "b.csv", reports(range(5, 9)), partner_files.LONG_AGO + 1)
    partner_files.load(home)
    partner_files.land(home, feed, "a again.csv", reports(range(5)), partner_files.LONG_AGO + 2)
    partner_files.load(home)
    assert reasons(home) == ["same bytes as a.csv"]
    partner_files.land(
        home, feed, "c.csv", reports(range(4, 6), "2010-06"), partner_files.LONG_AGO + 3
    )
    partner_files.load(home)
    partner_files.land(home, feed, "a again.csv", reports(range(5)), partner_files.LONG_AGO + 2)
    partner_files.load(home)
    assert reasons(home)[1] == "same bytes as a.csv, which is in force again"
    newest = ask(
        home,
        f"SELECT file_name FROM quality.loaded_file WHERE feed = '{feed}' "
        "ORDER BY effective_at DESC LIMIT 1",
    )
    assert newest == [("a.csv",)]


def test_held_bytes_landed_again_stay_held(home: Home) -> None:
    half = street_csv(rows(20))
    land(home, "a.csv", street_csv(rows(40)))
    land(home, "b.csv", half, LONG_AGO + 1)
    night(home)
    land(home, "c.csv", half, LONG_AGO + 2)
    assert not night(home).changed
    assert reasons(home) == ["same bytes as b.csv, which is held"]
    assert in_force(home) == {"2020-04": ("a.csv", 40)}


def test_months_held_by_files_out_of_force_are_not_received(home: Home) -> None:
    land(home, "a.csv", street_csv(rows(3)))
    land(home, "2019-01.csv", street_csv(rows(3, "2020-09")), LONG_AGO + 1)
    feed = night(home).feeds[FEED]
    assert feed.latest_month == date(2020, 4, 1)
