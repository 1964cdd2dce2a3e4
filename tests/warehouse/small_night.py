"""A small warehouse as a night leaves it, and a dbt manifest of its shape, to publish from."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse import ddl, results
from warehouse.errors import FileRefused
from warehouse.home import Home
from warehouse.ingest import landing
from warehouse.publication import Publication, dbt_docs, publish
from warehouse.results import CheckResult, utc_now
from warehouse.settings import Settings, load_settings

VALUE_COLUMNS = {
    "indicator_id": "varchar",
    "indicator_version": "integer",
    "area_code": "varchar",
    "period_start": "date",
    "numerator": "bigint",
    "value": "double",
}

# name -> (public, {column: type}, select that makes it)
MODELS: dict[str, tuple[str, dict[str, str], str]] = {
    "indicator": (
        "all",
        {"indicator_id": "varchar", "indicator_version": "integer", "feeds": "varchar"},
        "select * from (values ('street_crime_rate', 1, 'police/street_crime'), "
        "('hate_reports', 1, 'hate/report'), ('mixed', 1, 'police/street_crime, hate/report'), "
        "('unnamed', 1, null)) as t(indicator_id, indicator_version, feeds)",
    ),
    "indicator_value": (
        "open_indicators",
        VALUE_COLUMNS,
        "select indicator_id, 1::integer, 'E0700012' || (i % 7), date '2020-04-01', i, "
        "i / 7.0::double from range({rows}) as t(i), (values ('street_crime_rate'), "
        "('hate_reports'), ('mixed'), ('unnamed')) as n(indicator_id)",
    ),
    "marac_repeats": (
        "none",
        {"area_code": "varchar", "cases": "bigint"},
        "select 'E07000129', 12::bigint",
    ),
    "load_audit": (
        "open_feeds",
        {"partner": "varchar", "feed": "varchar", "file_name": "varchar", "loaded_at": "timestamp"},
        "view: select partner, feed, file_name, loaded_at from quality.load_audit",
    ),
    "check_result": (
        "open_feeds",
        {"run_id": "varchar", "check_id": "varchar", "feed": "varchar", "status": "varchar"},
        "view: select run_id, check_id, feed, status from quality.check_result",
    ),
    "publication": (
        "all",
        {"publication_id": "varchar", "run_id": "varchar", "source_files": "bigint"},
        "view: select publication_id, run_id, source_files from quality.publication",
    ),
}


@dataclass
class Night:
    """A home whose warehouse is built and ready to publish."""

    home: Home
    settings: Settings
    manifest: Path

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The warehouse, open for writing."""
        return ddl.open_warehouse(self.home, self.settings)

    def execute(self, sql: str) -> None:
        """Run one statement in the warehouse."""
        with self.connect() as con:
            con.execute(sql)

    def check(self, run_id: str, *statuses: str, severity: Any = "blocking") -> None:
        """Record one check result of the run for each status."""
        with self.connect() as con:
            results.append(
                con,
                [
                    check(run_id, status, f"check.{severity}.{number}", severity)
                    for number, status in enumerate(statuses)
                ],
            )

    def publish(self, run_id: str = "run-1", **options: Any) -> Publication:
        """Publish what is built."""
        return publish(self.home, self.settings, run_id, self.manifest, **options)


def check(run_id: str, status: Any, check_id: str = "a", severity: Any = "blocking") -> CheckResult:
    """A check result with little in it."""
    return CheckResult(
        run_id=run_id,
        check_id=check_id,
        suite="test",
        feed="police/street_crime",
        table_name="t",
        column_name=None,
        dimension="consistency",
        severity=severity,
        status=status,
        observed="3 rows",
        threshold="0 rows",
        records=9,
        failed_records=3,
        checked_at=utc_now(),
    )


def small_night(
    home: Home,
    rows: int = 50,
    public: dict[str, str] | None = None,
    sheets_by: dict[str, str] | None = None,
) -> Night:
    """Build the small warehouse, with one passed blocking check of run-1, and its manifest."""
    home.init()
    settings = load_settings(home)
    manifest = home.dagster / "manifest.json"
    manifest.write_text(json.dumps(dbt_manifest(public or {}, sheets_by or {})))
    manifest.with_name(dbt_docs.NAME).write_text("<html>The models.</html>")
    night = Night(home, settings, manifest)
    with night.connect() as con:
        ddl.ensure(con, {}, settings)
        con.execute("create schema marts")
        con.execute(
            "insert into raw.feed (feed, partner, name, open_data) values "
            "('police/street_crime', 'police', 'street_crime', true), "
            "('hate/report', 'hate', 'report', false)"
        )
        con.execute(
            "insert into quality.load_audit (file_id, partner, feed, file_name, sha256, data_rows, "
            "accepted, rejected, skipped, status, loaded_at) values "
            "(1, 'police', 'police/street_crime', 'a.csv', 'aa', 10, 9, 1, 0, 'loaded', "
            "timestamp '2026-11-01 02:00:00'), "
            "(2, 'hate', 'hate/report', 'b.csv', 'bb', 5, 5, 0, 0, 'loaded', "
            "timestamp '2026-11-01 02:00:00'), "
            "(3, 'police', 'police/street_crime', 'broken.csv', 'cc', 0, 0, 0, 0, 'refused', "
            "timestamp '2026-11-01 02:00:00')"
        )
        refused = home.refused / "police/street_crime" / "broken.csv"
        landing.explain(refused, "police/street_crime", "broken.csv", "cc", FileRefused("broken"))
        con.execute(
            "insert into raw.load_period values (1, 'police/street_crime', 'Leicestershire Police',"
            " date '2021-09-01', 9)"
        )
        for name, (_, columns, select) in MODELS.items():
            kind = "view" if select.startswith("view: ") else "table"
            query = select.removeprefix("view: ").format(rows=rows)
            con.execute(f"create {kind} marts.{name}({', '.join(columns)}) as {query}")
        results.append(con, [check("run-1", "pass")])
    return night


def dbt_manifest(public: dict[str, str], sheets_by: dict[str, str] | None = None) -> dict[str, Any]:
    """A manifest of dbt's shape for MODELS; `public` overrides a model's rule."""
    sheets = sheets_by or {}
    nodes = {
        f"model.csp.{name}": {
            "unique_id": f"model.csp.{name}",
            "resource_type": "model",
            "name": name,
            "alias": name,
            "schema": "marts",
            "description": f"One row per {name}: it's a test.\n\nSecond paragraph\nin two lines.",
            "config": {
                "meta": {
                    "published": True,
                    "public": public.get(name, rule),
                    "sheets_by": sheets.get(name),
                }
            },
            "columns": {
                column: {
                    "name": column,
                    "description": f"The {column}.",
                    "data_type": data_type,
                    "config": {"meta": {"class": "label"}},
                }
                for column, data_type in columns.items()
            },
        }
        for name, (rule, columns, _) in MODELS.items()
    }
    nodes["model.csp.stg_police__street_crime"] = {
        "resource_type": "model",
        "name": "stg_police__street_crime",
        "schema": "staging",
        "description": "Not published.",
        "config": {"meta": {}},
        "columns": {},
    }
    return {"nodes": nodes}
