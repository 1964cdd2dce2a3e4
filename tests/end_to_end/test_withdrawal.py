"""A held or withdrawn file leaves the marts as if it had never come; what it changed is told."""

import time
from pathlib import Path

import pytest

from demo.county import load
from demo.places import small_areas
from tests.end_to_end.running import STREET, copied, csp, land, partner, run
from tests.end_to_end.street_story import (
    LEICESTERSHIRE,
    NORTHERN_IRELAND,
    Delivery,
    Story,
    street_csv,
)
from tests.end_to_end.test_incremental import LEFT_OUT, compare
from tests.warehouse.test_holding import reports
from warehouse.home import Home
from warehouse.ingest.withdrawal import change_force

# The file itself is in the audit, and its check in the catalogue.
OF_THE_FILE = {"load_audit", "check_catalogue"}
SENT, HALF = "2018-10", "2019-03-leicestershire-street.csv"


@pytest.fixture
def home(small_home: Home, tmp_path: Path) -> Home:
    """A copy of the small home."""
    return copied(small_home, tmp_path / "home")


def differences(home: Home, other: Home) -> dict[str, str]:
    found = compare(home.warehouse_file, other.warehouse_file)
    return {name: how for name, how in found.items() if name not in OF_THE_FILE}


def test_held_and_withdrawn_files_leave_the_marts_as_they_were(
    home: Home, small_home: Home
) -> None:
    """Half a month is held, other files are counted; then all of them are withdrawn."""
    story, late = Story(7), time.time() - 60
    crimes = story.crimes(LEICESTERSHIRE, 40)
    names = [f"{area.code},Elsewhere" for area in small_areas(load())[:3]]
    sent = [
        # A force and a month that nobody else sends, and another version of one that is there.
        Delivery(STREET, "2020-03.csv", street_csv(
            {(NORTHERN_IRELAND, "2020-03"): story.crimes(NORTHERN_IRELAND, 9)}), late),
        Delivery(STREET, f"{SENT}.csv", street_csv(
            {(LEICESTERSHIRE, SENT): story.crimes(LEICESTERSHIRE, 20)}), late),
        Delivery("hate/report", "reports.csv", "\n".join(reports(range(9), "2020-04")).encode(),
                 late),
        Delivery("reference/area_name", "names.csv",
                 "\n".join(["lsoa_code,local_name", *names]).encode(), late),
    ]  # fmt: skip
    half = Delivery(STREET, HALF, street_csv({(LEICESTERSHIRE, SENT): crimes[:3]}), late)
    for each in (*sent, half):
        land(home, each.feed, each.name, each.content, each.when)
    first = run(home)
    said = f"{STREET}/{HALF} is held, what is in force stays: its name says 2019-03, its rows are"
    assert said in first.output
    assert "indicator_value" in differences(home, small_home)
    [(held,)] = partner(home, "select reason from marts.load_audit where status = 'held'")
    assert held in (home.current / "quality" / "index.html").read_text(encoding="utf-8")
    [(check, severity)] = partner(
        home,
        "select check_id, severity from marts.check_result where status = 'fail' and "
        "starts_with(check_id, 'held.') and run_id = (select run_id from marts.publication)",
    )
    assert (check.rpartition(".")[0], severity) == ("held.police.street_crime", "warning")
    assert partner(
        home, f"select count(*) from marts.check_catalogue where check_id = '{check}'"
    ) == [(1,)]
    status = csp(home, "status")
    assert f"csp withdraw {STREET}/{HALF}" in status.stdout
    assert "Held files" in status.stdout

    again = run(home)
    assert "nothing to do" in again.output
    assert said in again.output

    before = rows_in_force(home)
    assert csp(home, "withdraw", f"{STREET}/{HALF}").exit_code == 0
    for delivery in sent:
        change_force(home, delivery.name, feed=delivery.feed)
    last = run(home)
    assert differences(home, small_home) == {}
    assert LEFT_OUT.isdisjoint(OF_THE_FILE)
    assert said not in last.output
    assert "Changed since the last publication:" in last.output
    change = f"{before} → {rows_in_force(home)} rows"
    assert f"  {STREET} {LEICESTERSHIRE} {SENT}: {change}" in last.output
    page = (home.current / "quality" / "index.html").read_text(encoding="utf-8")
    assert "Months with more or fewer rows in force" in page
    assert "Held files" not in page


def rows_in_force(home: Home) -> object:
    [(rows,)] = partner(
        home,
        f"select rows_in_force from marts.feed_coverage where source = '{LEICESTERSHIRE}' "
        f"and period_label = '{SENT}'",
    )
    return rows
