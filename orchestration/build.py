"""The build step: every dbt model as an asset with one check, its tests, in one `dbt build`."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    build_dbt_asset_specs,
)

from data_quality import checker, dbt_tests, delivery
from orchestration import changes, dbt_program, progress
from orchestration.ingest import raw_key
from orchestration.night import Night
from warehouse import results, runs
from warehouse.errors import RunBlocked, RunFailed
from warehouse.files import write_whole
from warehouse.home import private_files
from warehouse.home_tables import waivers_of
from warehouse.messages import SHOWN_BY_DEBUG, safe_message
from warehouse.sql_text import quoted

STEP = "dbt_build"
RUN_RESULTS = "run_results.json"
UNIQUE_ID = "dagster_dbt/unique_id"
# What the next steps wait for; as an output of the step, which no table is (see `_events`).
BUILD = dg.AssetKey(["quality", "build"])
CHECK = "dbt_tests"
BUILT = {"success", "pass", "warn", "fail"}


class Translator(DagsterDbtTranslator):
    """dbt's names in the asset graph: raw sources are the feeds', models stand under their room."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """``raw/<partner>/<feed>`` for a source ``<partner>__<feed>``, else schema and name."""
        name = str(dbt_resource_props["name"])
        if dbt_resource_props["resource_type"] == "source":
            source = str(dbt_resource_props["source_name"])
            if source == "raw" and "__" in name:
                return raw_key(name.replace("__", "/", 1))
            return dg.AssetKey([source, name])
        return dg.AssetKey([str(dbt_resource_props["schema"]), name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """A group per room."""
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The model's own description, without its SQL."""
        return str(dbt_resource_props.get("description") or "")


def build_assets(manifest_file: Path) -> dg.AssetsDefinition:
    """The models and seeds of a prepared manifest as the assets of one step."""
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    settings = DagsterDbtTranslatorSettings(enable_asset_checks=False)
    tables = build_dbt_asset_specs(
        manifest=manifest, dagster_dbt_translator=Translator(settings=settings)
    )
    specs = {str(spec.metadata[UNIQUE_ID]): spec for spec in tables}
    tests = _tests_by_table(manifest, specs)

    @dg.multi_asset(
        name=STEP,
        specs=[
            *tables,
            dg.AssetSpec(
                BUILD,
                deps=[spec.key for spec in tables],
                group_name="quality",
                kinds={"dbt"},
                skippable=True,
                description="A night's build: how many tables and tests were asked, or kept.",
            ),
        ],
        # One for all tests of a table. There is one gate, which does not block here: publication,
        # which also sees what Great Expectations found.
        check_specs=[
            dg.AssetCheckSpec(
                CHECK, asset=specs[table].key, description=_described(of_it, manifest)
            )
            for table, of_it in tests.items()
        ],
        required_resource_keys={"night"},
        can_subset=True,
    )
    def dbt_build(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night: Night = context.resources.night
        selected = {uid for uid, spec in specs.items() if spec.key in context.selected_asset_keys}
        subset = selected if len(selected) < len(specs) else None
        checker.start()
        with night.step(STEP, "Building the tables and testing them", context.log.error):
            outcome = build(night, manifest_file, subset, context.log.info)
            if subset is None and is_whole(outcome.results):
                checker.ask(*night.question)
        checks = {
            uid: of_it
            for uid, of_it in tests.items()
            if dg.AssetCheckKey(specs[uid].key, CHECK) in context.selected_asset_check_keys
        }
        yield from _events(manifest, specs, checks, outcome)
        with night.failing(STEP, context.log.error, retries=0):
            refuse_if_incomplete(outcome.results, outcome.set_aside, outcome.sentences)
        if BUILD in context.selected_asset_keys:
            asked = [result["unique_id"] for result in outcome.results]
            built = sum(uid in specs for uid in asked)
            yield dg.MaterializeResult(
                asset_key=BUILD,
                metadata={
                    "tables_built": built,
                    "tables_kept": len(specs) - built,
                    "tests_asked": len(asked) - built,
                },
            )

    return dbt_build


def _tests_by_table(manifest: Mapping[str, Any], tables: Collection[str]) -> dict[str, list[str]]:
    """The tests of each table, by unique ids; one of several tables is of the first it reads."""
    found: dict[str, list[str]] = {}
    for uid, node in sorted(dbt_tests.nodes_of(manifest).items()):
        for table in [node.get("attached_node"), *node["depends_on"]["nodes"]]:
            if table in tables:
                found.setdefault(table, []).append(uid)
                break
    return found


def _described(tests: Collection[str], manifest: Mapping[str, Any]) -> str:
    """What the tests check, a line each."""
    nodes = dbt_tests.nodes_of(manifest)
    return "\n".join(
        f"- {dbt_tests.check_of(nodes[uid], manifest).for_the_auditor}" for uid in tests
    )


@dataclass(frozen=True)
class Outcome:
    """What a build left: dbt's results, every table's rows, the tests run after it, their words."""

    results: list[dict[str, Any]]
    rows: dict[tuple[str, str], int]
    set_aside: list[str]
    sentences: dict[str, str]


def build(
    night: Night,
    manifest_file: Path,
    selected: set[str] | None,
    log: Callable[[str], None],
) -> Outcome:
    """Run dbt, keep its tests' results in quality.check_result, count the rows built.

    Everything is built anew when the definitions differ from those the tables were built with, else
    what lies downstream of an extract, lookup or setting that changed. A failing test keeps
    dbt from building what reads its table; the tests whose failures a waiver bears are therefore
    run after the build. Raises RunFailed when dbt could not run.
    """
    manifest = dbt_program.load_manifest(manifest_file)
    definitions = json.loads(manifest_file.read_text(encoding="utf-8"))
    with night.warehouse() as connection:
        dbt_tests.write(connection, definitions)
        built_from = dbt_program.definitions_stamp()
        plan = _plan(night, connection, definitions, built_from, selected)
        waived = _waived_tests(connection, manifest) if selected is None else {}
    target = night.home.dbt_target
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    log(f"dbt build of {len(plan.chosen)} nodes{' --full-refresh' if plan.full_refresh else ''}")
    found = []
    if chosen := plan.chosen.difference(waived.values()):
        args = dbt_program.build_args(target, full_refresh=plan.full_refresh)
        found += _dbt(night, dbt_program.choose(manifest, chosen), args)
    if waived:
        log(f"dbt test of what is waived: {', '.join(waived)}")
        found += _waived_results(night, manifest, waived, found)
    with private_files():  # where a failure is looked up
        write_whole(target / RUN_RESULTS, json.dumps({"results": found}))
    with night.warehouse() as connection:
        sentences = _sentences(connection, manifest, found)
        # Here, so that a late feed is told of also where a check stops the build.
        night.late = delivery.results(connection, night.run_id, "ingest")
        of_tests = dbt_tests.results_of(found, definitions, night.run_id, sentences)
        results.append(connection, [*of_tests, *night.late])
        if selected is None:
            asked = {result.check_id for result in of_tests}
            dbt_tests.keep(connection, definitions, asked, night.run_id)
            if is_whole(found):
                if plan.full_refresh:
                    drop_unmade(connection, definitions)
                runs.record_build(connection, plan.leaves)
        rows = runs.row_counts(connection)
    return Outcome(found, rows, list(waived), sentences)


@dataclass(frozen=True)
class Plan:
    """What to build, dbt's nodes by unique id; whether from nothing; what is then true."""

    chosen: set[str]
    full_refresh: bool
    leaves: runs.Build


def _plan(
    night: Night,
    connection: duckdb.DuckDBPyConnection,
    definitions: Mapping[str, Any],
    built_from: str,
    selected: set[str] | None,
) -> Plan:
    """What the night builds: everything with new definitions, else what inputs have changed.

    Until `runs.record_build` says otherwise the inputs that changed count as changed.
    """
    states = changes.inputs(connection, definitions)
    last = runs.last_build(connection)
    now = results.utc_now()
    if night.full_refresh or last is None or last.definitions != built_from:
        runs.forget_build(connection, None)
        chosen, full_refresh, built_at = changes.everything(definitions), True, now
    else:
        changed = {uid for uid, state in states.items() if last.inputs.get(uid) != state}
        runs.forget_build(connection, changed)
        full_refresh, built_at = False, last.built_at
        if now - built_at > changes.EVERYTHING_AFTER:
            chosen, built_at = changes.whole(definitions), now
        else:
            tables = runs.row_counts(connection).keys()
            sound = dbt_tests.sound(connection)
            chosen = changes.stale(definitions, changed, tables, sound)
    if selected is not None:
        chosen = changes.with_tests(definitions, selected)
    return Plan(chosen, full_refresh, runs.Build(built_from, built_at, states))


def is_whole(dbt_results: list[dict[str, Any]]) -> bool:
    """Whether every table was built and every test evaluated."""
    return all(result["status"] in BUILT for result in dbt_results)


def drop_unmade(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> None:
    """Drop what no model or seed makes any more, in the schemas that dbt alone fills.

    Nothing else tells a reader of the warehouse that a table under a former name is out of date.
    Schemas raw and quality are not dbt's: what stands in them was recorded, and stays.
    """
    made = {
        (node["schema"], node["alias"])
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    for schema, name, kind in connection.execute(
        "select table_schema, table_name, table_type from information_schema.tables "
        "where table_catalog = current_database() and list_contains(?, table_schema)",
        [sorted({schema for schema, _ in made} - {"raw", "quality"})],
    ).fetchall():
        if (schema, name) not in made:
            what = "view" if kind == "VIEW" else "table"
            connection.execute(f"drop {what} {quoted(schema, name)}")


def _sentences(
    connection: duckdb.DuckDBPyConnection, manifest: Any, found: list[dict[str, Any]]
) -> dict[str, str]:
    """By the name of a test what the rows it found say, of the tests whose rows say it.

    Only of a test with meta.says_why: its column `sentence` is made of codes, counts and the names
    that the contracts and the settings know, never of a record.
    """
    sentences: dict[str, str] = {}
    for result in found:
        node = manifest.nodes.get(result["unique_id"])
        speaks = node is not None and node.config.meta.get("says_why")
        if speaks and result["status"] in ("fail", "warn") and result.get("compiled_code"):
            rows = connection.execute(
                f"select distinct sentence from ({result['compiled_code']}) order by 1"
            ).fetchall()
            sentences[node.name] = _listed([sentence for (sentence,) in rows], between=" ")
    return sentences


def _waived_tests(connection: duckdb.DuckDBPyConnection, manifest: Any) -> dict[str, str]:
    """dbt's tests that have a waiver which has not expired: their unique ids by name."""
    today = date.today()
    named = {
        waiver.check_id.removeprefix("dbt.")
        for waiver in waivers_of(connection).values()
        if waiver.check_id.startswith("dbt.") and waiver.expires >= today
    }
    return {
        node.name: uid
        for uid, node in manifest.nodes.items()
        if node.resource_type == "test" and node.name in named
    }


def _waived_results(
    night: Night, manifest: Any, waived: Mapping[str, str], built: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """dbt's results of the waived tests; of tables that were not built they are skipped."""
    missing = {
        result["unique_id"]
        for result in built
        if result["unique_id"].startswith(("model.", "seed.")) and result["status"] != "success"
    }
    idle = {
        name
        for name, uid in waived.items()
        if not missing.isdisjoint(manifest.nodes[uid].depends_on.nodes)
    }
    found = [
        {"unique_id": waived[name], "status": "skipped", "failures": None, "message": None}
        for name in sorted(idle)
    ]
    if run := sorted(set(waived) - idle):
        found += _dbt(night, manifest, dbt_program.args_of_tests(night.home.dbt_target, run))
    return found


def _dbt(night: Night, manifest: Any, args: list[str]) -> list[dict[str, Any]]:
    """The results of one invocation of dbt."""
    environment = dbt_program.environment(night.home.warehouse_file, night.settings)
    with dbt_program.variables(environment), private_files():
        try:
            found = dbt_program.invoke(args, manifest, _tell)
        except duckdb.Error as error:
            # dbt returns while its threads still work only when it was interrupted; that its
            # connection then cannot be closed hides the interruption.
            if "connection is busy" in str(error):
                raise KeyboardInterrupt from error
            raise
    if not found:
        raise RunFailed(f"dbt ended without results; {SHOWN_BY_DEBUG}.")
    return found


def refuse_if_incomplete(
    dbt_results: list[dict[str, Any]],
    set_aside: Collection[str] = (),
    sentences: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Raise when a table was not built: RunFailed for its own error, RunBlocked for a test's.

    set_aside: names of tests that were run after the build and stopped nothing. sentences: by the
    name of a test that failed what it says of it.

    dbt's messages can quote a record: of the first only what cannot is told. The whole messages
    are the error's cause, for the traceback that is kept.
    """
    models = [r for r in dbt_results if not r["unique_id"].startswith(("test.", "unit_test."))]
    broken = [r for r in models if r["status"] in ("error", "runtime error")]
    if broken:
        whole = "\n\n".join(f"{_name(r)}: {r.get('message')}" for r in broken)
        raise RunFailed(
            f"dbt could not build {_listed([_name(r) for r in broken])}: {_said(broken[0])}"
        ) from RuntimeError(whole)
    skipped = [_name(r) for r in models if r["status"] == "skipped"]
    if skipped:
        failed = [_name(r) for r in dbt_results if r["status"] in ("fail", "error")]
        failed = [name for name in failed if name not in set_aside]
        explained = "".join(f" {sentences[name]}" for name in failed if name in sentences)
        checks = _listed([f"dbt.{name}" for name in failed])
        raise RunBlocked(
            f"Blocking checks failed ({checks}), so {_listed(skipped)} were not built.{explained}"
        )


def _events(
    manifest: Mapping[str, Any],
    specs: Mapping[str, dg.AssetSpec],
    checks: Mapping[str, list[str]],
    outcome: Outcome,
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Dagster's events for dbt's results: rows and seconds of a table, and what its tests found.

    checks: the tests to tell of, by their table. The events themselves, not outputs of the step:
    of an output Dagster stores three, and asks its log which events of what it reads came before.
    Some hundred tables a night made that a fifth of the night's processor time (2026-11).
    """
    found = {result["unique_id"]: result for result in outcome.results}
    for uid, spec in specs.items():
        if uid in found and found[uid]["status"] == "success":
            node = manifest["nodes"][uid]
            rows = outcome.rows.get((node["schema"], node.get("alias") or node["name"]))
            count = {} if rows is None else {"dagster/row_count": rows}
            yield dg.AssetMaterialization(
                spec.key, metadata={"seconds": _seconds(found[uid]), **count}
            )
    for uid, tests in checks.items():
        asked = [
            found[test]
            for test in tests
            if test in found and found[test]["status"] in ("pass", "warn", "fail", "error")
        ]
        if asked:
            failed = {_name(r): int(r.get("failures") or 0) for r in asked if r["status"] != "pass"}
            yield dg.AssetCheckEvaluation(
                asset_key=specs[uid].key,
                check_name=CHECK,
                passed=not failed,
                severity=dg.AssetCheckSeverity.ERROR
                if any(result["status"] in ("fail", "error") for result in asked)
                else dg.AssetCheckSeverity.WARN,
                metadata={
                    "tests": len(asked),
                    "seconds": sum(_seconds(result) for result in asked),
                    **{f"failing rows of {name}": rows for name, rows in failed.items()},
                },
            )


def _seconds(result: Mapping[str, Any]) -> float:
    return round(float(result.get("execution_time") or 0), 3)


def _tell(event: Any) -> None:
    """Pass on that a node of dbt ended: "12 of 80"."""
    if event.info.name in ("LogModelResult", "LogSeedResult", "LogTestResult"):
        data = event.data
        total = data.num_models if event.info.name == "LogTestResult" else data.total
        progress.tell(STEP, data.node_info.node_name, int(data.index), int(total))


def _said(result: Mapping[str, Any]) -> str:
    """dbt's message of a node that failed, without what might quote a record."""
    return f"{safe_message(str(result.get('message') or ''))}; {SHOWN_BY_DEBUG}."


def _name(result: Mapping[str, Any]) -> str:
    parts = str(result["unique_id"]).split(".")
    return parts[2]


def _listed(names: list[str], most: int = 5, between: str = ", ") -> str:
    rest = len(names) - most
    return between.join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
