"""Identifiers become keyed pseudonyms while loading, and nothing of the original stays behind."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse.partner_files import ask, land, load
from warehouse.contract import load_contract
from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.ingest.pseudonyms import Pseudonyms, identifies, load_pseudonyms
from warehouse.settings import load_settings

KEY = bytes(range(32))
CRIMES = "crime_ref,recorded_date,offence_code"
INCIDENTS = "incident_no,created_at,category,linked_crime_ref"


@given(kind=st.sampled_from(["person", "crime"]), text=st.text(min_size=1))
def test_a_pseudonym_is_the_keyed_hash_of_kind_and_text(kind: str, text: str) -> None:
    own = Pseudonyms(KEY).of(kind, text)
    assert own == hmac.new(KEY, f"{kind}\x1f{text}".encode(), hashlib.sha256).hexdigest()
    assert own != Pseudonyms(bytes(32)).of(kind, text)
    assert own != Pseudonyms(KEY).of(kind + "s", text)
    assert text not in own or len(text) < 3


def test_the_same_text_is_the_same_pseudonym_in_every_feed(home: Home) -> None:
    land(home, "police/recorded_crime", "c.csv", [CRIMES, "C/17,2010-04-01,8G"])
    land(
        home,
        "police/incident",
        "i.csv",
        [INCIDENTS, "I/17,2010-04-01 10:00,Domestic,C/17", "C/17,2010-04-01 11:00,Other,"],
    )
    load(home)
    assert ask(
        home,
        "select count(*) from raw.police__incident as i "
        "join raw.police__recorded_crime as c on i.linked_crime_ref = c.crime_ref",
    ) == [(1,)]
    # An incident that happens to have the number of a crime is not that crime.
    assert ask(
        home,
        "select count(*) from raw.police__incident as i "
        "join raw.police__recorded_crime as c on i.incident_no = c.crime_ref",
    ) == [(0,)]


def test_codes_for_unknown_identify_nobody(home: Home) -> None:
    land(
        home,
        "police/incident",
        "i.csv",
        [INCIDENTS, "I1,2010-04-01 10:00,Other,N/K", "I2,2010-04-01 10:00,Other,",
         "unknown,2010-04-01 10:00,Other,"],
    )  # fmt: skip
    load(home)
    assert ask(
        home,
        "select linked_crime_ref, linked_crime_ref_bucket from raw.police__incident__typed "
        "order by _line_number",
    ) == [(None, "not stated"), (None, "not applicable")]
    assert ask(home, "select line_number, reason from quality.rejected_row") == [
        (4, "the required field says that it is not known")
    ]
    column = load_contract("police/incident").column("linked_crime_ref")
    assert [identifies(column, text) for text in ("n/k", "", "C1")] == [False, False, True]


CANARY = "ZQX-CANARY-7781"


def _files_with(home: Home, text: str) -> list[str]:
    return [
        str(path.relative_to(home.root))
        for path in home.root.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def test_no_original_is_left_outside_the_archive(home: Home) -> None:
    """Of accepted, repeated, unreadable and ragged rows."""
    land(
        home,
        "marac/hearing",
        "h.csv",
        ["case_id,victim_id,perpetrator_id,referral_date,hearing_date,district_code",
         f"{CANARY}-1,{CANARY}-v,{CANARY}-p,2010-04-01,2010-04-20,E07000129",
         f"{CANARY}-1,{CANARY}-v,{CANARY}-p,2010-04-01,2010-04-20,E07000129",
         f"{CANARY}-2,{CANARY}-v,{CANARY}-p,2010-04-01,not a day,E07000129",
         f"{CANARY}-3,{CANARY}-v,{CANARY}-p",
         f'{CANARY}-4,"{CANARY}-v,{CANARY}-p,2010-04-01,2010-04-20,E07000129'],
    )  # fmt: skip
    result = load(home)
    assert (result.feeds["marac/hearing"].accepted, result.feeds["marac/hearing"].rejected) == (
        1,
        4,
    )
    assert all(CANARY not in line for line in result.noticed)
    assert _files_with(home, CANARY) == ["archive/marac/hearing/h.csv"]
    rows = ask(home, "select line_number, raw_line from quality.rejected_row order by 1")
    assert [line for line, _ in rows] == [3, 4, 5, 6]
    pseudonym = load_pseudonyms(home, load_settings(home)).of("marac_case", f"{CANARY}-2".lower())
    assert rows[1][1] is not None
    assert str(rows[1][1]).startswith(pseudonym)
    assert "not a day" in str(rows[1][1])
    assert (rows[2][1], rows[3][1]) == (None, None), "what cannot be split is kept by number"


def test_a_refused_file_says_nothing_of_its_records(home: Home) -> None:
    land(home, "marac/hearing", "no-header.csv", [f"{CANARY},{CANARY},x", f"{CANARY},y,z"])
    load(home)
    assert _files_with(home, CANARY) == ["refused/marac/hearing/no-header.csv"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda key: key.unlink(), "cannot be read"),
        (lambda key: key.write_text("secret\n"), "not 64 hexadecimal digits"),
        (lambda key: key.chmod(0o644), "can be read by other users"),
    ],
    ids=["missing", "broken", "open"],
)
def test_without_a_good_key_nothing_with_identifiers_is_loaded(
    change: object, says: str, home: Home
) -> None:
    path = land(home, "police/recorded_crime", "c.csv", [CRIMES, "C1,2010-04-01,8G"])
    assert callable(change)
    change(home.key_file)
    with pytest.raises(CspError, match=says) as caught:
        load(home)
    assert str(home.key_file) in str(caught.value)
    assert path.is_file()
    assert ask(home, "select count(*) from raw.police__recorded_crime") == [(0,)]


def test_a_changed_key_stops_the_run_and_says_what_to_do(home: Home) -> None:
    land(home, "police/recorded_crime", "c.csv", [CRIMES, "C1,2010-04-01,8G"])
    load(home)
    kept = home.key_file.read_text()
    home.key_file.write_text("0" * 64 + "\n")
    waiting = land(home, "police/recorded_crime", "d.csv", [CRIMES, "C2,2010-04-02,8G"])
    with pytest.raises(CspError, match="not the one that the warehouse was loaded with"):
        load(home)
    assert waiting.is_file()
    home.key_file.write_text(kept)
    load(home)
    assert ask(home, "select count(*) from raw.police__recorded_crime") == [(2,)]


def test_open_feeds_need_no_key(home: Home) -> None:
    home.key_file.unlink()
    land(home, "reference/area_name", "n.csv", ["lsoa_code,local_name", "E01000001,Here"])
    load(home)
    assert ask(home, "select local_name from raw.reference__area_name") == [("Here",)]
