"""Landing: what is listed, what is complete, and that bytes are kept once and never mixed."""

import json
import os
import stat
from pathlib import Path

import pytest

from warehouse.errors import FileRefused
from warehouse.home import Home
from warehouse.ingest import landing
from warehouse.ingest.landing import Landed, Listing

FEED = "police/street_crime"
FEEDS = {FEED}


def put(home: Home, name: str, text: str = "x", age: float = 100, feed: str = FEED) -> Path:
    path = home.landing / feed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    then = 1_700_000_000 - age
    os.utime(path, (then, then))
    return path


def names(files: list[Landed]) -> list[str]:
    return [landed.name for landed in files]


def settled(
    found: Listing, during: object = None, seconds: float = 10
) -> tuple[list[str], list[str], list[float]]:
    """settle() with a clock at 1,700,000,000; `during` is called instead of sleeping."""
    slept: list[float] = []

    def sleep(wanted: float) -> None:
        slept.append(wanted)
        if callable(during):
            during()

    complete, waiting = landing.settle(found, seconds, lambda: 1_700_000_000.0, sleep)
    return names(complete), names(waiting), slept


def test_files_are_listed_oldest_first_then_by_name(home: Home) -> None:
    put(home, "b.csv", age=50)
    put(home, "a.csv", age=50)
    put(home, "c.csv", age=90)
    assert names(landing.listing(home, FEEDS).files) == ["c.csv", "a.csv", "b.csv"]


def test_what_is_no_extract_is_reported_or_passed_over_and_left(home: Home) -> None:
    put(home, ".hidden.csv")
    put(home, "arriving.csv.filepart")
    put(home, "x.csv", feed="police/unknown_feed")
    put(home, "x.csv", feed="nobody/anything")
    (home.landing / FEED / "folder").mkdir()
    (home.landing / "police" / "stray.csv").write_text("x", encoding="utf-8")
    (home.landing / "stray.csv").write_text("x", encoding="utf-8")
    os.mkfifo(home.landing / FEED / "pipe.csv")
    found = landing.listing(home, FEEDS)
    assert found.files == []
    assert names(found.unfinished) == ["arriving.csv.filepart"]
    told = "\n".join(found.messages)
    for place in (
        "landing/police/unknown_feed is the folder of no known feed",
        "landing/nobody/anything is the folder of no known feed",
        "landing/police/street_crime/folder is a folder inside a feed's folder",
        "landing/police/street_crime/pipe.csv is not a file",
        "landing/police/stray.csv lies outside a feed's folder",
        "landing/stray.csv lies outside a feed's folder",
    ):
        assert place in told
    assert ".hidden" not in told
    assert (home.landing / "nobody" / "anything" / "x.csv").exists()


def test_an_empty_folder_of_no_feed_is_not_worth_a_word(home: Home) -> None:
    (home.landing / "nobody" / "anything").mkdir(parents=True)
    assert landing.listing(home, FEEDS).messages == []


def test_old_files_are_taken_without_waiting(home: Home) -> None:
    put(home, "a.csv", age=11)
    assert settled(landing.listing(home, FEEDS)) == (["a.csv"], [], [])


def test_a_young_file_is_waited_for_until_it_has_been_still_long_enough(home: Home) -> None:
    put(home, "a.csv", age=4)
    put(home, "b.csv", age=100)
    assert settled(landing.listing(home, FEEDS)) == (["b.csv", "a.csv"], [], [6.0])


def test_a_file_dated_in_the_future_is_waited_for_once_and_taken(home: Home) -> None:
    put(home, "a.csv", age=-5000)
    assert settled(landing.listing(home, FEEDS)) == (["a.csv"], [], [10.0])


def test_a_file_that_grows_while_waiting_is_left(home: Home) -> None:
    growing = put(home, "a.csv", age=1)
    put(home, "b.csv", age=1)
    gone = put(home, "c.csv", age=1)

    def meanwhile() -> None:
        with growing.open("a", encoding="utf-8") as file:
            file.write("more")
        gone.unlink()

    complete, waiting, _ = settled(landing.listing(home, FEEDS), meanwhile)
    assert complete == ["b.csv"]
    assert "a.csv" in waiting


def take(home: Home, path: Path, limit: int = 1 << 30) -> tuple[Path, str]:
    listed = next(f for f in landing.listing(home, FEEDS).files if f.path == path)
    taken = landing.take(listed, home.work / "taken", limit)
    assert taken is not None
    return taken


def test_a_file_changed_since_the_listing_is_not_taken(home: Home) -> None:
    path = put(home, "a.csv", "one")
    (listed,) = landing.listing(home, FEEDS).files
    path.write_text("two", encoding="utf-8")
    assert landing.take(listed, home.work / "taken", 1 << 30) is None
    assert not list((home.work / "taken").iterdir())


def test_a_link_put_in_the_place_of_a_listed_file_is_not_followed(home: Home) -> None:
    path = put(home, "a.csv", "one")
    (listed,) = landing.listing(home, FEEDS).files
    path.unlink()
    path.symlink_to(home.key_file)
    with pytest.raises(OSError, match="symbolic links"):
        landing.take(listed, home.work / "taken", 1 << 30)


def test_archived_bytes_survive_a_writer_that_still_holds_the_landed_file(home: Home) -> None:
    path = put(home, "a.csv", "one")
    with path.open("r+", encoding="utf-8") as writer:
        copy, sha256 = take(home, path)
        place = landing.keep(copy, home.archive / FEED, sha256)
        writer.write("TWO")
    assert place.read_text(encoding="utf-8") == "one"
    assert stat.S_IMODE(place.stat().st_mode) == 0o400


def test_two_files_of_one_name_are_both_kept_and_one_twice_only_once(home: Home) -> None:
    places = []
    for text in ("one", "two", "one", "two"):
        copy, sha256 = take(home, put(home, "latest.csv.gz", text))
        places.append(landing.keep(copy, home.archive / FEED, sha256))
    assert places[0] == places[2]
    assert places[1] == places[3]
    assert places[0].name == "latest.csv.gz"
    assert places[1].name.startswith("latest.")
    assert places[1].name.endswith(".csv.gz")
    assert [p.read_text(encoding="utf-8") for p in places] == ["one", "two", "one", "two"]
    assert len(list((home.archive / FEED).iterdir())) == 2


def test_clearing_spares_a_file_put_in_its_place(home: Home) -> None:
    path = put(home, "a.csv", "one")
    (listed,) = landing.listing(home, FEEDS).files
    path.write_text("a newer extract", encoding="utf-8")
    landing.clear(listed)
    assert path.read_text(encoding="utf-8") == "a newer extract"


def test_the_reason_beside_a_refused_file_says_where_and_what_to_do(home: Home) -> None:
    copy, sha256 = take(home, put(home, "a.csv"))
    place = landing.keep(copy, home.refused / FEED, sha256)
    why = FileRefused("the column Month is missing", 1, "Month", mend="Ask for it.")
    landing.explain(place, FEED, "a.csv", sha256, why)
    reason = json.loads((home.refused / FEED / "a.csv.reason.json").read_text(encoding="utf-8"))
    assert reason.pop("refused_at").startswith("20")
    assert reason == {
        "feed": FEED,
        "file": "a.csv",
        "sha256": sha256,
        "reason": "the column Month is missing",
        "line": 1,
        "column": "Month",
        "what_to_do": "Ask for it.",
    }


@pytest.mark.parametrize("raw", [b"caf\xe9.csv", b"a\nb.csv", b"x" * 247 + b".csv\xff"])
def test_any_name_the_file_system_holds_can_be_listed_taken_and_kept(
    home: Home, raw: bytes
) -> None:
    path = home.landing / FEED / os.fsdecode(raw)
    path.write_text("x", encoding="utf-8")
    (listed,) = landing.listing(home, FEEDS).files
    assert listed.name.isprintable()
    listed.name.encode("utf-8")
    copy, sha256 = take(home, path)
    place = landing.keep(copy, home.archive / FEED, sha256)
    landing.explain(place, FEED, listed.name, sha256, FileRefused("a reason"))
    landing.clear(listed)
    assert place.exists()
    assert not path.exists()


def test_a_time_beyond_the_calendar_is_held_to_it(home: Home) -> None:
    far = Landed(FEED, home.landing / FEED / "a.csv", 1, 10**22, 1)
    assert far.landed_at.year == 9999
