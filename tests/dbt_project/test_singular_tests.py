"""Checks of the project that the demo never fails, shown to fail where they must."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.dbt_project.rendering import PROJECT, declared_feeds, model
from warehouse.contract import load_contracts
from warehouse.seeds import SEEDS, seed_rows

REGISTER = "assert_the_register_says_what_indicators_are_made_of"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds as the project has them, and the feeds they name."""
    with duckdb.connect() as connection:
        for name in ("indicator_register", "measure", "survey_indicator"):
            path = SEEDS / f"{name}.csv"
            connection.execute(
                f"create table {name} as from read_csv('{path}', all_varchar = true)"
            )
        feeds = {
            feed for row in seed_rows("indicator_register") for feed in row["feeds"].split(";")
        }
        connection.execute("create table feed as select unnest(?) as feed", [sorted(feeds)])
        yield connection


def faults(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute(f"select indicator_id, fault from ({model(REGISTER)})").fetchall()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        # As open data what the police's records say.
        ("feeds = 'police/street_crime'", "feeds lacks police/recorded_crime"),
        ("numerator_measure = 'no_such'", "no measure no_such"),
        ("denominator_measure = 'no_such'", "no measure no_such"),
        ("feeds = feeds || ';police/recorded_crimes'", "no feed police/recorded_crimes"),
    ],
)
def test_an_indicator_must_name_what_it_is_made_of(
    con: duckdb.DuckDBPyConnection, change: str, fault: str
) -> None:
    assert faults(con) == []
    con.execute(f"update indicator_register set {change} where indicator_id = 'criminal_damage'")
    assert faults(con) == [("criminal_damage", fault)]


@pytest.mark.parametrize(
    ("force", "recorded", "not_located", "failing"),
    [("F", 100, 51, 1), ("F", 100, 50, 0), ("F", 99, 99, 0), ("N", 100, 100, 0)],
    ids=["most", "half", "too few to say", "another force"],
)
def test_most_events_have_a_place(
    force: str, recorded: int, not_located: int, failing: int
) -> None:
    with duckdb.connect() as con:
        con.execute("create table int_home_force as select 'Home' as force_name")
        con.execute(
            "create table dim_police_force as select 'Home' as force_name, 'F' as force_code"
        )
        con.execute(
            "create table int_indicator_value as select 'all_crime' as indicator_id, "
            f"1 as indicator_version, area_type, '{force}' as area_code, "
            "'financial_year' as period_type, date '2010-04-01' as period_start, "
            "'2010/11' as period_label, numerator from (values "
            f"('force', {recorded}), ('not_located', {not_located})) as t (area_type, numerator)"
        )
        found = con.execute(f"from ({model('assert_most_events_are_located')})").fetchall()
    assert len(found) == failing


Rows = list[tuple[object, ...]]


def failing(name: str, tables: dict[str, tuple[str, Rows]]) -> int:
    """How many rows a singular test returns on these tables: columns with types, and rows."""
    with duckdb.connect() as con:
        for table, (columns, rows) in tables.items():
            con.execute(f"create table {table} ({columns})")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                con.executemany(f"insert into {table} values ({marks})", rows)
        return len(con.execute(f"from ({model(name)})").fetchall())


@pytest.mark.parametrize(
    ("buckets", "count"),
    [(["valid", "not applicable"], 0), (["invalid", "valid", "invalid"], 2), ([], 0), ([None], 0)],
)
def test_a_date_of_cancellation_that_cannot_be_read_is_warned_of(
    buckets: list[str | None], count: int
) -> None:
    columns = "file_id bigint, line_number bigint, month date, cancelled_date_bucket varchar"
    rows: Rows = [(1, line, "2010-05-01", bucket) for line, bucket in enumerate(buckets)]
    tables = {"int_police__recorded_crime_row": (columns, rows)}
    assert failing("assert_dates_of_cancellation_can_be_read", tables) == count


def test_every_field_that_a_blank_makes_meaningless_has_such_a_check() -> None:
    """A date whose mere presence means something must be readable; identifiers always are."""
    found = {
        (contract.feed, column.name)
        for contract in load_contracts().values()
        for column in contract.columns
        if column.blank_is == "not applicable" and not column.identifier
    }
    assert found == {("police/recorded_crime", "cancelled_date")}


SHAPE = (
    "file_id bigint, feed varchar, column_name varchar, row_count bigint, most_repeated bigint, "
    "most_plausible bigint, digit_rows bigint, shortest bigint, longest bigint, "
    "leading_zeros bigint"
)


def shapes(*rows: tuple[object, ...], in_force: tuple[int, ...] = (1, 2)) -> dict[str, object]:
    return {
        "identifier_shape": (SHAPE, [(n, "marac/hearing", "victim_id", 24, *row)
                                     for n, row in enumerate(rows, 1)]),
        "feed_month_file": ("file_id bigint", [(n,) for n in in_force]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("most", "plausible", "in_force", "count"),
    [(23, 12, (1,), 1), (12, 12, (1,), 0), (23, None, (1,), 0), (23, 12, (2,), 0)],
    ids=["too often", "as often as may be", "a key", "not in force"],
)
def test_a_person_of_too_many_rows_is_warned_of(
    most: int, plausible: int | None, in_force: tuple[int, ...], count: int
) -> None:
    tables = shapes((most, plausible, 0, None, None, 0), in_force=in_force)
    assert failing("assert_nobody_is_named_too_often", tables) == count  # type: ignore[arg-type]


WIDE = (1, 6, 24, 8, 8, 5)  # eight digits, five of them with a leading nought


@pytest.mark.parametrize(
    ("earlier", "later", "count"),
    [
        (WIDE, (1, 6, 24, 5, 8, 0), 1),
        (WIDE, WIDE, 0),
        (WIDE, (1, 6, 24, 8, 8, 0), 0),
        (WIDE, (1, 6, 0, None, None, 0), 0),
        ((1, 6, 24, 5, 8, 5), (1, 6, 24, 4, 8, 0), 0),
        ((1, 6, 24, 8, 8, 0), (1, 6, 24, 5, 8, 0), 0),
        ((1, 6, 24, 5, 8, 0), WIDE, 0),
    ],
    ids=["dropped", "kept", "none by chance", "no numbers", "of several widths", "never had any",
         "mended"],
)  # fmt: skip
def test_numbers_that_lost_their_leading_zeros_are_warned_of(
    earlier: tuple[object, ...], later: tuple[object, ...], count: int
) -> None:
    tables = shapes(earlier, later)
    assert failing("assert_identifiers_keep_their_leading_zeros", tables) == count  # type: ignore[arg-type]


FEEDS = declared_feeds()
SENT = {
    feed["feed"].replace("/", "__"): (feed["record_key"], feed["date"], feed["kind"])
    for feed in FEEDS
    if "kind" in feed
}


@pytest.mark.parametrize("table", SENT)
@pytest.mark.parametrize(
    ("sent", "count"),
    [
        ([(1, "k", "2010-05-04", "28A"), (2, "k", "2010-06-04", "45")], 1),
        ([(1, "k", "2010-05-04", "28A"), (2, "k", "2010-05-30", "45")], 0),
        ([(1, "k", "2010-05-04", "28A"), (2, "k", "2010-06-04", "28A")], 0),
        ([(1, "k", "2010-05-04", "28A"), (2, "l", "2010-06-04", "45")], 0),
        ([(1, "k", "2010-05-04", "28A"), (3, "k", "2010-06-04", "45")], 0),
        ([(1, "k", "2010-05-04", "28A"), (2, "k", "2010-06-04", None)], 0),
        ([], 0),
    ],
    ids=["moved", "reclassified", "another month", "another key", "refused", "unknown", "empty"],
)
def test_a_key_that_became_another_record_is_warned_of(
    table: str, sent: list[tuple[object, ...]], count: int
) -> None:
    tables: dict[str, tuple[str, Rows]] = {
        name: (
            f"_file_id bigint, _line_number bigint, {key} varchar, {date} date, {kind} varchar",
            [(file, 2, *rest) for file, *rest in sent] if name == table else [],
        )
        for name, (key, date, kind) in SENT.items()
    }
    # A file that is refused, held or withdrawn is not among the loaded ones.
    tables["loaded_file"] = (
        "file_id bigint, file_name varchar, effective_at timestamp",
        [(1, "a", "2010-06-01"), (2, "b", "2010-07-01")],
    )
    assert failing("assert_keys_stay_with_their_records", tables) == count


def test_every_feed_that_is_corrected_by_key_and_has_months_is_asked_for_moved_keys() -> None:
    found = {
        contract.raw_table
        for contract in load_contracts().values()
        if contract.update.rule == "upsert" and contract.update.date
    }
    assert found == set(SENT)


MEASURED = "measure_id varchar, area_type varchar, area_code varchar, month date, numerator bigint"
PLACED = "month date, district_code varchar, is_cancelled boolean, hearings bigint"
MONTH = "2010-05-01"
FORCES = {
    "dim_police_force": ("force_name varchar, force_code varchar", [("A", "F")]),
    "int_street_crime_event": (
        "force_name varchar, month date, district_code varchar, has_key boolean, crime_key bigint",
        [("A", MONTH, "D", True, 1), ("A", MONTH, None, False, 1)],
    ),
}
DISTRICT = (
    "district_code varchar, district_name varchar, is_in_county boolean",
    [("D", "Dale", True)],
)
SETTINGS = "role varchar, setting_code varchar, district_code varchar, status varchar"


def measured(*rows: tuple[str, str, str, int]) -> tuple[str, Rows]:
    """measure_area_month: measure, area type and code, and count of one month."""
    return MEASURED, [(*row[:3], MONTH, row[3]) for row in rows]


def facts(*rows: tuple[object, ...], **others: tuple[str, Rows]) -> dict[str, tuple[str, Rows]]:
    """Every declared fact, empty but for fct_recorded_crime: month, district, cancelled."""
    return {
        feed["fact"]: (PLACED, [(*row, 1) for row in rows if feed["fact"] == "fct_recorded_crime"])
        for feed in FEEDS
    } | others


def staged(count: int) -> dict[str, tuple[str, Rows]]:
    """Every feed's staging, with so many rows of recorded crime."""
    return {
        f"stg_{feed['feed'].replace('/', '__')}": (
            "n bigint", [(n,) for n in range(count)] if feed["fact"] == "fct_recorded_crime" else []
        )
        for feed in FEEDS
    }  # fmt: skip


CRIME = (MONTH, "D", False)
CALENDAR = {"dim_date": ("calendar_date date", [(MONTH,)]), "dim_district": DISTRICT}
WHOLE = measured(("street_all_crime", "force", "F", 2), ("street_all_crime", "not_located", "F", 1))
SHORT = measured(("street_all_crime", "force", "F", 1), ("street_all_crime", "not_located", "F", 1))
COUNTED = measured(("all_crime", "force", "F", 1), ("all_crime", "district", "D", 1))
SENT_CODES = {
    "field_completeness": (
        "partner varchar, feed varchar, field varchar, records bigint, invalid bigint",
        [("hate", "report", "district_code", 9, 0)],
    ),
    "stg_survey__perception": ("area_code varchar", [("E07000001",), ("E10000018",)]),
    "stg_partnership__target": ("area_code varchar", []),
    "stg_partnership__published_figure": ("area_code varchar", []),
    "br_district_code": ("sent_code varchar", [("E07000001",)]),
}
EXTRACT = "force_name varchar, month date, row_count bigint"
REGISTERED = (
    "indicator_id varchar, numerator_measure varchar, denominator_measure varchar",
    [("share", "arson", "crime")],
)

# A check, tables of which it finds nothing, the table that is changed, and rows it then finds.
ANSWERED: Rows = [
    (f"{section}.{question}", "own", "district", "D", "2010/11", section, question)
    for section, questions in (
        (
            "appendix_a.total_crime",
            ("change", "other_crimes", "targets", "places", "communities", "other_areas"),
        ),
        ("appendix_b", ("reoffending", "who", "where", "behaviour")),
    )
    for question in questions
]
BREACHES: list[tuple[str, dict[str, tuple[str, Rows]], str, Rows]] = [
    (
        "assert_a_crime_counts_once", FORCES, "int_street_crime_event",
        [("A", MONTH, "D", True, 1), ("A", MONTH, "D", True, 1)],
    ),
    (
        "assert_county_is_the_sum_of_its_districts",
        {"measure_area_month": measured(("m", "district", "D", 3), ("m", "county", "C", 3)),
         "dim_district": DISTRICT},
        "measure_area_month", measured(("m", "district", "D", 3), ("m", "county", "C", 4))[1],
    ),
    (
        "assert_district_codes_are_known", SENT_CODES, "field_completeness",
        [("hate", "report", "district_code", 9, 1)],
    ),
    (
        "assert_district_codes_are_known", SENT_CODES, "stg_partnership__target", [("E07000099",)],
    ),
    (
        "assert_districts_hold_what_forces_placed",
        {"measure_area_month": measured(("m", "force", "F", 3), ("m", "district", "D", 3))},
        "measure_area_month", measured(("m", "force", "F", 3), ("m", "district", "D", 2))[1],
    ),
    (
        "assert_every_area_is_known",
        {"int_indicator_value": ("area_type varchar, area_code varchar", [("district", "D")]),
         "dim_area": ("area_type varchar, area_code varchar", [("district", "D")])},
        "int_indicator_value", [("district", "E")],
    ),
    ("assert_facts_are_in_time_and_place", facts(CRIME, **CALENDAR), "fct_recorded_crime",
     [("2110-05-01", "D", False, 1)]),
    ("assert_facts_are_in_time_and_place", facts(CRIME, **CALENDAR), "fct_recorded_crime",
     [(None, "D", False, 1)]),
    ("assert_facts_are_in_time_and_place", facts(CRIME, **CALENDAR), "fct_recorded_crime",
     [(MONTH, "E", False, 1)]),
    (
        "assert_force_events_are_placed_or_not_located", {**FORCES, "measure_area_month": WHOLE},
        "measure_area_month", SHORT[1],
    ),
    (
        "assert_partner_events_are_counted",
        facts(CRIME, (MONTH, "D", True), measure_area_month=COUNTED),
        "fct_recorded_crime", [(*CRIME, 1), (*CRIME, 1)],
    ),
    (
        "assert_partner_rows_are_in_their_facts", facts(CRIME) | staged(1),
        "stg_police__recorded_crime", [(1,), (2,)],
    ),
    (
        "assert_hours_add_up_to_the_events",
        {"time_profile": (
            "indicator_id varchar, indicator_version integer, area_type varchar, "
            "area_code varchar, period_start date, weekday integer, hour integer, events double, "
            "timed_events bigint",
            [("i", 1, "district", "D", "2010-04-01", 6, 23, 0.25, 1),
             ("i", 1, "district", "D", "2010-04-01", 7, 0, 0.75, 1)])},
        "time_profile",
        [("i", 1, "district", "D", "2010-04-01", 6, 23, 0.25, 1),
         ("i", 1, "district", "D", "2010-04-01", 7, 0, 0.5, 1)],
    ),
    (
        "assert_parts_are_within_their_wholes",
        {"measure_area_month": measured(
            ("marac_repeats", "district", "D", 2), ("marac_cases", "district", "D", 2))},
        "measure_area_month",
        measured(("marac_repeats", "district", "D", 3), ("marac_cases", "district", "D", 2))[1],
    ),
    (
        "assert_police_and_fire_are_never_mixed",
        {"indicator_register": REGISTERED, "measure": (
            "measure_id varchar, feed varchar", [("arson", "police"), ("crime", "police")])},
        "measure", [("arson", "fire"), ("crime", "police")],
    ),
    (
        "assert_rows_reconcile",
        {"int_street_crime_extract": (EXTRACT, [("A", MONTH, 1)]),
         "int_street_crime_row": ("force_name varchar, month date", [("A", MONTH)])},
        "int_street_crime_row", [("A", MONTH), ("A", MONTH)],
    ),
    (
        "assert_the_settings_name_districts_of_the_lookup",
        {"int_setting_district": (SETTINGS, [("focus", "D", "D", "known")]),
         "dim_district": DISTRICT},
        "int_setting_district", [("focus", "old", "D", "abolished")],
    ),
    (
        "assert_the_settings_name_known_districts",
        {"int_setting_district": (SETTINGS, [("focus", "D", "D", "known")]),
         "stg_reference__lsoa_lookup": ("n bigint", [(1,)])},
        "int_setting_district", [("focus", "D", "D", "unknown")],
    ),
    (
        "assert_deprivation_covers_the_county",
        {"dim_area": (
            "area_type varchar, area_code varchar, area_name varchar, is_in_county boolean",
            [("county", "C", "County", True), ("lsoa", "L", "One 001A", True)],
         ),
         "stg_reference__deprivation": ("lsoa_code varchar", [("L",)]),
         "int_lsoa_deprivation": ("lsoa_code varchar", [("L",)])},
        "int_lsoa_deprivation", [],
    ),
    (
        "assert_area_sets_name_known_places",
        {"int_area_set_part": (
            "area_type varchar, area_code varchar, is_placed boolean", [("beat", "b", True)]),
         "dim_district": DISTRICT},
        "int_area_set_part", [("beat", "b", False)],
    ),
    (
        "assert_every_question_is_answered",
        {"topic_summary": ("topic varchar", [("total crime",)]),
         "assessment_claim": (
            "claim_id varchar, area_role varchar, area_type varchar, area_code varchar, "
            "period_label varchar, section varchar, question varchar", ANSWERED)},
        "assessment_claim", ANSWERED[1:],
    ),
    *((
        "assert_every_claim_has_its_words",
        {"assessment_claim": (
            "aspect varchar, verdict varchar, section varchar, sentence varchar, "
            "word_rule varchar, figure varchar",
            [("change", "decrease", "crime", "It fell by 3 %.", "test", "3 %")])},
        "assessment_claim", [("change", "decrease", "crime", *told)],
    ) for told in (
        (None, "test", None),
        ("It fell by 3 %.", None, "3 %"),
        ("It fell by 3 % to {count}.", "test", "3 %"),
        ("It fell by  3 %.", "test", "3 %"),
        ("It fell by 3 %.", "test", "4 %"),
    )),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "tables", "changed", "rows"), BREACHES, ids=[name for name, *_ in BREACHES]
)
def test_a_breach_is_found(
    name: str, tables: dict[str, tuple[str, Rows]], changed: str, rows: Rows
) -> None:
    assert failing(name, tables) == 0
    assert failing(name, {**tables, changed: (tables[changed][0], rows)}) == 1


def test_every_check_of_the_project_is_shown_to_fail() -> None:
    shown = Path(__file__).read_text(encoding="utf-8")
    for path in (PROJECT / "tests").glob("*.sql"):
        assert path.stem in shown
