"""What `csp demo` leaves: the traits of the demo's deliveries, seen as each reader sees them."""

import json

from tests.end_to_end.running import csp, partner, query, status
from warehouse.demo.street_files import LATE_RECORDS, REDELIVERED, REFUSED
from warehouse.home import Home


def test_every_file_is_accounted_for(demo_home: Home) -> None:
    rows = partner(
        demo_home,
        "select status, count(*), bool_and(data_rows = accepted + rejected + skipped) "
        "from marts.load_audit group by 1 order by 1",
    )
    assert [row[0] for row in rows] == ["duplicate", "loaded", "refused"]
    assert [row[2] for row in rows] == [True, True, True]
    assert [row[1] for row in rows if row[0] != "loaded"] == [1, 1]
    assert not [path for path in demo_home.landing.rglob("*") if path.is_file()]


def test_a_month_delivered_again_is_the_later_delivery(demo_home: Home) -> None:
    month, force = REDELIVERED
    [(file_name,)] = partner(
        demo_home,
        "select file_name from marts.feed_coverage "
        f"where period_label = '{month}' and source = '{force}'",
    )
    assert "/" not in file_name, "the single file, not the archive's member"
    counts = query(
        demo_home.warehouse_file,
        "select row_count from raw.load_period as p join quality.load_audit as a using (file_id) "
        f"where month = '{month}-01' and period_key = '{force}' order by a.landed_at",
    )
    assert counts[1][0] - counts[0][0] == LATE_RECORDS


def test_a_refused_month_is_missing_and_its_year_incomplete(demo_home: Home) -> None:
    month, force = REFUSED
    assert partner(
        demo_home,
        "select source, period_label from marts.feed_coverage where status = 'missing'",
    ) == [(force, month)]
    assert partner(
        demo_home,
        "select distinct is_complete from marts.indicator_value "
        "where area_name = 'Rugby' and period_label = '2020/21'",
    ) == [(False,)]
    [reason] = (demo_home.refused / "police/street_crime").glob("*.reason.json")
    assert "Falls within" in json.loads(reason.read_text())["reason"]


def test_five_years_give_changes_trends_hotspots_and_communities(demo_home: Home) -> None:
    for table, column, least in (
        ("indicator_change", "verdict", 3),
        ("indicator_trend", "direction", 3),
        ("hotspot", "class", 4),
        ("indicator_comparison", "judgement", 3),
    ):
        rows = partner(demo_home, f"select count(distinct {column}) from marts.{table}")
        assert rows[0][0] >= least, table
    assert partner(demo_home, "select count(*) > 0 from marts.hotspot where gi_star_z > 2.5") == [
        (True,)
    ]


def test_status_tells_the_night_in_the_agreed_form(demo_home: Home) -> None:
    found = status(demo_home)
    assert found["home"] == str(demo_home.root)
    assert set(found["last_run"]) >= {"run_id", "status", "started_at", "finished_at"}
    assert found["last_run"]["status"] == "published"
    assert found["publication"]["id"] == demo_home.current.resolve().name
    feeds = {feed["feed"]: feed for feed in found["feeds"]}
    street = feeds["police/street_crime"]
    assert street["latest_month"] == "2021-03"
    assert street["rejected"] == 3
    [(files, accepted)] = query(
        demo_home.warehouse_file,
        "select count(*), sum(accepted) from quality.load_audit "
        "where feed = 'police/street_crime' and status = 'loaded'",
    )
    assert (street["files"], street["accepted"]) == (files, accepted)
    assert found["checks"]["error"] == 0
    assert found["checks"]["passed"] > 50


def test_rejected_rows_are_kept_with_line_and_reason(demo_home: Home) -> None:
    rows = query(
        demo_home.warehouse_file,
        "select line_number, column_name, reason, raw_line from quality.rejected_row order by 1",
    )
    assert [row[0] for row in rows] == [101, 201, 301]
    assert rows[2][1] is not None
    assert all(row[2] and row[3] for row in rows)


def test_the_commands_that_only_read_answer(demo_home: Home) -> None:
    for words in (["feeds"], ["publications"], ["status"]):
        done = csp(demo_home, *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
