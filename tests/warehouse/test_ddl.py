"""The tables ingest writes: one a contract, described, and left alone where nothing changed."""

import stat

import duckdb
import pytest

from tests.warehouse.street_files import SETTINGS, ask
from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.errors import CspError
from warehouse.home import Home


def ensured(home: Home, **settings: object) -> None:
    with ddl.open_warehouse(home, SETTINGS) as con:
        ddl.ensure(con, load_contracts(), SETTINGS.model_copy(update=settings))


def test_every_feed_has_a_raw_table_of_text_also_when_nothing_has_landed(home: Home) -> None:
    ensured(home)
    for contract in load_contracts().values():
        columns = ask(
            home,
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'raw' "
            f"AND table_name = '{contract.raw_table}' ORDER BY column_index",
        )
        assert columns == [
            ("_file_id", "BIGINT"),
            ("_line_number", "BIGINT"),
            *((name, "VARCHAR") for name in contract.raw_columns),
        ]


def test_every_table_and_column_is_described(home: Home) -> None:
    ensured(home)
    for kind in ("tables", "columns"):
        bare = ask(
            home,
            f"SELECT * FROM duckdb_{kind}() WHERE schema_name IN ('raw', 'quality') "
            "AND coalesce(comment, '') = ''",
        )
        assert bare == []


def test_doing_it_again_writes_nothing(home: Home) -> None:
    ensured(home)
    before = home.warehouse_file.read_bytes()
    ensured(home)
    assert home.warehouse_file.read_bytes() == before


def test_a_table_of_an_older_version_gains_columns_and_comments_and_keeps_its_rows(
    home: Home,
) -> None:
    with duckdb.connect(str(home.warehouse_file)) as con:
        con.execute("CREATE SCHEMA raw")
        con.execute("CREATE TABLE raw.police__street_crime (_file_id BIGINT, month VARCHAR)")
        con.execute("INSERT INTO raw.police__street_crime VALUES (7, '2020-04')")
    ensured(home)
    assert ask(home, "SELECT _file_id, month, crime_type FROM raw.police__street_crime") == [
        (7, "2020-04", None)
    ]
    ensured(home)


def test_contracts_and_settings_are_there_for_models(home: Home) -> None:
    ensured(home)
    assert ask(home, "SELECT * FROM raw.setting ORDER BY key") == [
        ("geography", "lsoa_2011"),
        ("partnership", "Blaby Community Safety Partnership"),
        ("priority_weight_comparison", "1.0"),
        ("priority_weight_direction", "1.0"),
        ("priority_weight_harm", "1.0"),
        ("priority_weight_target", "1.0"),
        ("priority_weight_volume", "1.0"),
    ]
    areas = ask(home, "SELECT role, area_code, area_name FROM raw.setting_area")
    assert areas[:2] == [("focus", "E07000129", None), ("county", "E10000018", "Leicestershire")]
    assert len([a for a in areas if a[0] == "county_district"]) == 7
    assert ask(
        home, "SELECT cadence, update_rule, open_data FROM raw.feed WHERE name = 'street_crime'"
    ) == [("monthly", "replace_by_period", True)]
    assert len(ask(home, "SELECT * FROM raw.feed")) == len(load_contracts())
    assert ask(home, "SELECT * FROM raw.feed_exception") == [
        ("police/street_crime", "unmerged_key", "Police Service of Northern Ireland"),
        ("police/street_crime", "no_ids", "British Transport Police"),
    ]
    assert ask(
        home,
        "SELECT value FROM raw.feed_value WHERE feed = 'hate/report' AND column_name = 'kind'",
    ) == [("offence",), ("incident",)]


def test_changed_settings_replace_the_old_ones(home: Home) -> None:
    ensured(home)
    ensured(home, partnership="Another", most_similar_group=["E07000026"])
    assert ("partnership", "Another") in ask(home, "SELECT * FROM raw.setting")
    assert len(ask(home, "SELECT * FROM raw.setting")) == 7
    members = "SELECT area_code, group_code FROM raw.setting_area WHERE role = 'most_similar'"
    assert ask(home, members) == [("E07000026", "E07000129")]
    ensured(home, assessment_year_end=9)
    assert ("assessment_year_end", "9") in ask(home, "SELECT * FROM raw.setting")


def test_the_warehouse_opens_within_the_limits_of_the_settings_and_for_its_owner(
    home: Home,
) -> None:
    with ddl.open_warehouse(home, SETTINGS) as con:
        row = con.execute(
            "SELECT current_setting('threads'), current_setting('memory_limit'), "
            "current_setting('autoinstall_known_extensions')"
        ).fetchone()
    assert row == (2, "1.3 GiB", False)
    assert stat.S_IMODE(home.warehouse_file.stat().st_mode) == 0o600


def test_a_file_that_is_no_warehouse_is_one_plain_sentence(home: Home) -> None:
    home.warehouse_file.write_bytes(b"not a database" * 1000)
    with pytest.raises(CspError, match=r"warehouse\.duckdb cannot be opened"):
        ddl.open_warehouse(home, SETTINGS)
