"""The documents keep their word: every query, command, link, unit and contract in them is tried."""

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import duckdb
import pytest
import yaml

from cli import main
from demo.next_steps import next_steps, queries
from warehouse.contract import Contract, load_contracts
from warehouse.home import Home
from warehouse.ingest.pseudonyms import Domains
from warehouse.settings import parse_settings

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
CSP = Path(sys.executable).with_name("csp")
Rows = list[tuple[object, ...]]


class Block(NamedTuple):
    """A fenced block: its page, the line it starts on, the words after the fence, its text."""

    page: Path
    line: int
    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def _blocks(language: str) -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in re.finditer(r"^```([a-z ]+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            if found[1].split()[0] == language:
                yield Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2])


def _rows(database: Path, sql: str) -> Rows:
    with duckdb.connect(str(database), read_only=True) as con:
        rows: Rows = con.sql(sql).fetchall()
    return rows


def _examples() -> Iterator[Block]:
    """The example queries in the descriptions of the published models."""
    for page in sorted((PROJECT / "dbt_project" / "models" / "marts").glob("*.yml")):
        text = page.read_text(encoding="utf-8")
        for found in re.finditer(r"^( *)```sql\n(.*?)^\1```$", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page, line, "sql", textwrap.dedent(found[2]))


@pytest.mark.parametrize("block", _examples(), ids=str)
def test_every_example_in_a_table_s_description_runs(block: Block, demo_home: Home) -> None:
    """As an analyst pastes it: within the schema `marts`."""
    with duckdb.connect(str(demo_home.current / "partner.duckdb"), read_only=True) as con:
        con.execute("use marts")
        assert con.sql(block.text).columns


@pytest.mark.parametrize("block", _blocks("sql"), ids=str)
def test_every_query_answers(block: Block, demo_home: Home) -> None:
    """`sql` reads the partner file, `sql warehouse` the restricted one; `may be empty` may."""
    restricted = "warehouse" in block.label
    database = demo_home.warehouse_file if restricted else demo_home.current / "partner.duckdb"
    rows = _rows(database, block.text)
    assert rows or "may be empty" in block.label


TOPICS = {
    "total crime", "violent crime", "serious acquisitive crime", "other acquisitive crime",
    "criminal damage", "anti-social behaviour", "arson", "domestic abuse", "hate",
    "alcohol and drugs", "young people", "offenders",
}  # fmt: skip
QUESTIONS = [block for block in _blocks("sql") if block.page.name == "answer-the-assessment.md"][:6]


@pytest.mark.parametrize("block", QUESTIONS, ids=str)
def test_each_question_is_answered_for_each_topic(block: Block, demo_home: Home) -> None:
    """A sentence for each of the document's twelve topics, also where there is no data."""
    with duckdb.connect(str(demo_home.current / "partner.duckdb"), read_only=True) as con:
        found = con.sql(block.text)
        assert found.columns == ["topic", "answer"]
        answers = dict(found.fetchall())
    assert set(answers) == TOPICS
    assert all(answer and len(answer) > 10 for answer in answers.values()), answers


def _shown() -> Iterator[tuple[str, str]]:
    """Queries of the README with the answer printed below each."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    found = re.finditer(r"```sql\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    yield from ((match[1], match[2]) for match in found)


@pytest.mark.parametrize(("sql", "answer"), list(_shown()), ids=["changes", "hotspots"])
def test_the_readme_shows_what_csp_query_answers(sql: str, answer: str, demo_home: Home) -> None:
    done = subprocess.run(
        [CSP, "query", "--home", demo_home.root, sql], capture_output=True, text=True
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines == answer.splitlines(), done.stderr


def test_the_queries_the_demo_prints_answer(demo_home: Home) -> None:
    found = queries(demo_home)
    assert len(found) == 4
    assert [q for q in found if not _rows(demo_home.current / "partner.duckdb", found[q])] == []


def test_the_commands_the_demo_prints_can_be_pasted(demo_home: Home) -> None:
    lines = next_steps(demo_home, csp=str(CSP)).splitlines()
    commands = [line for line in lines if line.startswith(str(CSP))]
    assert len(commands) == len(queries(demo_home))
    done = subprocess.run(["/bin/sh", "-c", commands[0]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "theft_from_vehicle" in done.stdout


def test_pages_link_to_pages_that_exist() -> None:
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert {page.name for page in PAGES} - {"README.md"} <= {Path(t).name for _, t in links}
    assert [f"{p.name}: {t}" for p, t in links if not (p.parent / t).is_file()] == []


def _commands() -> Iterator[tuple[Block, list[str]]]:
    for block in _blocks("sh"):
        for command in re.findall(r"(?:^|/bin/)csp (.+)$", block.text, re.MULTILINE):
            yield block, shlex.split(command, comments=True)


@pytest.mark.parametrize(("block", "words"), list(_commands()), ids=str)
def test_commands_and_options_exist(block: Block, words: list[str]) -> None:
    if words[0] not in main.commands:
        pytest.fail(f"{block}: there is no command `csp {words[0]}`")
    known = {name for option in main.commands[words[0]].params for name in option.opts}
    known |= {name for option in main.params for name in option.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_command_is_in_the_readme() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert isinstance(main, click.Group)
    assert [name for name in main.commands if f"`csp {name}" not in text] == []


def test_the_example_contract_is_one() -> None:
    """What the rest of that page builds is tried by test_extending."""
    text = (PROJECT / "docs" / "add-a-feed.md").read_text(encoding="utf-8")
    [(path, block)] = re.findall(r"^```yaml (warehouse/\S+)\n(.*?)^```$", text, re.M | re.S)
    contract = Contract.model_validate(yaml.safe_load(block))
    assert path == f"warehouse/contracts/{contract.feed}.yml"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed here")
    [block] = _blocks("ini")
    text = block.text.replace("/opt/csp/checkout/.venv/bin/csp", str(CSP))
    text = text.replace("/opt/csp/checkout", str(PROJECT)).replace("User=csp", "User=root")
    unit = tmp_path / "csp.service"
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if "csp.service" in line]
    assert (done.returncode, complaints) == (0, [])


def test_the_cron_line_runs_in_the_environment_cron_gives(small_home: Home, tmp_path: Path) -> None:
    """Five fields and a command that is silent when the night is well."""
    [block] = _blocks("cron")
    fields, command = block.text.strip().split(" ", 5)[:5], block.text.strip().split(" ", 5)[5]
    assert fields == ["0", "2", "*", "*", "*"]
    home = shutil.copytree(small_home.root, tmp_path / "home", symlinks=True)
    command = command.replace("/opt/csp/checkout/.venv/bin/csp", str(CSP))
    command = command.replace("/srv/csp", str(home))
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LOGNAME": "csp", "SHELL": "/bin/sh"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (home / "last-night.log").stat().st_size > 0


def test_the_example_of_a_link_is_one(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.init()
    text = (PROJECT / "docs" / "information-governance.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```yaml\n(linked_persons.*?)^```$", text, re.M | re.S)
    settings = parse_settings(home.csp_yml.read_text(encoding="utf-8") + example)
    assert settings.linked_persons
    Domains(settings.linked_persons).require_known(load_contracts())
