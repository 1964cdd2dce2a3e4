"""A home keeps others out, is made once, and is found where the user said."""

import os
import stat
from pathlib import Path

import pytest

from warehouse.errors import CspError, UsageError
from warehouse.home import CONTRACTS, Home, private_files
from warehouse.settings import load_settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_every_folder_and_a_landing_folder_for_each_contract(home: Home) -> None:
    for path in (home.landing, home.archive, home.refused, home.published, home.dagster):
        assert path.is_dir()
    feeds = {f"{p.parent.name}/{p.stem}" for p in CONTRACTS.glob("*/*.yml")}
    assert "police/street_crime" in feeds
    made = {f"{p.parent.name}/{p.name}" for p in home.landing.glob("*/*")}
    assert made == feeds


def closed_to_others(home: Home) -> bool:
    """Others may go through the home to its publications, and nowhere else."""
    others = {path: mode(path) for path in [home.root, *home.root.rglob("*")] if mode(path) & 0o007}
    return others == {home.root: 0o751, home.published: 0o755}


def test_others_may_only_pass_to_the_publications_and_the_group_reads_no_record(
    home: Home,
) -> None:
    assert closed_to_others(home)
    group_may = {path for path in home.root.rglob("*") if mode(path) & 0o070}
    assert group_may == {home.published, home.commentary, home.assessments, home.csp_yml}
    assert mode(home.key_file) == 0o600


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        home = Home(tmp_path / "open")
        home.init()
    finally:
        os.umask(before)
    assert closed_to_others(home)


def test_init_again_overwrites_nothing(home: Home) -> None:
    home.csp_yml.write_text("mine", encoding="utf-8")
    key = home.key_file.read_text(encoding="utf-8")
    landed = home.landing / "police" / "street_crime" / "x.csv"
    landed.write_text("rows", encoding="utf-8")
    home.init()
    assert home.csp_yml.read_text(encoding="utf-8") == "mine"
    assert home.key_file.read_text(encoding="utf-8") == key
    assert landed.read_text(encoding="utf-8") == "rows"
    assert not list(home.root.glob(".*"))


def test_init_again_takes_access_from_others_but_keeps_a_delivering_group(home: Home) -> None:
    folder = home.landing / "police"
    folder.chmod(0o2775)
    home.key_file.chmod(0o644)
    home.init()
    assert mode(folder) == 0o2770
    assert mode(home.key_file) == 0o600


def test_a_folder_used_for_other_things_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "user"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "letters.txt").write_text("x", encoding="utf-8")
    Home(folder).init()
    assert mode(folder) == 0o755
    assert mode(folder / "landing") == 0o700


def test_keys_are_random(tmp_path: Path) -> None:
    keys = set()
    for name in ("a", "b"):
        Home(tmp_path / name).init()
        keys.add((tmp_path / name / "pseudonym.key").read_text(encoding="utf-8"))
    assert len(keys) == 2
    assert all(len(bytes.fromhex(key.strip())) == 32 for key in keys)


def test_the_settings_it_writes_are_valid_and_blabys(home: Home) -> None:
    settings = load_settings(home)
    assert settings.partnership == "Blaby Community Safety Partnership"
    assert settings.focus_areas == ["E07000129"]
    assert settings.county.code == "E10000018"
    assert len(settings.county.districts) == 7
    assert settings.geography == "lsoa_2011"
    assert (settings.keep_publications, settings.settle_seconds) == (14, 10)


def test_option_wins_over_environment_over_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    monkeypatch.setenv("CSP_HOME", str(tmp_path / "env"))
    assert Home.resolve(tmp_path / "option").root == tmp_path / "option"
    assert Home.resolve(str(tmp_path / "option")).root == tmp_path / "option"
    assert Home.resolve(None).root == tmp_path / "env"
    monkeypatch.delenv("CSP_HOME")
    assert Home.resolve(None).root == project / "var"


def test_without_a_home_the_message_says_how_to_make_one(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    with pytest.raises(UsageError, match=f"No home at {home.root}: run `csp init --home"):
        home.require()
    assert UsageError.exit_code == 2


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(CspError, match=r"cannot be made: Not a directory\. Choose a folder"):
        Home(tmp_path / "file" / "home").init()


@pytest.mark.parametrize("letter", ["?", "#", "%"])
def test_a_path_that_dagsters_database_misreads_is_refused(tmp_path: Path, letter: str) -> None:
    home = Home(tmp_path / f"a{letter}b" / "home")
    with pytest.raises(UsageError, match=r"in its path.* Choose a path without \?, # and %"):
        home.init()
    assert not list(tmp_path.iterdir())
    home.root.mkdir(parents=True)
    home.csp_yml.write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match=f"has \\{letter} in its path"):
        home.require()


def test_private_files_are_the_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with private_files():
            (tmp_path / "x").write_text("x", encoding="utf-8")
        assert mode(tmp_path / "x") == 0o600
        assert os.umask(0) == 0
    finally:
        os.umask(before)
