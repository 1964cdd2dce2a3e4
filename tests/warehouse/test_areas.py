"""Any home can be made by name: its settings load, and nobody is another by forgetting."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from cli import main
from warehouse.areas import districts, find, successions
from warehouse.errors import UsageError
from warehouse.first_settings import BLANK, EXAMPLE, settings_of
from warehouse.home import Home
from warehouse.settings import Settings, load_settings, parse_settings


def csp(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def settings_for(name: str) -> Settings:
    return parse_settings(settings_of(find(name).who))


@pytest.mark.parametrize(
    ("asked", "partnership", "focus", "county", "districts_in_it"),
    [
        ("Blaby", "Blaby", ["E07000129"], ("E10000018", "Leicestershire"), 7),
        ("e07000129", "Blaby", ["E07000129"], ("E10000018", "Leicestershire"), 7),
        ("City of Birmingham", None, [], ("", ""), 0),
        ("Birmingham City Council", "Birmingham", ["E08000025"], ("E11000005", "West Midlands"), 7),
        ("Lewisham", "Lewisham", ["E09000023"], ("E12000007", "London"), 33),
        ("Cardiff", "Cardiff", ["W06000015"], ("W15000003", "South Wales"), 7),
        ("Caerdydd", "Cardiff", ["W06000015"], ("W15000003", "South Wales"), 7),
        ("Cwm Taf", "Cwm Taf", ["W06000016", "W06000024"], ("W15000003", "South Wales"), 7),
        (
            "W14000023",
            "Cwm Taf",
            ["W06000016", "W06000024"],
            ("W15000003", "South Wales"),
            7,
        ),
        (
            "Northamptonshire",
            "Northamptonshire",
            ["E06000061", "E06000062"],
            ("E10000021", "Northamptonshire"),
            2,
        ),
        ("Cumbria", "Cumbria", ["E06000063", "E06000064"], ("E10000006", "Cumbria"), 2),
        # A county that is one district now is compared with its force's area.
        ("Buckinghamshire", "Buckinghamshire", ["E06000060"], ("E23000029", "Thames Valley"), 13),
        ("E10000002", "Buckinghamshire", ["E06000060"], ("E23000029", "Thames Valley"), 13),
        ("Dorset", "Dorset", ["E06000059"], ("E23000039", "Dorset"), 2),
        ("Somerset", "Somerset", ["E06000066"], ("E23000036", "Avon and Somerset"), 5),
        ("Bristol", "Bristol", ["E06000023"], ("E23000036", "Avon and Somerset"), 5),
        (
            "Northampton",
            "West Northamptonshire",
            ["E06000062"],
            ("E10000021", "Northamptonshire"),
            2,
        ),
        ("E07000154", "West Northamptonshire", ["E06000062"], ("E10000021", "Northamptonshire"), 2),
        ("Durham", "County Durham", ["E06000047"], ("E23000008", "Durham"), 2),
    ],
)
def test_a_place_is_found_by_its_name_or_code(
    asked: str,
    partnership: str | None,
    focus: list[str],
    county: tuple[str, str],
    districts_in_it: int,
) -> None:
    if partnership is None:
        with pytest.raises(UsageError, match=r"Birmingham \(E08000025\)"):
            find(asked)
        return
    found = settings_for(asked)
    assert found.partnership == f"{partnership} Community Safety Partnership"
    assert found.focus_areas == focus
    assert (found.county.code, found.county.name) == county
    assert len(found.county.districts) == districts_in_it


def test_every_district_is_found_and_compared_with_others_of_one_force() -> None:
    for district in districts().values():
        for asked in (district.district_code, district.district_name):
            who = find(asked).who
            assert district.district_code in who.focus_areas
            assert set(who.focus_areas) <= set(who.districts)
            assert len(who.districts) > 1
            forces = {districts()[code].police_force_area_code for code in who.districts}
            # London has the Metropolitan Police and that of the City.
            assert len(forces) == 1 or who.county_code == "E12000007"


def test_every_county_partnership_force_and_old_district_is_found() -> None:
    for each in districts().values():
        for code in filter(None, (each.county_code, each.csp_code, each.police_force_area_code)):
            assert each.district_code in find(code).who.focus_areas
    for old in successions().values():
        if old.since <= "2023-04-01":
            [note, *_] = find(old.old_code).notes
            assert note.startswith(f"{old.old_name} ({old.old_code}) was abolished on {old.since}")


def test_of_a_partnership_of_several_districts_the_others_are_named() -> None:
    [note] = find("Broxtowe").notes
    assert "South Nottinghamshire covers Gedling, Rushcliffe too" in note
    assert settings_for("E22000366").focus_areas == ["E07000172", "E07000173", "E07000176"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Newcastle", r"Newcastle-under-Lyme \(E07000195\), Newcastle upon Tyne \(E08000021\)"),
        ("Blabi", r"Nearest by name: Blaby \(E07000129\)\."),
        ("E07999999", "Give the name or the ONS code"),
        ("", "Give the name or the ONS code"),
        ("...", "Give the name or the ONS code"),
    ],
)
def test_an_unknown_name_is_answered_by_the_nearest(asked: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        find(asked)


def test_the_settings_that_name_nobody_are_the_example_made_comments() -> None:
    assert {line.removeprefix("# ") for line in BLANK.splitlines()} > {
        line.removeprefix("# ") for line in EXAMPLE.splitlines() if ":" in line
    }
    assert set(yaml.safe_load(BLANK)) == {"most_similar_group", "geography"}
    with pytest.raises(UsageError, match="does not say yet who the partnership is"):
        parse_settings(BLANK)


def test_without_a_name_nobody_becomes_the_example(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = csp("init", "--home", home)
    assert made.exit_code == 0
    assert f"csp init --home {home} --county NAME" in made.output
    run = csp("run", "--home", home)
    assert run.exit_code == 2
    assert "does not say yet who the partnership is: county, focus_areas, partnership" in run.stderr
    # Again, with a name, which the settings then have.
    assert csp("init", "--home", home, "--county", "Wolverhampton").exit_code == 0
    assert load_settings(Home(home)).focus_areas == ["E08000031"]
    assert (home / "csp.yml").stat().st_mode & 0o777 == 0o640


def test_settings_that_are_filled_in_are_left_as_they_are(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert csp("init", "--home", home, "--county", "Blaby").exit_code == 0
    before = (home / "csp.yml").read_bytes()
    assert csp("init", "--home", home, "--county", "Blaby").exit_code == 0
    assert csp("init", "--home", home).exit_code == 0
    other = csp("init", "--home", home, "--county", "Oadby and Wigston")
    assert other.exit_code == 2
    assert "is filled in already" in other.stderr
    assert (home / "csp.yml").read_bytes() == before


def test_an_unknown_name_makes_no_home(tmp_path: Path) -> None:
    result = csp("init", "--home", tmp_path / "home", "--county", "Newcastle")
    assert result.exit_code == 2
    assert "Newcastle upon Tyne" in result.stderr
    assert not (tmp_path / "home").exists()


def test_what_to_edit_is_said(tmp_path: Path) -> None:
    made = csp("init", "--home", tmp_path / "home", "--county", "Leicestershire")
    assert "focus_areas names all 7 districts of Leicestershire" in made.output
    assert "most_similar_group" in made.output
