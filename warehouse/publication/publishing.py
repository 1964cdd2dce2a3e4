"""Write, audit, then publish: the steps from a checked warehouse to a new current publication."""

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.ddl import duckdb_limits, open_warehouse
from warehouse.errors import RunBlocked, RunFailed
from warehouse.files import link_or_copy, sha256_of
from warehouse.home import Home
from warehouse.ingest.removal import Removals
from warehouse.messages import mend_of, safe_message
from warehouse.publication import dbt_docs, store
from warehouse.publication.build import (
    column_types,
    fingerprint,
    reusable,
    write_duckdb,
    write_parquet,
)
from warehouse.publication.disclosure.protection import protect
from warehouse.publication.manifest import (
    Manifest,
    SourceFile,
    TableEntry,
    describe_files,
    write_manifest,
)
from warehouse.publication.sheets import reuse_sheets, write_sheets
from warehouse.publication.state import input_state
from warehouse.publication.store import Publication
from warehouse.publication.tables import published_tables
from warehouse.publication.tiers import PARTNER, PUBLIC, TIERS, Source, sources
from warehouse.publication.verification import audit
from warehouse.results import summary
from warehouse.settings import Settings
from warehouse.versions import git_commit, package_versions, software_version
from warehouse.writing import replace_rows, transaction

Report = Callable[[str], None]
# Writes the pages of one folder: the warehouse, the folder, the manifest, the publication before.
Pages = Callable[[duckdb.DuckDBPyConnection, Path, Manifest, Path | None], None]


def publish(
    home: Home,
    settings: Settings,
    run_id: str,
    dbt_manifest: Path,
    *,
    data_docs: Path | None = None,
    pages: Mapping[str, Pages] | None = None,
    report: Report = lambda line: None,
    con: duckdb.DuckDBPyConnection | None = None,
    state: str | None = None,
) -> Publication:
    """Publish the warehouse as it stands, if the run's blocking checks passed.

    con: the warehouse, open for writing; opened (and closed) here when absent. state: the
    input_state the run started from, computed now when absent. pages: what writes the pages of each
    folder of the publication, in their order.
    The caller holds the run lock.
    Raises RunBlocked when a blocking check of this run failed, could not be evaluated, or none
    was evaluated; RunFailed when building or the audit fails. After either, and after a kill at
    any moment, the former publication is current and whole.
    """
    warehouse = con or open_warehouse(home, settings)
    try:
        store.clean(home)
        _require_passed(home, warehouse, run_id)
        tables = published_tables(dbt_manifest)
        report("protecting and attacking the public figures")
        protect(home, warehouse, tables, settings.disclosure, run_id)
        passed = _require_passed(home, warehouse, run_id)
        now = datetime.now(UTC).replace(microsecond=0)
        manifest = Manifest(
            publication_id=store.new_id(home, now),
            run_id=run_id,
            published_at=now.isoformat().replace("+00:00", "Z"),
            software_version=software_version(),
            git_commit=git_commit(),
            packages=package_versions(),
            input_state=state or input_state(home, settings, warehouse),
            blocking_checks_passed=passed,
            checks=summary(warehouse, run_id),
            source_files=_source_files(warehouse),
        )
        _describe_itself(warehouse, manifest, now)
        building = home.published / f"{store.BUILDING}{manifest.publication_id}"
        building.mkdir(mode=0o700)
        try:
            tiers = {tier: sources(warehouse, tables, tier) for tier in TIERS}
            manifest = _build(home, warehouse, building, manifest, tiers, report)
            # Two databases must not spill into one folder: their files have the same names.
            spill = home.work / "spill" / "publication"
            spill.mkdir(parents=True, exist_ok=True)
            limits = {**duckdb_limits(home, settings), "temp_directory": str(spill)}
            # DuckDB writes its files while Python writes the pages.
            with ThreadPoolExecutor(1) as writer:
                files = writer.submit(
                    _write_files, limits, building, tiers, manifest.tables, report
                )
                quality = building / "quality"
                quality.mkdir()
                if data_docs is not None:
                    shutil.copytree(data_docs, quality / "data_docs")
                _add_dbt_docs(home, quality / "dbt", dbt_manifest.with_name(dbt_docs.NAME))
                for name, write in (pages or {}).items():
                    report(f"writing the pages of {name}/")
                    folder = building / name
                    folder.mkdir(exist_ok=True)
                    write(warehouse, folder, manifest, store.current_folder(home))
                files.result()
            write_manifest(building, replace(manifest, files=describe_files(building)))
            report("auditing the new publication")
            audit(warehouse, building, tiers, settings)
            store.make_current(home, building, manifest.publication_id, settings.partner_group)
        except BaseException:
            store.clean(home)
            raise
        removed = store.prune(home, settings.keep_publications, Removals.read(home).publications)
        if removed:
            report(
                f"removed {len(removed)} publications beyond the {settings.keep_publications} kept"
            )
    except (duckdb.Error, OSError) as error:
        raise RunFailed(
            f"The publication could not be written: {safe_message(error)}. {mend_of(error)} "
            "The former one stays current."
        ) from error
    finally:
        if con is None:
            warehouse.close()
    published = store.current_publication(home)
    if published is None or published.id != manifest.publication_id:
        raise RunFailed(
            f"{home.current} does not show the new publication: something else moved it."
        )
    report(f"published {published.id}")
    return published


def _require_passed(home: Home, con: duckdb.DuckDBPyConnection, run_id: str) -> int:
    """How many blocking checks of the run passed; RunBlocked unless all did, and one at least."""
    rows = con.execute(
        "select check_id, status, observed, threshold from quality.check_result "
        "where run_id = ? and severity = 'blocking' order by check_id",
        [run_id],
    ).fetchall()
    stays = store.current_folder(home)
    kept = f"publication {stays.name} stays current" if stays else "nothing is published"
    stopped = [row for row in rows if row[1] not in ("pass", "not_applicable")]
    if stopped:
        named = "; ".join(
            f"{check} ({status}: {observed or 'no result'}, required {threshold or 'none'})"
            for check, status, observed, threshold in stopped[:5]
        )
        more = f" and {len(stopped) - 5} more" if len(stopped) > 5 else ""
        count = "1 blocking check" if len(stopped) == 1 else f"{len(stopped)} blocking checks"
        raise RunBlocked(
            f"{count} did not pass, so {kept}: {named}{more}. Correct the cause, land the "
            "corrected files, and run again."
        )
    passed = len([row for row in rows if row[1] == "pass"])
    if not passed:
        raise RunBlocked(
            f"No blocking check was evaluated in run {run_id}, so {kept}: a night without "
            "checks is not published. Run again with --full-refresh."
        )
    return passed


def _source_files(con: duckdb.DuckDBPyConnection) -> list[SourceFile]:
    rows = con.execute(
        "select feed, file_name, sha256, accepted from quality.loaded_file order by file_id"
    ).fetchall()
    return [SourceFile(*row) for row in rows]


def _describe_itself(con: duckdb.DuckDBPyConnection, manifest: Manifest, now: datetime) -> None:
    """The one row of the published table `publication`."""
    described = {
        "publication_id": manifest.publication_id,
        "run_id": manifest.run_id,
        "published_at": now.replace(tzinfo=None),
        "software_version": manifest.software_version,
        "git_commit": manifest.git_commit,
        "source_files": len(manifest.source_files),
        "blocking_checks_passed": manifest.blocking_checks_passed,
    }
    with transaction(con):
        replace_rows(con, "quality.publication", list(described), [tuple(described.values())])


def _build(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    building: Path,
    manifest: Manifest,
    tiers: dict[str, list[Source]],
    report: Report,
) -> Manifest:
    """Write the tiers' files, each content once; returns the manifest with its tables.

    A table equal to one already written, in the other tier or in the newest publication, is a
    hard link to it: a night that changes one month of one feed rewrites only what follows.
    """
    previous, former = store.newest(home) or (None, None)
    types: dict[str, dict[str, str]] = {}
    written: dict[str, Path] = {}
    entries: dict[str, dict[str, TableEntry]] = {}
    for tier, of_tier in tiers.items():
        folder = building / "parquet" / tier
        folder.mkdir(parents=True)
        entries[tier] = {}
        for source in of_tier:
            name = source.table.name
            if name not in types:
                types[name] = column_types(con, source)
            rows, mark = fingerprint(con, f"({source.select})", source.table, types[name])
            target = folder / f"{name}.parquet"
            place = target.relative_to(building).as_posix()
            entry = TableEntry(rows, mark, place, list(source.table.key))
            # Two tables of equal content would be told apart by nothing but their names.
            reuse = written.get(mark) or reusable(previous, former, entry)
            if reuse is None:
                report(f"writing {name}: {rows:,} rows")
            write_parquet(con, source, target, reuse)
            written[mark] = target
            entries[tier][name] = entry
            if source.table.sheets_by and not reuse_sheets(
                previous, former, building, tier, name, entry
            ):
                write_sheets(con, source, building, tier)
    return replace(manifest, tables=entries)


def _write_files(
    limits: Mapping[str, Any],
    building: Path,
    tiers: dict[str, list[Source]],
    entries: dict[str, dict[str, TableEntry]],
    report: Report,
) -> None:
    """Write public.duckdb, and partner.duckdb as a copy of it with what differs put right.

    Never the other way round: a restricted row that was deleted from a copy would leave its
    bytes in the file's free blocks.
    """
    partner, public = building / "partner.duckdb", building / "public.duckdb"
    parquet = {
        tier: [
            (source.table, building / entries[tier][source.table.name].parquet)
            for source in tiers[tier]
        ]
        for tier in (PUBLIC, PARTNER)
    }
    report(f"writing {public.name}: {len(tiers[PUBLIC])} tables")
    write_duckdb(parquet[PUBLIC], public, limits)
    wanted, held = entries[PARTNER], entries[PUBLIC]
    equal = frozenset(name for name in held if held[name].fingerprint == wanted[name].fingerprint)
    if equal == wanted.keys():
        link_or_copy(public, partner)
        return
    report(f"writing {partner.name}: {len(wanted) - len(equal)} more tables")
    if equal:
        shutil.copyfile(public, partner)
    write_duckdb(parquet[PARTNER], partner, limits, equal)


def _add_dbt_docs(home: Home, folder: Path, prepared: Path) -> None:
    """The models' pages; the file of the publication before where the models are the same."""
    folder.mkdir()
    newest, _ = store.newest(home) or (None, None)
    former = newest / "quality" / "dbt" / "index.html" if newest else None
    if former is not None and former.is_file() and sha256_of(former) == sha256_of(prepared):
        link_or_copy(former, folder / "index.html")
    else:
        shutil.copyfile(prepared, folder / "index.html")
