"""Frozen assessments: whole, read-only, with what they rest on, and never replaced or removed."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assessment.frozen import DRAFT, check_name, freeze
from tests.warehouse.small_night import small_night
from warehouse.errors import CspError, UsageError
from warehouse.files import sha256_of
from warehouse.home import Home
from warehouse.publication import store
from warehouse.publication.manifest import damaged_files, read_manifest

SUBJECT = {"area_type": "district", "area_code": "E07000129", "period": "2010/11"}
CLAIM = """
copy (
    select column0 as area_role, column1 as area_code, column2 as claim_id, 'district' as area_type,
    'financial_year' as period_type, '2010/11' as period_label, 'violent' as section, 1 as position
    from (values ('own', 'E07000129', 'a'), ('own', 'E07000130', 'b'), ('county', 'E10', 'c'))
    as claim (column0, column1, column2)
) to '{}' (format parquet)
"""
SOURCE = """
copy (
    select 'police/crime' as feed, 'district' as area_type, 'E07000129' as area_code,
    '2010/11' as period_label, 'a.csv' as file_name, 'abc' as sha256
) to '{}' (format parquet)
"""


def asked(sql: str) -> list[tuple[Any, ...]]:
    """What a database of its own answers: the module's may still hold another test's result."""
    with duckdb.connect() as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def night(tmp_path: Path) -> tuple[Home, Path, Path]:
    """A home with a publication that holds claims, and an assessment written from it."""
    home = Home(tmp_path / "home")
    publication = small_night(home).publish().folder
    parquet = publication / "parquet" / "partner"
    parquet.chmod(0o700)
    for name, sql in (("assessment_claim", CLAIM), ("figure_source", SOURCE)):
        (parquet / f"{name}.parquet").unlink(missing_ok=True)
        asked(sql.format(parquet / f"{name}.parquet"))
    written = home.assessments / "E07000129-2010-11"
    written.mkdir()
    (written / "index.html").write_text("the page")
    (home.commentary / "violent.md").write_text("What we say.")
    return home, publication, written


def frozen(night: tuple[Home, Path, Path], name: str = "board-2011") -> Path:
    home, publication, written = night
    return freeze(home, name, written, publication, SUBJECT, home.commentary)


def test_it_keeps_the_assessment_its_claims_sources_and_commentary(
    night: tuple[Home, Path, Path],
) -> None:
    folder = frozen(night)
    assert (folder / "index.html").read_text() == "the page"
    assert (folder / "commentary" / "violent.md").read_text() == "What we say."
    for form in ("parquet", "csv"):
        claims = asked(f"select claim_id from '{folder / f'claims.{form}'}'")
        assert claims == [("c",), ("a",)] or claims == [("a",), ("c",)]
        [source] = asked(f"select sha256 from '{folder / f'sources.{form}'}'")
        assert source == ("abc",)
    manifest = read_manifest(folder)
    assert manifest.publication_id == night[1].name
    assert damaged_files(folder, manifest) == []
    stated = json.loads((folder / "manifest.json").read_text())["files"]
    assert stated["index.html"]["sha256"] == sha256_of(folder / "index.html")
    assert set(stated) == {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


def test_nobody_may_write_it_and_later_changes_do_not_reach_it(
    night: tuple[Home, Path, Path],
) -> None:
    folder = frozen(night)
    for path in [folder, *folder.rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o227, path
    (night[2] / "index.html").write_text("another")
    (night[0].commentary / "violent.md").write_text("Something else.")
    assert (folder / "index.html").read_text() == "the page"
    assert (folder / "commentary" / "violent.md").read_text() == "What we say."


def test_a_link_among_the_texts_leads_no_secret_into_it(night: tuple[Home, Path, Path]) -> None:
    home = night[0]
    (home.commentary / "hate.md").symlink_to(home.key_file)
    os.link(home.key_file, home.commentary / "drugs.md")
    assert [path.name for path in (frozen(night) / "commentary").iterdir()] == ["violent.md"]


def test_a_name_is_taken_once(night: tuple[Home, Path, Path]) -> None:
    frozen(night)
    with pytest.raises(UsageError, match="board-2011 already"):
        frozen(night)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "-x", ".hidden", "a b", "x" * 65, "E07000129-2010-11"]
)
def test_a_name_that_is_not_plain_is_refused(night: tuple[Home, Path, Path], name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a frozen assessment"):
        check_name(night[0], name)
    assert sorted(path.name for path in night[0].assessments.iterdir()) == ["E07000129-2010-11"]


def test_removing_old_publications_leaves_it_as_it_is(night: tuple[Home, Path, Path]) -> None:
    home, publication, _ = night
    folder = frozen(night)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for name in ("20990101T000000Z", "20990102T000000Z"):
        (home.published / name).mkdir()
    link = home.published / "current"
    link.unlink()
    link.symlink_to("20990102T000000Z")
    assert publication.name in store.prune(home, 1)
    store.clean(home)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert damaged_files(folder, read_manifest(folder)) == []


def test_where_it_cannot_be_written_whole_nothing_of_it_stays(
    night: tuple[Home, Path, Path],
) -> None:
    (night[1] / "parquet" / "partner" / "figure_source.parquet").unlink()
    with pytest.raises(CspError, match="could not be frozen"):
        frozen(night)
    left = [path.name for path in night[0].assessments.iterdir()]
    assert left == ["E07000129-2010-11"]
    assert not any(name.startswith(DRAFT) for name in left)
