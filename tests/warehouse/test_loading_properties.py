"""Whatever lands, in whatever order and however often: every row is accounted for."""

import gzip
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse.street_files import (
    FEED,
    FORCE,
    LONG_AGO,
    MEMORY,
    SETTINGS,
    audit,
    everything,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
)
from warehouse import ddl
from warehouse.contract import load_contract, load_contracts
from warehouse.errors import RunFailed
from warehouse.home import Home
from warehouse.ingest.ledger import AuditRow, Ledger
from warehouse.ingest.loading import fill
from warehouse.reading import Member, Reading

GOOD = [row(1), row(2), row(3, "2020-05"), row(4, "2020-05", "Avon Constabulary")]
BAD = ["ragged", row(5, month="2020-13"), row(6, force="  "), row(7, kind="") + ",more"]

contents = st.one_of(
    st.lists(st.sampled_from(GOOD + BAD), max_size=5).map(lambda rows: ("csv", tuple(rows))),
    st.just(("broken", ())),
)


@dataclass(frozen=True)
class Extract:
    """A file to land: its members (one, unless it is a zip), form, night and time."""

    members: tuple[tuple[str, tuple[str, ...]], ...]
    form: str
    night: int
    when: int


def content(extract: Extract) -> bytes:
    texts = [
        street_csv(rows) if kind == "csv" else b"Other,Columns\n1,2\n"
        for kind, rows in extract.members
    ]
    if extract.form == "zip":
        return street_zip({member(f"20{n:02d}-01"): text for n, text in enumerate(texts)})
    return gzip.compress(texts[0], mtime=0) if extract.form == "csv.gz" else texts[0]


extracts = st.builds(
    Extract,
    st.lists(contents, min_size=1, max_size=3).map(tuple),
    st.sampled_from(["csv", "csv", "csv.gz", "zip"]),
    st.integers(0, 1),
    st.integers(0, 3),
)


def expected(landed: Sequence[tuple[str, Extract]]) -> list[tuple[object, ...]]:
    """The audit the rules ask for, worked out without the program."""
    rows: list[tuple[object, ...]] = []
    seen: set[object] = set()
    whole: set[bytes] = set()
    for name, extract in sorted(landed, key=lambda item: (item[1].night, item[1].when, item[0])):
        members = extract.members if extract.form == "zip" else extract.members[:1]
        if content(extract) in whole:
            rows.append((name, "duplicate", 0, 0, 0, 0))
            continue
        statuses = set()
        for n, (kind, lines) in enumerate(members):
            label = f"{name}/{member(f'20{n:02d}-01')}" if extract.form == "zip" else name
            if kind == "broken":
                rows.append((label, "refused", 0, 0, 0, 0))
            elif lines in seen:
                rows.append((label, "duplicate", 0, 0, 0, 0))
            else:
                seen.add(lines)
                bad = sum(line in BAD for line in lines)
                # The members' names state months that no row is of.
                status = "held" if extract.form == "zip" and bad < len(lines) else "loaded"
                rows.append((label, status, len(lines), len(lines) - bad, bad, 0))
            statuses.add(rows[-1][1])
        if statuses & {"loaded", "held"} and "refused" not in statuses:
            whole.add(content(extract))
    return rows


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(extracts, max_size=5), st.randoms(use_true_random=False))
def test_any_files_landed_in_any_order_are_audited_as_the_rules_ask(
    chosen: list[Extract], order: object
) -> None:
    landed = [(f"file{n}.{extract.form}", extract) for n, extract in enumerate(chosen)]
    shuffled = list(landed)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    outcomes = []
    for sequence in (landed, shuffled):
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            home = Home(Path(folder) / "home")
            home.init()
            for when in (0, 1):
                for name, extract in sequence:
                    if extract.night == when:
                        land(home, name, content(extract), LONG_AGO + extract.when)
                night(home)
            assert audit(home) == expected(landed)
            assert not any((home.landing / FEED).iterdir())
            reconcile(home)
            held = everything(home)
            outcomes.append(held)
            assert not night(home).changed
            assert everything(home) == held
    assert outcomes[0] == outcomes[1]


def reconcile(home: Home) -> None:
    """Audit, raw rows, kept rejects and periods agree, file by file."""
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        differing = con.execute(
            """
            SELECT a.file_id FROM quality.load_audit a
            WHERE a.data_rows <> a.accepted + a.rejected + a.skipped
               OR a.accepted <> (SELECT count(*) FROM raw.police__street_crime r
                                 WHERE r._file_id = a.file_id)
               OR a.accepted <> (SELECT coalesce(sum(row_count), 0) FROM raw.load_period p
                                 WHERE p.file_id = a.file_id)
               OR a.rejected <> (SELECT count(*) FROM quality.rejected_row j
                                 WHERE j.file_id = a.file_id)
            """
        ).fetchall()
    assert differing == []


@pytest.mark.parametrize("what", ["accepted", "rejected"])
def test_rows_that_do_not_arrive_stop_the_run(home: Home, what: str) -> None:
    contract = load_contract(FEED)
    columns = ", ".join(f"NULL::VARCHAR AS {name}" for name in contract.raw_columns)
    with ddl.open_warehouse(home, SETTINGS) as con:
        ddl.ensure(con, load_contracts(), SETTINGS)
        con.execute(
            f"CREATE TEMP TABLE incoming AS SELECT * REPLACE ('2020-04' AS month, '{FORCE}' AS "
            f"falls_within) FROM (SELECT 0 AS _member, 2::BIGINT AS _line_number, {columns})"
        )
        con.execute(
            "CREATE TEMP TABLE incoming_rejected AS SELECT 0 AS _member, 3::BIGINT AS "
            "_line_number, NULL::VARCHAR AS column_name, 'why' AS reason, NULL::VARCHAR AS raw_line"
        )
        ledger = Ledger(con)
        ledger.begin()
        exact = AuditRow("a.csv", "x", 1, "loaded", data_rows=2, accepted=1, rejected=1)
        ledger.number([exact])
        ledger.insert_rows(contract, [exact])
        one_more = AuditRow("b.csv", "y", 1, "loaded", data_rows=3, accepted=1, rejected=1)
        setattr(one_more, what, 2)
        ledger.number([one_more])
        with pytest.raises(RunFailed, match=rf"b\.csv: 2 rows were {what}, but 1 arrived"):
            ledger.insert_rows(contract, [one_more])


def test_a_reading_that_does_not_add_up_stops_the_run() -> None:
    row = AuditRow("a.csv", "x", 1, "duplicate")
    reading = Reading(Member("a.csv", "a.csv"), data_rows=5, accepted=3, rejected=1, skipped=0)
    with pytest.raises(RunFailed, match=r"a\.csv: 5 rows were read, but 3 accepted, 1 rejected"):
        fill(row, reading)
