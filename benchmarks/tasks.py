"""The things that are timed, each in a process of its own: `python -m benchmarks.tasks <task> ...`.

A task prints one line of JSON: what it measured after its imports, so that the start of the process
can be told apart.
"""

import json
import shutil
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.inputs import HEADER

LIMITS = {"memory_limit": "1400MB", "threads": 2}


def bare_load(archive: str, folder: str) -> dict[str, Any]:
    """Unzip, and read_csv of the street files into a table of a DuckDB file, all as text."""
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in HEADER) + "}"
    began = time.perf_counter()
    unpacked = Path(folder) / "unpacked"
    with zipfile.ZipFile(archive) as packed:
        wanted = [name for name in packed.namelist() if name.endswith("-street.csv")]
        packed.extractall(unpacked, wanted)
    with duckdb.connect(str(Path(folder) / "bare.duckdb"), config=LIMITS) as con:
        con.execute("set preserve_insertion_order = false")
        con.execute(
            f"create table street as from read_csv('{unpacked}/**/*.csv', auto_detect = false, "
            f"header = true, delim = ',', quote = '\"', columns = {columns})"
        )
        [(rows,)] = con.execute("select count(*) from street").fetchall()
    return {"seconds": time.perf_counter() - began, "rows": rows}


def load(archive: str, folder: str) -> dict[str, Any]:
    """The project's ingest of the same archive into a fresh home: validated and audited."""
    from warehouse import ddl
    from warehouse.home import Home
    from warehouse.ingest import loading
    from warehouse.settings import load_settings

    home = Home(Path(folder) / "home")
    home.init()
    settings = load_settings(home)
    shutil.copy2(archive, home.landing / "police/street_crime")
    began = time.perf_counter()
    with ddl.open_warehouse(home, settings) as con:
        result = loading.ingest(home, settings, con, lambda line: None)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "rows": result.feeds["police/street_crime"].accepted}


def ingest(home_folder: str) -> dict[str, Any]:
    """Load what has landed in a home, and the seeds, ready for the SQL of the build."""
    from orchestration import dbt_program
    from warehouse import ddl
    from warehouse.home import Home
    from warehouse.ingest import loading
    from warehouse.settings import load_settings

    home = Home(Path(home_folder))
    settings = load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        loading.ingest(home, settings, con, lambda line: None)
    _dbt(home, ["seed"], dbt_program)
    return {}


def dbt_build(home_folder: str) -> dict[str, Any]:
    """dbt itself building every model, without tests: what its own work adds to the SQL."""
    from orchestration import dbt_program
    from warehouse.home import Home

    home = Home(Path(home_folder))
    dbt_program.prepared_manifest()
    began = time.perf_counter()
    _dbt(home, ["run", "--full-refresh"], dbt_program)
    return {"seconds": time.perf_counter() - began}


def expectations(home_folder: str) -> dict[str, Any]:
    """Great Expectations' suites of a built home, within the memory of its build.

    `seconds` is without the import of the library, `import` that alone.
    """
    began = time.perf_counter()
    import great_expectations  # noqa: F401 - timed apart

    from data_quality.checkpoint import run_checks
    from warehouse.ddl import duckdb_limits
    from warehouse.home import Home
    from warehouse.settings import load_settings

    imported = time.perf_counter() - began
    home = Home(Path(home_folder))
    limits = duckdb_limits(home, load_settings(home))
    began = time.perf_counter()
    found = run_checks(home.warehouse_file, "benchmark", None, limits)
    seconds = time.perf_counter() - began
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        [(largest, rows)] = con.execute(
            "select max(records), sum(records) from (select feed, sum(records) as records "
            "from facts.feed_month_file group by feed)"
        ).fetchall()
    return {
        "seconds": seconds,
        "import": imported,
        "checks": len(found),
        "errors": sum(result.status == "error" for result in found),
        "largest": int(largest),
        "rows": int(rows),
    }


def build_sql(home_folder: str) -> dict[str, Any]:
    """The models' compiled SQL, in the order of their dependencies, in one bare connection.

    `seconds` is what marts.indicator_value needs, `rest` every other model.
    """
    from orchestration import dbt_program
    from warehouse import distributions
    from warehouse.home import Home

    home = Home(Path(home_folder))
    _dbt(home, ["compile"], dbt_program)
    manifest = json.loads((home.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    models = _in_order(manifest)
    wanted = _behind(manifest, "model.csp.indicator_value")
    seconds: dict[str, float] = {}
    with duckdb.connect(str(home.warehouse_file), config=LIMITS) as con:
        con.execute("set preserve_insertion_order = false")
        distributions.register(con)
        for uid in sorted(models, key=lambda uid: uid not in wanted):  # stable: order within
            node = manifest["nodes"][uid]
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            con.execute(f"create schema if not exists {node['schema']}")
            began = time.perf_counter()
            con.execute(f"create {kind} {node['schema']}.{node['name']} as {node['compiled_code']}")
            seconds[uid.split(".")[-1]] = time.perf_counter() - began
        began = time.perf_counter()
        con.execute("checkpoint")
        seconds["(checkpoint)"] = time.perf_counter() - began
    needed = {uid.split(".")[-1] for uid in wanted} | {"(checkpoint)"}
    return {
        "seconds": sum(taken for name, taken in seconds.items() if name in needed),
        "rest": sum(taken for name, taken in seconds.items() if name not in needed),
        "models": seconds,
    }


def hand_written(home_folder: str) -> dict[str, Any]:
    """The hand-written script over the same raw tables."""
    from warehouse import distributions
    from warehouse.home import Home

    home = Home(Path(home_folder))
    script = Path(__file__).with_name("hand_written.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(home.warehouse_file), config=LIMITS) as con:
        con.execute("set preserve_insertion_order = false")
        distributions.register(con)
        began = time.perf_counter()
        con.execute(
            "create temp table exact_poisson as select events::bigint as events, "
            "poisson_lower(events, 0.95) as l95, poisson_upper(events, 0.95) as u95, "
            "poisson_lower(events, 0.998) as l998, poisson_upper(events, 0.998) as u998 "
            "from range(10) as t (events)"
        )
        con.execute(script)
        con.execute("checkpoint")
        seconds = time.perf_counter() - began
        [(rows,)] = con.execute("select count(*) from hand_written").fetchall()
    return {"seconds": seconds, "rows": rows}


def pandas_district(archive: str, reference: str, target: str) -> dict[str, Any]:
    """The pandas script; its figures are kept as Parquet for the comparison."""
    from benchmarks.pandas_district import district_figures

    began = time.perf_counter()
    figures = district_figures(Path(archive), Path(reference))
    seconds = time.perf_counter() - began
    figures.astype({"numerator": "int64"}).to_parquet(target)
    return {"seconds": seconds, "rows": len(figures)}


def _dbt(home: Any, command: list[str], dbt_program: Any) -> None:
    from warehouse.settings import load_settings

    manifest = dbt_program.load_manifest(dbt_program.prepared_manifest())
    args = [*dbt_program.QUIET, *command, "--project-dir", str(dbt_program.PROJECT_DIR)]
    args += ["--profiles-dir", str(dbt_program.PROJECT_DIR)]
    args += ["--target-path", str(home.dbt_target), "--log-path", str(home.dbt_target)]
    environment = dbt_program.environment(home.warehouse_file, load_settings(home))
    with dbt_program.variables(environment):
        dbt_program.invoke(args, manifest)


def _behind(manifest: dict[str, Any], uid: str) -> set[str]:
    found, todo = {uid}, [uid]
    while todo:
        for parent in manifest["parent_map"][todo.pop()]:
            if parent.startswith("model.") and parent not in found:
                found.add(parent)
                todo.append(parent)
    return found


def _in_order(manifest: dict[str, Any]) -> list[str]:
    models = sorted(uid for uid in manifest["nodes"] if uid.startswith("model."))
    done: list[str] = []
    while len(done) < len(models):
        for uid in models:
            parents = [p for p in manifest["parent_map"][uid] if p.startswith("model.")]
            if uid not in done and all(parent in done for parent in parents):
                done.append(uid)
    return done


TASKS = {
    function.__name__: function
    for function in (
        *(bare_load, load, ingest, dbt_build, build_sql, hand_written, pandas_district),
        expectations,
    )
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
