"""What a publication holds, what stops one, and that a killed one leaves nothing half-made."""

import dataclasses
import grp
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.old_duckdb import old_duckdb
from tests.warehouse.small_night import MODELS, Night, dbt_manifest, small_night
from warehouse.errors import RunBlocked, RunFailed, UsageError
from warehouse.home import Home
from warehouse.publication import (
    current_folder,
    dbt_docs,
    input_state,
    is_unchanged,
    list_publications,
)
from warehouse.publication.manifest import (
    Manifest,
    damaged_files,
    describe_files,
    read_manifest,
    write_manifest,
)
from warehouse.publication.store import clean
from warehouse.publication.tables import published_tables
from warehouse.publication.tiers import TIERS, sources
from warehouse.publication.verification import audit


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return small_night(Home(tmp_path / "home"))


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_partner_file_holds_every_published_table_with_its_comments(night: Night) -> None:
    folder = night.publish().folder
    tables = rows(
        folder / "partner.duckdb",
        "select schema_name || '.' || table_name, comment from duckdb_tables() order by all",
    )
    assert [name for name, _ in tables] == [f"marts.{name}" for name in sorted(MODELS)]
    assert tables[0][1] == "One row per check_result: it's a test.\nSecond paragraph in two lines."
    columns = rows(
        folder / "partner.duckdb",
        "select column_name, data_type, comment from duckdb_columns() "
        "where table_name = 'indicator_value' order by column_index",
    )
    assert columns[3] == ("period_start", "DATE", "The period_start.")
    assert [(name, kind.lower()) for name, kind, _ in columns] == list(
        MODELS["indicator_value"][1].items()
    )


def test_public_file_holds_only_what_comes_from_open_data(night: Night) -> None:
    folder = night.publish().folder
    public = folder / "public.duckdb"
    assert rows(public, "select distinct indicator_id from marts.indicator_value") == [
        ("street_crime_rate",)
    ]
    assert rows(public, "select distinct feed from marts.load_audit") == [("police/street_crime",)]
    names = rows(public, "select table_name from duckdb_tables() order by all")
    assert ("marac_repeats",) not in names
    assert len(names) == len(MODELS) - 1
    parquet = sorted(path.stem for path in (folder / "parquet" / "public").iterdir())
    assert parquet == [name for (name,) in names]
    assert rows(public, f"select distinct indicator_id from '{folder}/parquet/public/indicator_value.parquet'") == [("street_crime_rate",)]  # noqa: E501  # fmt: skip


def test_no_byte_of_a_restricted_row_is_in_the_public_file(night: Night) -> None:
    night.execute("update marts.indicator_value set area_code = 'SECRET-' || area_code where indicator_id = 'hate_reports'")  # noqa: E501  # fmt: skip
    folder = night.publish().folder
    assert b"SECRET-" in (folder / "parquet/partner/indicator_value.parquet").read_bytes() or rows(
        folder / "partner.duckdb", "select 1 from marts.indicator_value where area_code[1:3]='SEC'"
    )
    for path in [folder / "public.duckdb", *(folder / "parquet" / "public").iterdir()]:
        assert b"SECRET-" not in path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("model", "rule", "where"),
    [
        ("load_audit", "open_feeds", "feed = 'police/street_crime'"),
        ("indicator", "open_indicators", "indicator_id = 'street_crime_rate'"),
        ("indicator", "none", None),
        ("indicator_value", "all", "true"),
    ],
)
def test_each_public_rule(tmp_path: Path, model: str, rule: str, where: str | None) -> None:
    folder = small_night(Home(tmp_path / "home"), public={model: rule}).publish().folder
    if where is None:
        assert model not in read_manifest(folder).tables["public"]
        return
    everything = rows(folder / "partner.duckdb", f"from marts.{model} where {where} order by all")
    assert rows(folder / "public.duckdb", f"from marts.{model} order by all") == everything
    assert everything


def test_open_feed_named_without_its_partner(night: Night) -> None:
    night.execute(
        "create or replace view marts.load_audit as select partner, "
        "split_part(feed, '/', 2) as feed, file_name, loaded_at from quality.load_audit"
    )
    folder = night.publish().folder
    assert rows(
        folder / "public.duckdb", "select distinct partner, feed from marts.load_audit"
    ) == [("police", "street_crime")]


def test_an_indicator_with_a_restricted_version_is_closed_where_versions_are_not_told_apart(
    night: Night,
) -> None:
    night.execute("insert into marts.indicator values ('street_crime_rate', 2, 'hate/report')")
    night.execute("insert into marts.indicator_value select * replace (2 as indicator_version) from marts.indicator_value")  # noqa: E501  # fmt: skip
    folder = night.publish().folder
    assert rows(folder / "public.duckdb", "select distinct indicator_version from marts.indicator_value") == [(1,)]  # noqa: E501  # fmt: skip


@pytest.mark.parametrize(("model", "rule"), [("marac_repeats", "open_feeds"), ("publication", "open_indicators"), ("indicator", "some"), ("indicator", None)])  # noqa: E501  # fmt: skip
def test_a_public_rule_that_cannot_be_applied_publishes_nothing(
    tmp_path: Path, model: str, rule: str
) -> None:
    night = small_night(Home(tmp_path / "home"), public={model: rule})
    with pytest.raises(RunFailed, match=model):
        night.publish()
    assert current_folder(night.home) is None


def test_old_clients_open_every_table(night: Night, project: Path) -> None:
    folder = night.publish().folder
    script = """
import sys, duckdb
assert duckdb.__version__ == '1.2.2', duckdb.__version__
for tier in ('partner', 'public'):
    con = duckdb.connect(f'{sys.argv[1]}/{tier}.duckdb', read_only=True)
    tables = con.execute('select table_name, comment from duckdb_tables()').fetchall()
    assert len(tables) >= 5 and all(comment for _, comment in tables), tables
    for table, _ in tables:
        rows = con.execute(f'select * from marts.{table} order by all').fetchall()
        parquet = f'{sys.argv[1]}/parquet/{tier}/{table}.parquet'
        assert rows == con.execute(f"select * from '{parquet}' order by all").fetchall()
    print(con.execute('select count(*) from marts.indicator_value').fetchone()[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env={**os.environ, **old_duckdb(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["200", "50"]


def test_manifest_says_where_the_figures_come_from(night: Night) -> None:
    publication = night.publish(state="the state")
    manifest = read_manifest(publication.folder)
    assert manifest.publication_id == publication.id == publication.folder.name
    assert [(source.feed, source.file, source.rows) for source in manifest.source_files] == [
        ("police/street_crime", "a.csv", 9),
        ("hate/report", "b.csv", 5),
    ]
    assert manifest.input_state == "the state"
    assert manifest.packages["duckdb"] == duckdb.__version__
    assert manifest.checks == {"passed": 1, "failed": 0, "not_applicable": 0, "error": 0}
    assert manifest.tables["partner"]["indicator_value"].rows == 200
    assert manifest.tables["public"]["indicator_value"].rows == 50
    assert damaged_files(publication.folder, manifest) == []
    assert rows(publication.folder / "partner.duckdb", "from marts.publication") == [
        (publication.id, "run-1", 2)
    ]


@pytest.mark.parametrize("umask", [0, 0o077])
@pytest.mark.parametrize("with_group", [False, True])
def test_each_tier_is_read_only_and_closed_to_those_it_is_not_for(
    night: Night, umask: int, with_group: bool
) -> None:
    group = grp.getgrgid(os.getegid()).gr_name if with_group else None
    night.settings = night.settings.model_copy(update={"partner_group": group})
    before = os.umask(umask)
    try:
        night.publish()
        folder = night.publish("run-1").folder  # whose files are links to those of the first
    finally:
        os.umask(before)
    open_to_all = set()
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o007:
            open_to_all.add(path.relative_to(folder).as_posix())
            assert mode == (0o555 if path.is_dir() else 0o444), path
        elif with_group:
            assert mode == (0o550 if path.is_dir() else 0o440), path
        else:
            assert mode == (0o500 if path.is_dir() else 0o400), path
    closed = {name for name in open_to_all if "public" not in name}
    shared = {name for name in closed if name.endswith(".parquet")}  # of the same content
    assert closed - shared == {".", "parquet"}
    assert all(
        (folder / name).samefile(folder / name.replace("partner", "public")) for name in shared
    )
    assert {"public.duckdb", "parquet/public", "parquet/public/indicator.parquet"} <= open_to_all


def test_a_group_that_files_cannot_be_given_to_stops_the_publication(night: Night) -> None:
    night.settings = night.settings.model_copy(update={"partner_group": "zqx-nobody"})
    with pytest.raises(UsageError, match="partner_group: zqx-nobody is no group"):
        night.publish()
    assert not night.home.current.exists()


def test_pages_are_published_and_those_of_unchanged_models_are_stored_once(
    night: Night, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.html").write_text("<p>docs")

    def pages(con: object, folder: Path, manifest: Manifest, before: Path | None) -> None:
        (folder / "index.html").write_text(f"{manifest.publication_id} after {before}")

    first, second = (
        night.publish(data_docs=docs, pages={"quality": pages}).folder / "quality" for _ in range(2)
    )
    assert (first / "data_docs" / "index.html").read_text() == "<p>docs"
    assert first.parent.name in (second / "index.html").read_text()
    page = night.manifest.with_name(dbt_docs.NAME)
    for folder in (first, second):
        assert (folder / "dbt" / "index.html").read_bytes() == page.read_bytes()
    inodes = {(folder / "dbt" / "index.html").stat().st_ino for folder in (first, second)}
    assert len(inodes) == 1
    assert page.stat().st_ino not in inodes


def test_the_files_do_not_wait_for_whoever_reads_the_warehouse(night: Night) -> None:
    """DuckDB refuses the checkpoint of a file that an open transaction has seen."""

    def pages(con: duckdb.DuckDBPyConnection, folder: Path, *_: object) -> None:
        with con.cursor() as reader:
            reader.execute("begin")
            for _ in range(2000):  # so long, for the files of a publication that fails never come
                reader.execute("select count(*) from duckdb_columns()").fetchall()
                if (folder.parent / "partner.duckdb").is_file():
                    break
            reader.execute("commit")

    published = night.publish(pages={"quality": pages})
    assert current_folder(night.home) == published.folder


@pytest.mark.parametrize("status", ["fail", "error", "skipped"])
def test_a_blocking_check_stops_publication(night: Night, status: str) -> None:
    first = night.publish()
    night.check("run-2", "pass", status)
    with pytest.raises(RunBlocked, match=rf"{first.id} stays current: check.blocking.1 \({status}"):
        night.publish("run-2")
    assert current_folder(night.home) == first.folder
    assert [publication.id for publication in list_publications(night.home)] == [first.id]


def test_a_run_without_an_evaluated_blocking_check_is_not_published(night: Night) -> None:
    night.check("run-2", "not_applicable")
    night.check("run-2", "pass", severity="warning")
    with pytest.raises(RunBlocked, match="No blocking check was evaluated"):
        night.publish("run-2")


def test_failed_warnings_are_published(night: Night) -> None:
    night.check("run-1", "fail", "error", severity="warning")
    assert night.publish().is_current


def test_a_table_unlike_its_contract_is_not_published(night: Night) -> None:
    night.execute("alter table marts.marac_repeats alter cases type varchar")
    with pytest.raises(RunFailed, match=r"cases is VARCHAR, but its contract says bigint"):
        night.publish()
    night.execute("alter table marts.marac_repeats drop cases")
    with pytest.raises(RunFailed, match=r"not the columns of its contract: cases"):
        night.publish()
    night.execute("drop table marts.marac_repeats")
    with pytest.raises(RunFailed, match=r"no table .*marac_repeats"):
        night.publish()
    assert list(night.home.published.iterdir()) == []


def test_an_undescribed_column_is_not_published(night: Night) -> None:
    manifest = dbt_manifest({})
    manifest["nodes"]["model.csp.indicator"]["columns"]["feeds"]["description"] = " "
    night.manifest.write_text(json.dumps(manifest))
    with pytest.raises(RunFailed, match=r"indicator lacks descriptions \(feeds\)"):
        night.publish()


def test_the_same_content_is_stored_once(tmp_path: Path) -> None:
    night = small_night(
        Home(tmp_path / "home"),
        public=dict.fromkeys(MODELS, "all"),
    )
    folder = night.publish().folder
    assert (folder / "public.duckdb").stat().st_ino == (folder / "partner.duckdb").stat().st_ino
    again = night.publish().folder
    for name in MODELS:
        first, second = (f / "parquet" / "public" / f"{name}.parquet" for f in (folder, again))
        assert (first.stat().st_ino == second.stat().st_ino) == (name != "publication"), name


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("partner.duckdb", "partner.duckdb differs from its hash"),
        ("parquet/public/indicator.parquet", "indicator.parquet differs from its hash"),
    ],
)
def test_the_audit_finds_a_file_that_is_not_as_it_was_written(
    night: Night, file: str, problem: str
) -> None:
    """The disk loses bits between writing and the audit: nothing is published."""
    folder = night.home.published / ".building-20261101T020000Z"
    with night.connect() as con:
        tables = published_tables(night.manifest)
        tiers = {tier: sources(con, tables, tier) for tier in TIERS}
        shutil.copytree(night.publish(con=con).folder, folder)
        audit(con, folder, tiers, night.settings)
        path = folder / file
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)
        with pytest.raises(RunFailed, match=problem):
            audit(con, folder, tiers, night.settings)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("delete from marts.marac_repeats", "marac_repeats has 1 rows, the warehouse 0"),
        ("insert into marts.indicator values ('x', 1, null)", "public: indicator has 4 rows"),
    ],
)
def test_the_audit_recounts_in_the_warehouse(night: Night, change: str, problem: str) -> None:
    with night.connect() as con:
        tiers = {tier: sources(con, published_tables(night.manifest), tier) for tier in TIERS}
        folder = night.publish(con=con).folder
        con.execute(change)
        with pytest.raises(RunFailed, match=problem):
            audit(con, folder, tiers, night.settings)


def test_the_audit_compares_contents_not_only_counts(night: Night) -> None:
    with night.connect() as con:
        tiers = {tier: sources(con, published_tables(night.manifest), tier) for tier in TIERS}
        folder = night.publish(con=con).folder
        manifest = read_manifest(folder)
        (folder / "partner.duckdb").chmod(0o600)
        with duckdb.connect(str(folder / "partner.duckdb")) as file:
            file.execute("update marts.marac_repeats set cases = cases + 1")
        (folder / "manifest.json").chmod(0o600)
        write_manifest(folder, dataclasses.replace(manifest, files=describe_files(folder)))
        with pytest.raises(RunFailed, match=r"partner\.duckdb: the content of marac_repeats"):
            audit(con, folder, tiers, night.settings)


def test_a_damaged_earlier_file_is_not_reused(night: Night) -> None:
    first = night.publish().folder / "parquet/partner/indicator_value.parquet"
    content = bytearray(first.read_bytes())
    content[100] ^= 1
    first.chmod(0o600)
    first.write_bytes(content)
    second = night.publish().folder
    assert (second / "parquet/partner/indicator_value.parquet").stat().st_ino != first.stat().st_ino
    assert damaged_files(second, read_manifest(second)) == []


def test_nothing_new_is_unchanged_until_an_input_changes(night: Night) -> None:
    def unchanged() -> bool:
        with night.connect() as con:
            return is_unchanged(night.home, night.settings, con)

    assert not unchanged()
    night.publish()
    assert unchanged()
    night.home.waivers_file.write_text("check_id,ceiling,reason,owner,expires\n")
    assert not unchanged()
    night.home.waivers_file.unlink()
    assert unchanged()
    night.execute("update quality.load_audit set status = 'loaded' where file_id = 3")
    assert not unchanged()


def test_input_state_depends_on_settings_that_change_figures_alone(night: Night) -> None:
    with night.connect() as con:
        state = input_state(night.home, night.settings, con)
        changed = {"keep_publications": 3, "threads": 1, "alerts": ["env:CSP_ALERTS"]}
        kept = night.settings.model_copy(update=changed)
        assert input_state(night.home, kept, con) == state
        other = night.settings.model_copy(update={"most_similar_group": ["E07000130"]})
        assert input_state(night.home, other, con) != state


def test_only_the_kept_number_stays_and_always_the_current(night: Night) -> None:
    settings = night.settings.model_copy(update={"keep_publications": 2})
    night.settings = settings
    ids = [night.publish().id for _ in range(4)]
    assert [publication.id for publication in list_publications(night.home)] == ids[:1:-1]
    assert {path.name for path in night.home.published.iterdir()} == {*ids[2:], "current"}


KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse.home import Home
from warehouse.publication import publish
from warehouse.settings import load_settings

home, manifest, fatal = Home(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
settings, seen = load_settings(home), 0

def watch(event, arguments):
    global seen
    touched = event.startswith(('os.', 'open', 'shutil.')) and any(
        isinstance(a, (str, os.PathLike)) and 'published' in os.fspath(a) for a in arguments
    )
    if touched:
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
publish(home, settings, 'run-1', manifest)
print(seen)
"""


def killed_publish(night: Night, at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(night.home.root), str(night.manifest), str(at)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )


def test_a_publish_killed_anywhere_leaves_no_half_publication(night: Night) -> None:
    """SIGKILL at file operations spread over the whole of a publish, each around the switch."""
    before = night.publish().folder
    counted = killed_publish(night, 0)
    assert counted.returncode == 0, counted.stderr
    steps = int(counted.stdout)
    before = current_folder(night.home) or before
    assert steps > 40
    for at in [*range(2, steps - 11, steps // 3), *range(steps - 9, steps - 1)]:
        killed = killed_publish(night, at)
        assert killed.returncode == -signal.SIGKILL, (at, killed.stderr)
        current = current_folder(night.home)
        assert current is not None
        kept = [publication.folder for publication in list_publications(night.home)]
        assert current == kept[0], f"killed at {at}: {current} is not the newest of {kept}"
        for folder in kept:
            assert damaged_files(folder, read_manifest(folder)) == []
        before = current
    after = night.publish().folder
    assert after != before
    assert not [path.name for path in night.home.published.iterdir() if path.name[0] == "."]
    assert clean(night.home) == []


def test_the_manifest_names_the_key_that_a_test_holds(night: Night) -> None:
    """Of all rows: what a test asks of some of them tells no row from another."""
    described = json.loads(night.manifest.read_text())
    of_all = {"columns": ["indicator_id", "area_code"]}
    for number, (model, name, kwargs, column, where) in enumerate(
        [
            ("indicator_value", "unique_combination", of_all, None, None),
            ("indicator_value", "unique_combination", {"columns": ["value"]}, None, "value > 1"),
            ("indicator_value", "never_null", of_all, None, None),
            ("publication", "is_key", {}, "publication_id", None),
        ]
    ):
        described["nodes"][f"test.{number}"] = {
            "resource_type": "test",
            "attached_node": f"model.csp.{model}",
            "test_metadata": {"name": name, "kwargs": kwargs},
            "column_name": column,
            "config": {"where": where},
        }
    night.manifest.write_text(json.dumps(described))
    entries = read_manifest(night.publish().folder).tables["partner"]
    assert entries["indicator_value"].key == ["indicator_id", "area_code"]
    assert entries["publication"].key == ["publication_id"]
    assert entries["indicator"].key == []
