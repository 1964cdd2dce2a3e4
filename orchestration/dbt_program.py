"""dbt in this process: a manifest prepared once per change of the definitions, and its arguments.

Why in this process (measured 2026-11 on two cores): starting the dbt program takes 4 s of imports
and, without a prepared manifest, 5 s of parsing; dagster-dbt starts it twice, and `dbt --version`
asks a server on the internet for newer versions. A dbt of its own would also outlive a killed run
and go on writing to a warehouse whose lock is free.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.interruption import as_keyboard_interrupt
from warehouse.errors import RunFailed
from warehouse.messages import SHOWN_BY_DEBUG, safe_message
from warehouse.publication import dbt_docs
from warehouse.settings import Settings
from warehouse.versions import definitions_hash, package_versions

PROJECT_DIR = Path(__file__).resolve().parents[1] / "dbt_project"
PREPARED = ("manifest.json", "partial_parse.msgpack", dbt_docs.NAME)
STAMP = "prepared_from"

QUIET = (
    "--no-send-anonymous-usage-stats",
    "--no-version-check",
    "--quiet",
    "--log-level",
    "none",
    "--log-level-file",
    "none",
)
# Its graph and manifest after each run are those that were prepared; its results are returned.
NO_FILES = "--no-write-json"
# The tag, in memory, of the nodes that a build is to build.
CHOSEN = "chosen"


def build_args(
    target: Path, *, full_refresh: bool = False, project_dir: Path = PROJECT_DIR
) -> list[str]:
    """The arguments of the night's one `dbt build`, of what `choose` chose.

    target: folder for dbt's artifacts.
    """
    args = [*QUIET, NO_FILES, "build", *_folders(target, project_dir)]
    if full_refresh:
        args.append("--full-refresh")
    return [*args, "--select", f"tag:{CHOSEN}", "--indirect-selection", "empty"]


def choose(manifest: Any, chosen: Collection[str]) -> Any:
    """The manifest, with the nodes of these unique ids tagged for `build_args`; no others are.

    dbt compares each name of a selection with every node: of some hundred names that takes it as
    long as building as many tables.
    """
    for uid, node in manifest.nodes.items():
        node.tags = [tag for tag in node.tags if tag != CHOSEN] + [CHOSEN] * (uid in chosen)
    return manifest


def args_of_tests(target: Path, tests: Sequence[str], project_dir: Path = PROJECT_DIR) -> list[str]:
    """The arguments of a `dbt test` of the tests named, on tables that are built."""
    return [*QUIET, NO_FILES, "test", *_folders(target, project_dir), "--select", *sorted(tests)]


def _folders(target: Path, project_dir: Path) -> list[str]:
    return [
        *("--project-dir", str(project_dir), "--profiles-dir", str(project_dir)),
        *("--target-path", str(target), "--log-path", str(target)),
    ]


def environment(warehouse_file: Path, settings: Settings) -> dict[str, str]:
    """The variables that dbt_project/profiles.yml reads, and dbt's telemetry turned off."""
    return {
        "CSP_WAREHOUSE": str(warehouse_file),
        "CSP_THREADS": str(settings.threads),
        "CSP_MEMORY_LIMIT": settings.memory_limit,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def prepared_manifest(project_dir: Path = PROJECT_DIR) -> Path:
    """The manifest of the definitions as they are now, parsed only if they changed.

    Returns dbt_project/target/manifest.json, beside which lie the parsed form that a build starts
    from, and dbt's documentation page. Safe when two processes come at once: each file is put in
    place whole, the stamp last. Raises RunFailed with the kind of dbt's error when the project does
    not parse, and saying so when this user may neither read what is prepared nor prepare it.
    """
    target = project_dir / "target"
    stamp = definitions_stamp()
    wanted = [target / name for name in (*PREPARED, STAMP)]
    try:
        if not all(path.is_file() for path in wanted) or wanted[-1].read_text() != stamp:
            _prepare(project_dir, target, stamp)
        for path in wanted:
            path.open("rb").close()
    except OSError as error:
        raise RunFailed(
            f"dbt's definitions cannot be prepared in {target}: {safe_message(error)}. "
            "Run `csp run` once as the user who owns the checkout, or let this user write there."
        ) from error
    return wanted[0]


def _prepare(project_dir: Path, target: Path, stamp: str) -> None:
    """Parse the project; the files hold definitions alone, so every user of the host may read."""
    if not target.exists():
        target.mkdir(parents=True, exist_ok=True)
        target.chmod(0o755)
    scratch = target / f".preparing-{os.getpid()}"
    scratch.mkdir(exist_ok=True)
    try:
        folders = _folders(scratch, project_dir)
        invoke([*QUIET, "--no-partial-parse", "parse", *folders])
        # Of the manifest that was just written, without asking a database for anything.
        static = ["--static", "--empty-catalog", "--no-compile"]
        invoke([*QUIET, "docs", "generate", *static, *folders])
        names = ("static_index.html", "catalog.json", PREPARED[0])
        page, catalog, manifest = ((scratch / name).read_text(encoding="utf-8") for name in names)
        page = dbt_docs.offline(page, catalog, json.loads(manifest), str(project_dir.parent))
        (scratch / dbt_docs.NAME).write_text(page, encoding="utf-8")
        (scratch / STAMP).write_text(stamp)
        for name in (*PREPARED, STAMP):
            (scratch / name).chmod(0o644)  # whatever the umask of a night
            (scratch / name).replace(target / name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def load_manifest(manifest: Path) -> Any:
    """dbt's own manifest object, from the parsed form beside a prepared manifest.json.

    Handed to dbt it saves the parse. dbt's partial parsing would not: it starts afresh whenever
    a variable of the profile differs, and every home has another path.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    packed = manifest.with_name(PREPARED[1]).read_bytes()
    return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)


def invoke(
    args: list[str], manifest: Any = None, on_event: Callable[[Any], None] | None = None
) -> list[dict[str, Any]]:
    """Run dbt in this process and close its database connections.

    Returns the results of the nodes that it ran, as dbt's run_results.json has them, also when
    tests failed or models could not be built. Raises RunFailed when dbt could not run at all, and
    whatever interrupted it.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.artifacts.schemas.run.v5.run import RunExecutionResult, process_run_result
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest=manifest, callbacks=[on_event] if on_event else [])
    try:
        # Only on this exception does dbt cancel its queries and wait for its threads; Dagster's own
        # would leave them at work on a warehouse that is about to be closed.
        with as_keyboard_interrupt() as received:
            result = runner.invoke(args)
    finally:
        # dbt-duckdb keeps its database open for the life of the process; later steps open it
        # otherwise configured, which DuckDB refuses while this connection lives.
        environment_of_dbt = DuckDBConnectionManager._ENV
        DuckDBConnectionManager.close_all_connections()
        if environment_of_dbt is not None:
            environment_of_dbt.close()
    error = result.exception
    if error is None and received:
        raise KeyboardInterrupt
    if error is None:
        ran = result.result.results if isinstance(result.result, RunExecutionResult) else ()
        return [process_run_result(node).to_dict(omit_none=False) for node in ran]
    if not isinstance(error, Exception):  # KeyboardInterrupt, or Dagster's interruption
        raise error
    raise RunFailed(f"dbt could not run: {safe_message(error)}; {SHOWN_BY_DEBUG}.") from error


@contextmanager
def variables(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables inside the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def definitions_stamp() -> str:
    """A SHA-256 of the definitions and of the software that reads and evaluates them."""
    whole = json.dumps([definitions_hash(), package_versions()], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()
