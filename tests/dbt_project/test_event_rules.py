"""The rules of the event feeds, written again in plain Python and held against the models' SQL."""

import functools
import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import connection, declared_feeds, macros, model
from warehouse.contract import load_contracts
from warehouse.seeds import SEEDS, seed_rows

Row = dict[str, Any]
Place = tuple[str | None, str | None]
"""The LSOA of the home's vintage and the district, None where there is none."""

# L2 was split since: it is in its district and in no LSOA. D3 is no district of the county.
LSOAS: dict[str, Place] = {
    "L1": ("L1", "D1"),
    "L2": (None, "D1"),
    "L3": ("L3", "D2"),
    "L4": ("L4", "D3"),
}
DISTRICTS = ("D1", "D2", "D3")

# What the partners send, as staging hands it on: table and columns.
STAGED = {
    "stg_police__recorded_crime": """
        crime_ref varchar, recorded_date date, committed_from timestamp, committed_to timestamp,
        offence_code varchar, cancelled_date date, cancelled_date_bucket varchar,
        alcohol_flag boolean, drug_flag boolean, domestic_flag boolean, hate_flag boolean,
        outcome varchar, lsoa_code varchar, lsoa_code_bucket varchar, file_id bigint,
        line_number bigint, committed_from_bucket varchar, committed_to_bucket varchar,
        offence_description_bucket varchar, outcome_bucket varchar, alcohol_flag_bucket varchar,
        drug_flag_bucket varchar, domestic_flag_bucket varchar, hate_flag_bucket varchar""",
    "stg_police__incident": """
        incident_no varchar, created_at timestamp, category varchar, qualifier varchar,
        domestic_flag boolean, linked_crime_ref varchar, lsoa_code varchar,
        lsoa_code_bucket varchar, file_id bigint, line_number bigint, qualifier_bucket varchar,
        domestic_flag_bucket varchar, linked_crime_ref_bucket varchar""",
    "stg_hate__report": """
        report_id varchar, reported_date date, source varchar, kind varchar, strands varchar[],
        offence_group varchar, victim_gender varchar, victim_age bigint, victim_ethnicity varchar,
        linked_crime_ref varchar, lsoa_code varchar, district_code varchar,
        victim_gender_bucket varchar, victim_age_bucket varchar, victim_ethnicity_bucket varchar,
        strands_bucket varchar, lsoa_code_bucket varchar, file_id bigint, line_number bigint,
        offence_group_bucket varchar, linked_crime_ref_bucket varchar""",
    "stg_fire__incident": """
        incident_no varchar, call_at timestamp, incident_class varchar, fire_class varchar,
        motive varchar, property_type varchar, lsoa_code varchar, lsoa_code_bucket varchar,
        file_id bigint, line_number bigint, fire_class_bucket varchar, motive_bucket varchar,
        property_type_bucket varchar""",
    "stg_council__asb_report": """
        report_id varchar, received_date date, category varchar, status varchar,
        lsoa_code varchar, district_code varchar, lsoa_code_bucket varchar, file_id bigint,
        line_number bigint, status_bucket varchar""",
}

# Feed: where it is staged, its key and its date, its fact, its measures; as the project declares.
FEEDS = {
    feed["feed"]: (staging, feed["record_key"], feed["date"], feed["fact"], feed["measure"])
    for feed in declared_feeds()
    if (staging := "stg_" + feed["feed"].replace("/", "__")) in STAGED
}
OTHER_MEASURES = ("measure_street_crime", "measure_marac", "measure_youth", "measure_caseload")


@functools.cache
def warehouse() -> duckdb.DuckDBPyConnection:
    """The models' SQL over empty staging, the project's own seeds, and three districts."""
    con = connection()
    for table, columns in STAGED.items():
        con.execute(f"create table {table} ({columns})")
    for seed in ("offence_class", "measure_offence_class", "asb_scheme", "indicator_register"):
        con.execute(
            f"create table {seed} as select * from read_csv('{SEEDS / f'{seed}.csv'}', "
            "header = true, all_varchar = true)"
        )
    for seed in ("offence_class", "asb_scheme"):
        for column in ("valid_from", "valid_to"):
            con.execute(f"alter table {seed} alter {column} type date")
    feeds = ", ".join(f"'{feed}'" for feed in FEEDS)
    con.execute(
        f"""
        create table dim_lsoa (
            lsoa_code varchar, geography_lsoa_code varchar, district_code varchar,
            is_in_geography boolean
        );
        create table int_area_set_part (
            area_type varchar, area_code varchar, part_code varchar, place_type varchar,
            district_code varchar
        );
        create table dim_district as
        select unnest(['D1', 'D2', 'D3']) as district_code, 'F' as police_force_area_code,
            unnest([true, true, false]) as is_in_county, null::varchar as csp_code;
        create table br_district_code as
        select unnest(['D1', 'D2', 'D3', 'D2 of old']) as sent_code,
            unnest(['D1', 'D2', 'D3', 'D2']) as district_code;
        create table setting_area as select 'county' as role, 'C' as area_code;
        create table int_setting_district as
        select 'county_district' as role, unnest(['D1', 'D2']) as district_code;
        create table int_feed_vintage as
        select unnest([{feeds}]) as feed, date '1900-01-01' as valid_from,
            date '9999-12-31' as valid_to, true as is_of_home;
        create table dim_area (
            area_type varchar, area_code varchar, area_name varchar, district_code varchar,
            is_in_county boolean, is_in_geography boolean,
            is_in_both_vintages boolean default true,
            is_below_district boolean
        );
        insert into dim_area by position
            select *, true, col0 = 'lsoa' from (values
            ('lsoa', 'L1', 'L1', 'D1', true, true), ('lsoa', 'L3', 'L3', 'D2', true, true),
            ('lsoa', 'L4', 'L4', 'D3', false, true), ('district', 'D1', 'D1', 'D1', true, true),
            ('district', 'D2', 'D2', 'D2', true, true),
            ('district', 'D3', 'D3', 'D3', false, true), ('county', 'C', 'C', null, true, true));
        create table dim_period as
        select 'financial_year' as period_type, start::date as period_start,
            (start + interval 1 year - interval 1 day)::date as period_end,
            year(start)::varchar as period_label
        from generate_series(date '1890-04-01', date '2090-04-01', interval 1 year) as t (start);
        create table int_home_force as select 'Force' as force_name;
        create table dim_police_force as
        select 'Force' as force_name, 'F' as force_code, 'F' as police_force_area_code;
        create table month_received (feed varchar, month date);
        create table int_street_crime_extract (month date, force_name varchar);
        create table feed_value (feed varchar, column_name varchar, value varchar);
        """
    )
    con.executemany(
        "insert into feed_value values ('hate/report', ?, ?)",
        [
            (column.name, value)
            for column in load_contracts()["hate/report"].columns
            for value in column.values
        ],
    )
    con.executemany(
        "insert into dim_lsoa values (?, ?, ?, ?)",
        [(code, *place, place[0] == code) for code, place in LSOAS.items()],
    )
    for name in OTHER_MEASURES:
        con.execute(
            f"create table {name} (measure_id varchar, source varchar, month date, "
            "lsoa_code varchar, district_code varchar, events bigint)"
        )
    for _, _, _, fact, measures in FEEDS.values():
        con.execute(f"create view {fact} as {model(fact)}")
        if measures == "measure_recorded_crime":
            con.execute(f"create view int_crime_measure as {model('int_crime_measure')}")
        con.execute(f"create view {measures} as {model(measures)}")
    bridges = ("month_year", "recorded_crime_flag", "hate_report_strand", "area_part")
    for name in (f"br_{bridge}" for bridge in bridges):
        con.execute(f"create view {name} as {model(name)}")
    for name in ("measure_event", "measure_area_hour", "int_area_received", "int_feed_year"):
        con.execute(f"create view {name} as {model(name)}")
    for name in ("hate_victims", "hate_completeness"):
        con.execute(f"create view {name} as {model(name)}")
    return con


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    warehouse().close()
    warehouse.cache_clear()


def staged(feed: str, rows: list[Row]) -> duckdb.DuckDBPyConnection:
    """The warehouse with these rows of a feed, and no others, in force; their months received."""
    con = warehouse()
    table, key, dated, *_ = FEEDS[feed]
    for other in STAGED:
        con.execute(f"delete from {other}")
    con.execute("delete from month_received")
    if rows:
        sent = pa.Table.from_pylist(
            [
                {
                    **row,
                    key: f"k{number}",
                    "line_number": number,
                    "lsoa_code_bucket": "missing" if row["lsoa_code"] is None else "valid",
                }
                for number, row in enumerate(rows)
            ]
        )
        con.register("sent", sent)
        con.execute(f"insert into {table} by name from sent")
    for month in {month_of(row[dated]) for row in rows}:
        con.execute("insert into month_received values (?, ?)", [feed, month])
    return con


def month_of(when: date) -> date:
    return date(when.year, when.month, 1)


def place_of(row: Row) -> Place:
    """The LSOA wins; without a usable one the district, if it is one; else nowhere."""
    if row["lsoa_code"] in LSOAS:
        return LSOAS[row["lsoa_code"]]
    district = row.get("district_code")
    return (None, district if district in DISTRICTS else None)


def measured(con: duckdb.DuckDBPyConnection, feed: str) -> Counter[tuple[Any, ...]]:
    """Events of a feed by measure, month and place, without the rows of nought."""
    rows = con.execute(
        "select measure_id, month, lsoa_code, district_code, events from measure_event "
        "where feed = ?",
        [feed],
    ).fetchall()
    assert len({row[:4] for row in rows}) == len(rows), "a key of the measures comes twice"
    return Counter({row[:4]: row[4] for row in rows if row[4]})


def counted(rows: list[Row], dated: str, of: Any) -> Counter[tuple[Any, ...]]:
    """The same by hand: `of` says which measures a row counts in, each once."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        for measure in of(row):
            found[(measure, month_of(row[dated]), *place_of(row))] += 1
    return found


OFFENCES = seed_rows("offence_class")
BRANCHES = {(row["measure_id"], row["offence_class"]) for row in seed_rows("measure_offence_class")}
# Days on which a code begins or ends, those beside them, and one on which none does.
BORDERS = sorted(
    {
        date.fromisoformat(row[column]) + timedelta(days=near)
        for row in OFFENCES
        for column in ("valid_from", "valid_to")
        if row[column]
        for near in (-1, 0, 1)
    }
    | {date(2010, 7, 15)}
)

flags = st.sampled_from([True, False, None])
lsoa_codes = st.sampled_from([*LSOAS, "unknown", None])
district_codes = st.sampled_from([*DISTRICTS, "elsewhere"])


def listed(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.fixed_dictionaries(fields), max_size=12)


# Half of them a code beside the days on which that very code begins or ends.
OWN_BORDERS = [
    (row["offence_code"], date.fromisoformat(row[column]) + timedelta(days=near))
    for row in OFFENCES
    for column in ("valid_from", "valid_to")
    if row[column]
    for near in (-1, 0, 1)
]
COMMITTED = ("committed_from", "committed_from_bucket", "committed_to", "committed_to_bucket")
crimes = listed(
    coded=st.one_of(
        st.sampled_from(OWN_BORDERS),
        st.tuples(
            st.sampled_from([*(row["offence_code"] for row in OFFENCES), "997", "45A"]),
            st.sampled_from(BORDERS),
        ),
    ),
    cancelled=st.sampled_from(["missing", "missing", "valid", "invalid"]),
    committed=st.sampled_from(
        [
            (datetime(2010, 6, 5, 23, 30), "valid", datetime(2010, 6, 6, 1, 30), "valid"),
            (datetime(2010, 6, 5, 23, 30), "valid", None, "missing"),
            (datetime(2010, 6, 5, 23, 30), "valid", None, "invalid"),
            (None, "missing", None, "missing"),
        ]
    ),
    alcohol_flag=flags,
    drug_flag=flags,
    domestic_flag=flags,
    hate_flag=flags,
    lsoa_code=lsoa_codes,
).map(
    lambda rows: [
        {
            **row,
            "offence_code": coded[0],
            "recorded_date": coded[1],
            "cancelled_date_bucket": cancelled,
            "cancelled_date": date(2011, 4, 20) if cancelled == "valid" else None,
            **dict(zip(COMMITTED, committed, strict=True)),
        }
        for row in rows
        for coded, cancelled, committed in [
            (row.pop("coded"), row.pop("cancelled"), row.pop("committed"))
        ]
    ]
)
incidents = listed(
    created_at=st.one_of(
        st.sampled_from([datetime(2011, 3, 31, 23, 59, 59), datetime(2011, 4, 1)]),
        st.datetimes(datetime(2011, 2, 1), datetime(2011, 5, 31)),
    ),
    category=st.sampled_from(
        [
            *("Anti-social behaviour", "Anti-social behaviour", "Hoax calls"),
            *("Abandoned vehicles", "Domestic", "Road traffic collision", "Other"),
        ]
    ),
    qualifier=st.sampled_from(
        [
            *("Rowdy or inconsiderate behaviour", "Rowdy or nuisance neighbours", "Noise"),
            *("personal", "nuisance", "environmental", None),
        ]
    ),
    domestic_flag=flags,
    linked_crime_ref=st.sampled_from(["a crime", None]),
    lsoa_code=lsoa_codes,
)
STRANDS = ("racial", "religious", "homophobic", "disability")
hate_reports = listed(
    reported_date=st.dates(date(2010, 4, 1), date(2010, 6, 30)),
    source=st.sampled_from(["police", "school", "himp"]),
    kind=st.sampled_from(["offence", "incident"]),
    offence_group=st.sampled_from(
        ["Violence against the person", "criminal damage", "Other", None]
    ),
    victim_gender=st.sampled_from(["Male", "Female", None]),
    victim_age=st.one_of(st.none(), st.integers(0, 120)),
    victim_ethnicity=st.sampled_from(["White", "Mixed", None]),
    victim_gender_bucket=st.sampled_from(["valid", "missing", "not stated", "invalid"]),
    victim_age_bucket=st.sampled_from(["valid", "missing", "not stated", "invalid"]),
    victim_ethnicity_bucket=st.sampled_from(["valid", "missing", "not stated", "invalid"]),
    strands=st.lists(st.sampled_from(STRANDS), unique=True, max_size=4),
    lsoa_code=lsoa_codes,
    district_code=district_codes,
).map(lambda rows: [consistent(row) for row in rows])
fires = listed(
    call_at=st.datetimes(datetime(2010, 4, 1), datetime(2010, 6, 30)),
    incident_class=st.sampled_from(["fire", "fire", "false_alarm", "road_traffic_collision"]),
    fire_class=st.sampled_from(["primary", "secondary", "chimney", None]),
    motive=st.sampled_from(["deliberate", "accidental", "not known", None]),
    property_type=st.sampled_from(["dwelling", "vehicle", "outdoor", None]),
    lsoa_code=lsoa_codes,
)
council_reports = listed(
    received_date=st.dates(date(2010, 4, 1), date(2010, 6, 30)),
    category=st.sampled_from(["Abandoned vehicle", "Noise", "Other"]),
    lsoa_code=lsoa_codes,
    district_code=district_codes,
)


def consistent(report: Row) -> Row:
    """A report as its contract reads it: what is not valid has no value; of strands some may."""
    read = dict(report)
    for field in ("victim_gender", "victim_age", "victim_ethnicity"):
        if report[field] is None and report[f"{field}_bucket"] == "valid":
            read[f"{field}_bucket"] = "missing"
        elif report[f"{field}_bucket"] != "valid":
            read[field] = None
    read["strands_bucket"] = "valid" if report["strands"] else "missing"
    if not report["strands"]:
        read["strands"] = None
    return read


def class_of(code: str, day: date) -> str:
    """The class of a code on a day; two would be a fault of the table."""
    found = [
        row["offence_class"]
        for row in OFFENCES
        if row["offence_code"] == code
        and (not row["valid_from"] or date.fromisoformat(row["valid_from"]) <= day)
        and (not row["valid_to"] or day <= date.fromisoformat(row["valid_to"]))
    ]
    assert len(found) <= 1, (code, day, found)
    return found[0] if found else "unknown"


def measures_of_crime(crime: Row) -> set[str]:
    if crime["cancelled_date"] is not None:
        return set()
    offence = class_of(crime["offence_code"], crime["recorded_date"])
    found = {"all_crime"} | {measure for measure, branch in BRANCHES if branch == offence}
    violent = "violence_against_the_person" in found
    for flag, measure, share in (
        ("alcohol_flag", "alcohol_related_crime", "violence_alcohol"),
        ("drug_flag", "drug_related_crime", "violence_drug"),
        ("domestic_flag", "domestic_offences", "violence_domestic"),
    ):
        if crime[flag]:
            found |= {measure, share} if violent else {measure}
    if crime["domestic_flag"] and crime["alcohol_flag"]:
        found |= {"domestic_alcohol"} | ({"domestic_violence_alcohol"} if violent else set())
    elif crime["domestic_flag"]:
        found.add("domestic_without_alcohol")
        found |= {"domestic_violence_without_alcohol"} if violent else set()
    if crime["domestic_flag"] and not violent:
        found.add("domestic_without_violence")
    return found


def measures_of_incident(incident: Row) -> set[str]:
    new_scheme = incident["created_at"] >= datetime(2011, 4, 1)
    category, qualifier = incident["category"], incident["qualifier"]
    found = set()
    if category == "Anti-social behaviour":
        found.add("asb_incidents")
        rowdy = qualifier == "nuisance" if new_scheme else str(qualifier).startswith("Rowdy")
        if rowdy:
            found.add("asb_rowdy_nuisance")
    for of_old, measure in (
        ("Hoax calls", "hoax_calls"),
        ("Abandoned vehicles", "abandoned_vehicles"),
    ):
        if category == of_old:
            found |= {measure} if new_scheme else {measure, "asb_incidents"}
    if incident["linked_crime_ref"] is None:
        found.add("incidents_without_crime")
        if incident["domestic_flag"]:
            found.add("domestic_incidents")
    return found


def measures_of_hate(report: Row) -> set[str]:
    found = {"hate_reports"}
    if report["source"] == "police" and report["kind"] == "incident":
        found.add("hate_incidents")
    elif report["source"] == "police":
        found.add("hate_offences")
        group = (report["offence_group"] or "").lower()
        if group == "violence against the person":
            found.add("hate_offences_violence")
        elif group == "criminal damage":
            found.add("hate_offences_damage")
    return found


def measures_of_fire(incident: Row) -> set[str]:
    kind, motive = incident["fire_class"], incident["motive"]
    if incident["incident_class"] == "road_traffic_collision":
        return {"road_traffic_collisions"}
    if incident["incident_class"] != "fire":
        return set()
    if motive == "deliberate":
        found = {"fires", "deliberate_fires"}
        if kind in ("primary", "secondary"):
            found.add(f"deliberate_{kind}_fires")
        if kind == "primary" and incident["property_type"] == "vehicle":
            found.add("deliberate_primary_vehicle_fires")
        elif kind == "primary":
            found.add("deliberate_primary_other_fires")
        return found
    if motive in ("accidental", "not known") and incident["property_type"] == "dwelling":
        return {"fires", "accidental_dwelling_fires"}
    return {"fires"}


def measures_of_council(report: Row) -> set[str]:
    vehicle = report["category"] == "Abandoned vehicle"
    return {"council_asb_reports"} | ({"council_abandoned_vehicles"} if vehicle else set())


def known_or_not(rule: Any, **possible: tuple[Any, ...]) -> Any:
    """The rule of records that may not say.

    A measure that a record counts in whatever its blanks are, and `_unknown` of one that it counts
    in for some of the values they may have.
    """

    def measures(row: Row) -> set[str]:
        blank = {field: values for field, values in possible.items() if row[field] is None}
        cases = [
            rule(row | dict(zip(blank, values, strict=True)))
            for values in itertools.product(*blank.values())
        ]
        sure: set[str] = set.intersection(*cases)
        return sure | {f"{measure}_unknown" for measure in set.union(*cases) - sure}

    return measures


FLAG = (True, False)
RULES = {
    "police/recorded_crime": (
        crimes,
        known_or_not(measures_of_crime, alcohol_flag=FLAG, drug_flag=FLAG, domestic_flag=FLAG),
    ),
    "police/incident": (
        incidents,
        known_or_not(
            measures_of_incident,
            domestic_flag=FLAG,
            qualifier=("nuisance", "Rowdy or inconsiderate behaviour", "Noise"),
        ),
    ),
    "hate/report": (
        hate_reports,
        known_or_not(
            measures_of_hate,
            offence_group=("Violence against the person", "Criminal damage", "Other"),
        ),
    ),
    "fire/incident": (
        fires,
        known_or_not(
            measures_of_fire,
            fire_class=("primary", "secondary", "chimney"),
            motive=("deliberate", "accidental", "not known"),
            property_type=("dwelling", "vehicle", "outdoor"),
        ),
    ),
    "council/asb_report": (council_reports, measures_of_council),
}


@pytest.mark.parametrize("feed", FEEDS)
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_events_count_where_the_rules_say(feed: str, data: st.DataObject) -> None:
    strategy, rule = RULES[feed]
    rows = data.draw(strategy)
    _, _, dated, fact, _ = FEEDS[feed]
    con = staged(feed, rows)
    assert measured(con, feed) == counted(rows, dated, rule)
    [(facts, keys)] = con.sql(
        f"select count(*), count(distinct line_number) from {fact}"
    ).fetchall()
    assert facts == keys == len(rows)


def test_no_code_has_two_classes_on_one_day() -> None:
    for row in OFFENCES:
        for day in BORDERS:
            class_of(row["offence_code"], day)
    classes = {row["offence_class"] for row in OFFENCES}
    assert {branch for _, branch in BRANCHES} <= classes
    for row in OFFENCES:
        assert normal(row["offence_code"]) == row["offence_code"]


def test_the_two_schemes_of_anti_social_behaviour_share_no_day_and_leave_none_out() -> None:
    spans = {(row["scheme"], row["valid_from"], row["valid_to"]) for row in seed_rows("asb_scheme")}
    old, new = sorted(spans)
    assert (old[1], new[2]) == ("", "")
    assert date.fromisoformat(old[2]) + timedelta(days=1) == date.fromisoformat(new[1])


def normal(code: str) -> str:
    """An offence code by the macro."""
    row = warehouse().execute(f"select {macros().normal_offence_code('?')}", [code]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("37/2", "37.2"),
        ("037/02", "37.2"),
        ("37.2", "37.2"),
        (" 37 / 2 ", "37.2"),
        ("28a ", "28A"),
        ("8g", "8G"),
        ("008 G", "8G"),
        ("105A\t", "105A"),
        ("045/00", "45"),
        ("45/", "45"),
        ("028/00A", "28A"),
        ("4/10", "4.10"),
        ("4/1", "4.1"),
        ("100", "100"),
        ("0", "0"),
    ],
)
def test_an_offence_code_is_read_however_it_is_spelled(sent: str, meant: str) -> None:
    assert normal(sent) == meant


@settings(deadline=None, max_examples=200)
@given(
    code=st.sampled_from([row["offence_code"] for row in OFFENCES]),
    zeros=st.integers(0, 3),
    after=st.integers(0, 2),
    space=st.sampled_from(["", " ", "\t"]),
    slash=st.sampled_from(["/", "."]),
    lower=st.booleans(),
)
def test_every_code_of_the_table_is_found_in_any_spelling(
    code: str, zeros: int, after: int, space: str, slash: str, lower: bool
) -> None:
    sent = space + "0" * zeros + code.replace(".", f"{space}{slash}{'0' * after}") + space
    assert normal(sent.lower() if lower else sent) == code


# A table, and what of it is read; of the profile the crimes of every class and flag.
TABLES_READ = {
    "hate/report": {
        "hate_victims": "hate_victims",
        "hate_completeness": "hate_completeness",
    },
    "police/recorded_crime": {
        "time_profile": "measure_area_hour where measure_id = 'all_crime'",
    },
}


@pytest.mark.parametrize("feed", FEEDS)
def test_what_reads_a_field_is_what_changes_without_it(feed: str) -> None:
    """seeds/field_use.csv, tried: each field blanked in every row, and the figures counted anew."""
    rows: list[Row] = []

    @settings(deadline=None, max_examples=300, derandomize=True, database=None)
    @given(RULES[feed][0])
    def draw(drawn: list[Row]) -> None:
        rows.extend(drawn)

    draw()
    if feed == "police/recorded_crime":  # of some hundred codes chance alone leaves some out
        rows += [
            {
                **rows[0],
                "offence_code": offence["offence_code"],
                "recorded_date": date.fromisoformat(
                    offence["valid_from"] or offence["valid_to"] or "2010-05-01"
                ),
                "lsoa_code": "L1",
                "cancelled_date_bucket": "valid" if cancelled else "missing",
                "cancelled_date": cancelled,
            }
            for offence in OFFENCES
            for cancelled in (None, date(2011, 4, 20))
        ]
    if "district_code" in rows[0]:  # whatever is counted, some of it by its district alone
        rows += [{**row, "lsoa_code": None, "district_code": "D1"} for row in rows]
    of_feed = {row["measure_id"] for row in seed_rows("measure") if row["feed"] == feed}
    said: dict[str, set[str]] = {}
    for use in seed_rows("field_use"):
        if use["feed"] == feed:
            used = of_feed if use["used_by"] == "*" else {use["used_by"]} - {""}
            said.setdefault(use["field"], set()).update(used)
    con, table = staged(feed, rows), FEEDS[feed][0]
    columns = {row[0] for row in con.sql(f"describe {table}").fetchall()}
    before = read_by_all(feed)
    changed = {}
    for field in said:
        bucket = f"{field}_bucket"
        blanks = [f"{field} = null"] * (field in columns) + [f"{bucket} = 'missing'"] * (
            bucket in columns
        )
        assert blanks, f"{field} is no column of {table}"
        con.execute("begin")
        con.execute(f"update {table} set {', '.join(blanks)}")
        after = read_by_all(feed)
        con.execute("rollback")
        changed[field] = {name for name in before if before[name] != after[name]}
    assert {field: said[field] ^ changed[field] for field in said} == {key: set() for key in said}


def read_by_all(feed: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each measure and each table that reads the feed, by its name in the seed."""
    con = warehouse()
    found: dict[str, list[tuple[Any, ...]]] = {
        row["measure_id"]: [] for row in seed_rows("measure") if row["feed"] == feed
    }
    for (measure, *others), events in sorted(measured(con, feed).items(), key=str):
        if measure in found:  # what is unknown is read beside its indicators
            found[measure].append((*others, events))
    for table, rows in TABLES_READ.get(feed, {}).items():
        found[f"marts.{table}"] = con.sql(f"select * from {rows} order by all").fetchall()
    return found
